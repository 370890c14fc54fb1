"""The commands `ingest` and `validate`, which read a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ldes_shok.cli import options
from ldes_shok.cli.exits import OK, PROBLEMS
from ldes_shok.cli.options import Variables
from ldes_shok.cli.progress import progress_on
from ldes_shok.cli.text import safe_line
from ldes_shok.errors import ConfigurationError
from ldes_shok.pipeline.offline_types import IngestProgress
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.shipped import DEMO, shipped

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)


class _LastSafe:
    """Remembers where an interrupted ingest can continue."""

    def __init__(self) -> None:
        self.line = 0

    def note(self, progress: IngestProgress) -> None:
        self.line = progress.line


@click.command()
@click.argument("file", type=_FILE)
@click.option("--source", metavar="NAME", help="Whose events these are. Default: the only source.")
@click.option(
    "--from-line",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Where to go on after an interruption.",
)
@options.config_option
@click.pass_obj
def ingest(
    variables: Variables, *, file: Path, source: str | None, from_line: int, config: Path | None
) -> int:
    """Load canonical events from FILE (NDJSON, also .gz and .zst).

    The service must not be running. Stopped half-way, it can be run again: what is in the log
    already counts as duplicate, and --from-line skips it. Exit code 1 if events were rejected.
    """
    settings = options.load(variables, config)
    name = _source_name(settings, source)
    last = _LastSafe()
    progress = progress_on(sys.stderr)

    def show(step: IngestProgress) -> None:
        last.note(step)
        progress(step)

    done = False
    try:
        with options.offline(variables, settings) as opened:
            summary = opened.ingest_file(file, name, show, from_line)
        done = True
    finally:
        progress.close()
        if not done and last.line:
            click.echo(f"ingest: stopped; go on with --from-line {last.line + 1}", err=True)
    click.echo(
        f"received {summary.received}: published {summary.published}, "
        f"duplicate {summary.duplicate}, quarantined {summary.quarantined}, "
        f"rejected {summary.rejected}; {summary.members} members"
    )
    for sentence, count in sorted(summary.unused.items()):
        click.echo(f"{sentence} (events: {count})", err=True)
    if summary.quarantined:
        click.echo("quarantined events are kept: see `ldes-shok quarantine list`", err=True)
    if summary.rejected:
        click.echo(
            f"rejected lines: `ldes-shok validate {file}` says which they are and why", err=True
        )
    return PROBLEMS if summary.rejected else OK


@click.command(short_help="Say what in FILE would not be published, and why.")
@click.argument("file", type=_FILE)
@click.option("--stream", metavar="NAME", help="Judge RDF members by the shape of this stream.")
@options.config_option
@click.pass_obj
def validate(variables: Variables, *, file: Path, stream: str | None, config: Path | None) -> int:
    """Judge the events or RDF members in FILE, and say what is wrong where.

    Stores nothing. Without a configuration the demo's city is taken. Exit code 1 if anything
    would not be published.
    """
    settings = _settings_or_demo(variables, config)
    streams = settings.streams.by_name()
    if stream is not None and stream not in streams:
        raise click.BadParameter(
            f"there is no stream {stream}; there are {', '.join(streams)}", param_hint="--stream"
        )
    judged = wrong = 0
    with options.offline(variables, settings) as opened:
        for line in opened.validate_file(file, stream):
            judged += 1
            if line.ok:
                continue
            wrong += 1
            where = f"{file}:{line.line}" if line.line else str(file)
            click.echo(f"{where}: {safe_line(line.sentence)}")
    click.echo(f"{judged} judged, {wrong} wrong")
    return PROBLEMS if wrong else OK


def _source_name(settings: Settings, source: str | None) -> str:
    names = [each.name for each in settings.sources]
    known = ", ".join(names) or "none"
    if source is None:
        if len(names) == 1:
            return names[0]
        raise click.UsageError(f"say whose events these are with --source; there are: {known}")
    if source not in names:
        raise click.BadParameter(
            f"there is no source {source}; there are: {known}", param_hint="--source"
        )
    return source


def _settings_or_demo(variables: Variables, config: Path | None) -> Settings:
    try:
        path = options.find_config(variables, config)
    except ConfigurationError:
        path = shipped(DEMO)
        click.echo(f"validate: no configuration given, so with {path}", err=True)
    return load_settings(path, variables)
