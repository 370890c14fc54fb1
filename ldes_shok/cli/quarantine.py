"""The commands `quarantine list|show|rejected|retry`: what was not published, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ldes_shok.cli import options
from ldes_shok.cli.exits import OK, PROBLEMS
from ldes_shok.cli.options import Variables
from ldes_shok.cli.text import payload_text, received_at, safe_block, safe_line

if TYPE_CHECKING:
    from ldes_shok.log.records import EventRecord


@click.group()
def quarantine() -> None:
    """Events that were kept and not published.

    Looking works beside a running service; `retry` needs it to be stopped.
    """


@quarantine.command("list")
@options.limit_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line, for scripts.")
@options.config_option
@click.pass_obj
def list_events(variables: Variables, *, limit: int, as_json: bool, config: Path | None) -> int:
    """List them, the newest first."""
    with options.offline(variables, options.load(variables, config)) as opened:
        rows = opened.quarantine(limit)
    for line in map(_json_line, rows) if as_json else _table(rows):
        click.echo(line)
    if not rows and not as_json:
        click.echo("the quarantine is empty")
    return OK


@quarantine.command()
@click.argument("number", metavar="ID", type=click.IntRange(min=0))
@options.config_option
@click.pass_obj
def show(variables: Variables, *, number: int, config: Path | None) -> int:
    """Show the event ID, why it was not published, and its SHACL report."""
    with options.offline(variables, options.load(variables, config)) as opened:
        event = opened.quarantined(number)
    if event is None:
        click.echo(f"there is no event {number} in the quarantine", err=True)
        return PROBLEMS
    for name, value in _fields(event).items():
        click.echo(f"{name + ':':<13}{safe_line(value)}")
    click.echo(f"\npayload:\n{payload_text(event.payload)}")
    if event.quarantine and event.quarantine.report:
        click.echo(f"\nreport:\n{safe_block(event.quarantine.report)}")
    return OK


@quarantine.command()
@options.limit_option
@options.config_option
@click.pass_obj
def rejected(variables: Variables, *, limit: int, config: Path | None) -> int:
    """Show what was no event at all, the newest first: who sent it, why not, the bytes."""
    with options.offline(variables, options.load(variables, config)) as opened:
        rows = opened.rejected(limit)
    for row in rows:
        click.echo(f"{received_at(row.received_ms)}  {row.source}  {safe_line(row.reason)}")
        click.echo(f"{payload_text(row.payload)}\n")
    if not rows:
        click.echo("nothing was rejected")
    return OK


@quarantine.command()
@click.argument("numbers", metavar="[ID]...", type=click.IntRange(min=0), nargs=-1)
@options.config_option
@click.pass_obj
def retry(variables: Variables, *, numbers: Sequence[int], config: Path | None) -> int:
    """Try again: the events ID, or all of them. Exit code 1 if some stay."""
    with options.offline(variables, options.load(variables, config)) as opened:
        summary = opened.retry(tuple(numbers) or None)
    click.echo(
        f"retried {summary.retried}: published {summary.published}, "
        f"still in quarantine {summary.still}"
    )
    return PROBLEMS if summary.still else OK


def _fields(event: EventRecord) -> dict[str, str]:
    why = event.quarantine
    return {
        "id": str(event.id),
        "received at": received_at(event.received_ms),
        "kind": event.kind,
        "cabinet": event.cabinet,
        "stream": (why.stream if why else "") or "-",
        "code": why.code if why else "",
        "reason": why.reason if why else "",
        "key": event.key,
    }


def _json_line(event: EventRecord) -> str:
    fields = {name.replace(" ", "_"): value for name, value in _fields(event).items()}
    stream = event.quarantine.stream if event.quarantine else ""
    return json.dumps({**fields, "id": event.id, "stream": stream})


def _table(rows: Sequence[EventRecord]) -> list[str]:
    if not rows:
        return []
    columns = ("id", "received at", "kind", "cabinet", "code", "reason")
    cells = [[safe_line(_fields(row)[name]) for name in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (columns, *cells)
    ]
