"""The commands `raw list|show|rerun` and `pseudonyms destroy`: personal data and its end."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import click

from ldes_shok.cli import options
from ldes_shok.cli.exits import OK, PROBLEMS
from ldes_shok.cli.options import Variables
from ldes_shok.cli.text import payload_text, received_at, safe_line
from ldes_shok.clock import from_milliseconds

_SOURCE = click.option("--source", metavar="NAME", help="Only this source.")
_PERIOD = re.compile(r"\d{4}(-\d\d){0,2}")


@click.group()
def raw() -> None:
    """What sources sent, as it came: it may be about people.

    Who looks is written to access.audit_file. Looking works beside a running service; `rerun`
    needs it to be stopped.
    """


@raw.command("list")
@_SOURCE
@options.limit_option
@options.config_option
@click.pass_obj
def list_raws(variables: Variables, *, source: str | None, limit: int, config: Path | None) -> int:
    """List what is still kept, the oldest first: when, who sent it, how much, its digest."""
    with options.raw_archive(variables, options.load(variables, config)) as opened:
        rows = opened.kept(source, limit)
    for row in rows:
        at = received_at(row.received_ms)
        click.echo(f"{at}  {row.source}  {len(row.body)} bytes  {row.digest.hex()}")
    if not rows:
        click.echo("nothing is kept")
    return OK


@raw.command()
@click.argument("digest", metavar="DIGEST")
@options.config_option
@click.pass_obj
def show(variables: Variables, *, digest: str, config: Path | None) -> int:
    """Show one message as it came, by the `raw` of an event that was made of it."""
    with options.raw_archive(variables, options.load(variables, config)) as opened:
        found = opened.detail(digest)
    if found is None:
        click.echo("nothing with this digest is kept", err=True)
        return PROBLEMS
    kept, raw_bytes = found
    click.echo(f"received at: {from_milliseconds(kept.received_ms):%Y-%m-%dT%H:%M:%S.%fZ}")
    click.echo(f"source: {kept.source}")
    for name, value in raw_bytes.attributes:
        click.echo(f"{safe_line(name)}: {safe_line(value)}")
    click.echo(f"\npayload:\n{payload_text(raw_bytes.payload)}")
    return OK


@raw.command()
@_SOURCE
@click.option(
    "--since",
    metavar="TIME",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    help="Only what was received since then, UTC, such as 2026-05-12T00:00:00Z.",
)
@options.config_option
@click.pass_obj
def rerun(
    variables: Variables, *, source: str | None, since: datetime | None, config: Path | None
) -> int:
    """Decode it again, after a mapping was mended. Exit code 1 if something is still wrong.

    What is known stays as it is; what is said otherwise now is published, and leaves the
    quarantine if it was there.
    """
    instant = None if since is None else since.replace(tzinfo=UTC)
    with options.raw_archive(variables, options.load(variables, config)) as opened:
        summary = opened.rerun(source, instant)
    click.echo(
        f"{summary.messages} messages: published {summary.published}, "
        f"duplicate {summary.duplicate}, quarantined {summary.quarantined}, "
        f"refused {summary.refused + summary.rejected}; "
        f"{summary.replaced} left the quarantine"
    )
    if summary.destroyed:
        click.echo(
            f"{summary.destroyed} more cannot be read any more: the keys of their periods were "
            "destroyed",
            err=True,
        )
    return PROBLEMS if summary.quarantined or summary.refused or summary.rejected else OK


@click.group()
def pseudonyms() -> None:
    """The keys by which cards are named and raw bytes are kept, one for each period."""


@pseudonyms.command()
@click.option(
    "--before",
    metavar="PERIOD",
    help="All periods before this one, such as 2026-05. Default: those that are not kept.",
)
@click.option(
    "--clock-is-right",
    is_flag=True,
    help="Believe the clock from now on, though it disagrees with the log, the keys or itself.",
)
@options.config_option
@click.pass_obj
def destroy(
    variables: Variables, *, before: str | None, clock_is_right: bool, config: Path | None
) -> int:
    """Destroy old keys: from then on nobody can tell whom their pseudonyms stood for.

    What was received in their periods cannot be read any more either, and no digest of it confirms
    a guess: not in the log, and not in copies of it, old ones too. A copy of the folder of the keys
    would undo that. Works beside a running service. It cannot be undone, and if it is cut off it is
    finished by the service within ten minutes, or when it starts.

    What is not kept is said by the clock. While that is earlier than the newest publication or key,
    or leapt by more than a day, nothing is destroyed without --before: correct the clock, or say
    that it is right; a service that runs believes it too then.
    """
    if before is not None and _PERIOD.fullmatch(before) is None:
        raise click.UsageError(f"--before: {before} is no period; give 2026, 2026-05 or 2026-05-12")
    settings = options.load(variables, config)
    options.start_logging(variables, settings, to_stderr=True)
    from ldes_shok.commands.raw_archive import destroy_pseudonym_keys

    periods = destroy_pseudonym_keys(settings, before, clock_is_right)
    click.echo(f"destroyed: {', '.join(periods)}" if periods else "there was none to destroy")
    return OK
