"""The commands `backup` and `restore`: copy the log, and put a copy back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ldes_shok.cli import options
from ldes_shok.cli.exits import OK, PROBLEMS
from ldes_shok.cli.fsck import report
from ldes_shok.cli.options import Variables
from ldes_shok.cli.steps import steps_on
from ldes_shok.log.manifest import SECRET_NAME, BackupManifest
from ldes_shok.settings.secrets import resolve_identity

if TYPE_CHECKING:
    from ldes_shok.commands.backup import Restoring

_FOLDER = click.Path(path_type=Path, file_okay=False)


class _NotSound(Exception):
    """Ends a restore without putting the backup in place."""


@click.command(short_help="Copy the log to the new folder DEST, while the service runs.")
@click.argument("folder", metavar="DEST", type=_FOLDER)
@click.option(
    "--with-secrets", is_flag=True, help="Put the identity secret beside it, for its owner only."
)
@options.config_option
@click.pass_obj
def backup(variables: Variables, *, folder: Path, with_secrets: bool, config: Path | None) -> int:
    """Copy the log to the new folder DEST, while the service runs.

    The copy holds every event that was acknowledged before it began. DEST gets its name when all
    of it is on the disk. Keep the identity secret too: members' IRIs are keyed with it.
    """
    settings = options.load(variables, config)
    secret = resolve_identity(settings, variables)
    from ldes_shok.commands.backup import make_backup

    progress = steps_on(sys.stderr, "backup")
    try:
        manifest = make_backup(settings, secret, folder, progress, with_secrets)
    finally:
        progress.close()
    click.echo(f"{folder}: {_summary(manifest)}")
    if with_secrets:
        click.echo(f"{folder / SECRET_NAME}: the identity secret; guard it", err=True)
    else:
        click.echo(
            "backup: the identity secret is not in it; keep that too, or events that come again "
            "get other IRIs",
            err=True,
        )
    return OK


@click.command(short_help="Put a backup in the place of the log.")
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--verify", is_flag=True, help="Run fsck on it before it becomes the log.")
@click.option("--force", is_flag=True, help="Where a log is, too; that one is kept beside it.")
@options.config_option
@click.pass_obj
def restore(
    variables: Variables, *, source: Path, verify: bool, force: bool, config: Path | None
) -> int:
    """Put the backup in the folder SOURCE in the place of the log.

    The service must not be running. Its SHA-256 is always checked. Exit code 1 if --verify found
    anything: then nothing was put anywhere.
    """
    settings = options.load(variables, config)
    secret = resolve_identity(settings, variables)
    from ldes_shok.commands.backup import restore_backup

    progress = steps_on(sys.stderr, "restore")
    try:
        with restore_backup(settings, secret, source, progress, force) as restoring:
            progress.close()
            if verify:
                _require_sound(restoring)
    except _NotSound:
        click.echo("restore: nothing was restored: take another backup", err=True)
        return PROBLEMS
    finally:
        progress.close()
    click.echo(f"{restoring.path}: {_summary(restoring.manifest)}")
    return OK


def _require_sound(restoring: Restoring) -> None:
    if report(restoring.check()) != OK:
        raise _NotSound


def _summary(manifest: BackupManifest) -> str:
    streams = ", ".join(f"{stream.name} {stream.members}" for stream in manifest.streams)
    return (
        f"{manifest.log_bytes / 1_000_000:.1f} MB of {manifest.created_at:%Y-%m-%dT%H:%M:%SZ}; "
        f"{manifest.events} events; members: {streams or 'none'}"
    )
