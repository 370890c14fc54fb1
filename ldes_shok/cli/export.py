"""The command `export`: the streams as files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from ldes_shok.cli import options
from ldes_shok.cli.exits import OK
from ldes_shok.cli.options import Variables
from ldes_shok.cli.steps import steps_on
from ldes_shok.export.address import parse_bucket
from ldes_shok.export.request import ExportRequest
from ldes_shok.ldes.member import Form

_FORMS: Final = {"ttl": Form.TURTLE, "jsonld": Form.JSONLD}


@click.command(short_help="Write the streams as files for a web server, a bucket or a dump.")
@click.option(
    "--static",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder of plain files.",
)
@click.option("--s3", "bucket", metavar="s3://BUCKET/PREFIX", help="A bucket; see --endpoint-url.")
@click.option(
    "--endpoint-url", metavar="URL", default="", help="The service of the bucket, if not Amazon's."
)
@click.option(
    "--nquads",
    "dump",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="One file with all members; compressed if it ends in .gz or .zst.",
)
@click.option(
    "--stream",
    "streams",
    metavar="NAME",
    multiple=True,
    help="Only this stream; may be given again. Default: all that are open.",
)
@click.option("--include-closed", is_flag=True, help="--stream may name one read with a token.")
@click.option(
    "--form",
    "forms",
    type=click.Choice(list(_FORMS)),
    multiple=True,
    help="Form of the pages; may be given again. Default: both.",
)
@click.option("--thorough", is_flag=True, help="Look for every page, and write what is missing.")
@options.config_option
@click.pass_obj
def export(  # noqa: PLR0913  one parameter for each option
    variables: Variables,
    *,
    directory: Path | None,
    bucket: str | None,
    endpoint_url: str,
    dump: Path | None,
    streams: tuple[str, ...],
    include_closed: bool,
    forms: tuple[str, ...],
    thorough: bool,
    config: Path | None,
) -> int:
    """Write the streams as files: one of --static, --s3 and --nquads.

    The service may run beside it. Run again, --static and --s3 write what is new: sealed pages are
    never written twice. A run that was broken off is finished by the next one.
    """
    if sum(place is not None for place in (directory, bucket, dump)) != 1:
        raise click.UsageError("say where to: one of --static DIR, --s3 URL and --nquads FILE")
    settings = options.load(variables, config)
    options.start_logging(variables, settings, to_stderr=True)
    request = ExportRequest(
        streams, include_closed, tuple(_FORMS[f] for f in forms or _FORMS), thorough
    )
    from ldes_shok.commands.export import export_members, export_pages

    steps = steps_on(sys.stderr, "export")
    try:
        if dump is not None:
            done = export_members(settings, dump, request, steps)
        else:
            place = directory or parse_bucket(bucket or "", endpoint_url)
            done = export_pages(settings, place, request, steps)
    finally:
        steps.close()
    click.echo(f"{done.members} members, {done.files} files written")
    return OK
