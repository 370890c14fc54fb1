"""The command `import`: loads a table that people keep."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.cli import options
from ldes_shok.cli.exits import OK, PROBLEMS
from ldes_shok.cli.options import Variables
from ldes_shok.cli.text import safe_line
from ldes_shok.pipeline.offline_types import Imported, ImportedRow
from ldes_shok.sources.dialects.csvfile.columns import NAMES
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.subject import Subject

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)
_SHOWN_LINES = 5
TEMPLATES = {
    Subject.ASSETS: (
        "Kast;Geldig vanaf;Type;Breedtegraad;Lengtegraad;Stopcontact;Type stopcontact;Meternummer",
        "VBS-001;01/03/2026;marktkast;51,21989;4,40346;1;CEE rood 32A;M-1001",
    ),
    Subject.READINGS: (
        "Kast;Stopcontact;Meternummer;Datum;Uur;Stand (kWh);Kwaliteit;Moment",
        "VBS-001;1;M-1001;12/05/2026;06:30;1284,5;goed;begin",
    ),
    Subject.RESERVATIONS: (
        "Kast;Stopcontact;Reservatie;Status;Van;Tot;Gewijzigd op;Activiteit;Soort activiteit",
        "VBS-001;1;R-77;bevestigd;16/05/2026 06:00;16/05/2026 14:00;02/05/2026 09:12;markt;markt",
    ),
}
"""For each subject the columns and a row, as the help shows them."""


def _epilog() -> str:
    parts = []
    for subject, lines in TEMPLATES.items():
        parts.append("\b\n" + "\n".join((f"A file of {subject.value}:", *lines)))
        parts.append(f"Fields of {subject.value}: {', '.join(NAMES[subject])}.")
    return "\n\n".join(parts)


@click.command("import", short_help="Load a table (CSV) that people keep.", epilog=_epilog())
@click.argument("file", type=_FILE)
@click.option(
    "--as",
    "subject",
    type=click.Choice([subject.value for subject in Subject]),
    required=True,
    help="What the rows are.",
)
@click.option("--source", metavar="NAME", help="Of type csv. Default: the only one.")
@click.option("--dry-run", is_flag=True, help="Say line by line what would happen; store nothing.")
@options.config_option
@click.pass_obj
def import_(
    variables: Variables,
    *,
    file: Path,
    subject: str,
    source: str | None,
    dry_run: bool,
    config: Path | None,
) -> int:
    """Load the rows of FILE (CSV) as events: cabinets, manual readings, reservations.

    The first line names the columns, in Dutch or English; `columns` of the source says what other
    names mean. The service must not be running. Importing a file again changes nothing; a row that
    was mended is a correction. Exit code 1 if a row was rejected.
    """
    settings = options.load(variables, config)
    names = [each.name for each in settings.sources if isinstance(each, CsvSource)]
    name = names[0] if source is None and len(names) == 1 else source
    if name not in names:
        known = ", ".join(names) or "none; add one to `sources`"
        raise click.BadParameter(
            f"say which source of type csv this is; there are: {known}", param_hint="--source"
        )
    with options.offline(variables, settings) as opened:
        imported = opened.import_file(file, subject, name, dry_run)
    _show(file, imported, dry_run=dry_run)
    return PROBLEMS if any(row.outcome is OutcomeKind.REJECTED for row in imported.rows) else OK


def _show(file: Path, imported: Imported, *, dry_run: bool) -> None:
    for row in imported.rows:
        if dry_run or row.reason:
            click.echo(safe_line(f"{file}:{_lines(row)}: {_sentence(row)}"))
    if imported.unread:
        headers = ", ".join(imported.unread)
        click.echo(
            safe_line(f"import: columns that are not read, and not kept: {headers}"), err=True
        )
    counts = Counter(row.outcome for row in imported.rows)
    would = "would be " if dry_run else ""
    rows = sum(len(row.lines) for row in imported.rows)
    click.echo(
        f"{rows} rows, {len(imported.rows)} events: {would}"
        f"published {counts[OutcomeKind.PUBLISHED]}, duplicate {counts[OutcomeKind.DUPLICATE]}, "
        f"quarantined {counts[OutcomeKind.QUARANTINED]}, rejected {counts[OutcomeKind.REJECTED]}; "
        f"{sum(row.members for row in imported.rows)} members"
    )
    if counts[OutcomeKind.QUARANTINED] and not dry_run:
        click.echo("quarantined events are kept: see `ldes-shok quarantine list`", err=True)


def _lines(row: ImportedRow) -> str:
    more = ",..." if len(row.lines) > _SHOWN_LINES else ""
    return ",".join(map(str, row.lines[:_SHOWN_LINES])) + more


def _sentence(row: ImportedRow) -> str:
    members = f", {row.members} members" if row.members else ""
    reason = f": {row.reason}" if row.reason else ""
    return f"{row.outcome.value}{members}{reason}"
