"""The command `fsck`: checks the log, or a live stream from outside."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click

from ldes_shok.cli import options
from ldes_shok.cli.exits import OK, PROBLEMS
from ldes_shok.cli.options import Variables
from ldes_shok.cli.steps import steps_on
from ldes_shok.cli.text import safe_line
from ldes_shok.errors import CheckImpossible, LogError
from ldes_shok.fsck.finding import Finding, Item, Remark
from ldes_shok.fsck.outside import Outside
from ldes_shok.log.walk_step import Step


@click.command(short_help="Check that the log, or a live stream, is as promised.")
@click.option("--url", metavar="URL", help="Crawl a stream, or all that a catalogue lists.")
@click.option("--stream", "streams", metavar="NAME", multiple=True, help="Only these streams.")
@click.option(
    "--token-env", metavar="VARIABLE", help="With --url: the variable that holds a bearer token."
)
@click.option(
    "--forms-every",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="With --url: compare the RDF forms of every so-many-th page.",
)
@click.option(
    "--repair",
    is_flag=True,
    help="First make anew what follows from the rest of the log; the service must not run.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line, for scripts.")
@options.config_option
@click.pass_obj
def fsck(
    variables: Variables,
    *,
    url: str | None,
    streams: tuple[str, ...],
    token_env: str | None,
    forms_every: int,
    repair: bool,
    as_json: bool,
    config: Path | None,
) -> int:
    """Derive every page again from the log and compare it, bit for bit, with what is stored.

    Works beside a running service. --repair does not: it makes states, counts, indexes and nodes
    anew where they are wrong and what they follow from is not, says what it did, and checks then;
    members and events stay as they are. With --url it needs no log: it crawls a live stream as a
    client does and checks what can be seen from outside. Exit code 0 if all is well, 1 if
    anything was found, 2 if it could not look.
    """
    from ldes_shok.commands.fsck import check_store, check_url, repair_store

    if url is None:
        if token_env is not None:
            raise click.UsageError("--token-env is for --url; the log is read from its file")
        settings = options.load(variables, config)
        items = check_store(settings, streams)
        if repair:
            items = chain(repair_store(settings), items)
    else:
        if repair:
            raise click.UsageError("--repair is for the log, not for --url")
        token = _token(variables, token_env)
        items = check_url(Outside(url, streams, forms_every), token)
    return report(_impossible_is_no_finding(items), as_json=as_json)


def report(items: Iterator[Item], *, as_json: bool = False) -> int:
    """Print the results of a check as they come; return the exit code."""
    progress = steps_on(sys.stderr, "fsck")
    findings = 0
    done: dict[str, int] = {}
    try:
        for item in items:
            match item:
                case Step():
                    done[item.what] = item.done
                    progress(item)
                case Finding():
                    findings += 1
                    progress.close()
                    click.echo(_line(item, as_json=as_json))
                case Remark():
                    progress.close()
                    click.echo(f"fsck: {safe_line(str(item))}", err=True)
    finally:
        progress.close()
    if as_json:
        click.echo(json.dumps({"findings": findings, "checked": done}))
    else:
        click.echo(f"{findings} findings")
    return PROBLEMS if findings else OK


def _line(finding: Finding, *, as_json: bool) -> str:
    if not as_json:
        return safe_line(str(finding))
    fields = {
        "invariant": finding.invariant.value,
        "place": finding.url,
        "sentence": finding.sentence,
    }
    return json.dumps(fields)


def _impossible_is_no_finding(items: Iterator[Item]) -> Iterator[Item]:
    """Raise `CheckImpossible` if a log cannot be opened: its exit code is not that of damage."""
    try:
        yield from items
    except LogError as error:
        raise CheckImpossible(str(error)) from error


def _token(variables: Variables, variable: str | None) -> str:
    if variable is None:
        return ""
    token = variables.get(variable, "")
    if not token:
        raise click.BadParameter(
            f"the environment variable {variable} is not set", param_hint="--token-env"
        )
    return token
