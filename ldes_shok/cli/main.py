"""The command group, and how every command handles an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

import ldes_shok
from ldes_shok.cli.backup import backup, restore
from ldes_shok.cli.config import config
from ldes_shok.cli.exits import INTERRUPTED, OK, PROBLEMS, exit_code, lines_of
from ldes_shok.cli.export import export
from ldes_shok.cli.files import ingest, validate
from ldes_shok.cli.fsck import fsck
from ldes_shok.cli.options import Variables
from ldes_shok.cli.quarantine import quarantine
from ldes_shok.cli.raw import pseudonyms, raw
from ldes_shok.cli.service import demo, serve
from ldes_shok.cli.tables import import_
from ldes_shok.errors import LdesShokError

_NAME = "ldes-shok"


@click.group(epilog="Exit codes: 0 good, 1 problems found, 2 wrong command or configuration.")
@click.version_option(ldes_shok.__version__, prog_name=_NAME)
def command() -> None:
    """Publish smart public electricity cabinets as Linked Data Event Streams."""


command.add_command(serve)
command.add_command(demo)
command.add_command(ingest)
command.add_command(import_)
command.add_command(validate)
command.add_command(quarantine)
command.add_command(raw)
command.add_command(pseudonyms)
command.add_command(fsck)
command.add_command(backup)
command.add_command(restore)
command.add_command(export)
command.add_command(config)


def main() -> int:
    """Run `ldes-shok`; return the exit code."""
    return run(sys.argv[1:], os.environ)


def run(arguments: Sequence[str], variables: Variables) -> int:
    """Run one command; print errors of ours as lines on standard error, without traceback."""
    try:
        result = command.main(
            list(arguments), prog_name=_NAME, standalone_mode=False, obj=variables
        )
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except LdesShokError as error:
        for line in lines_of(error):
            click.echo(f"{_NAME}: {line}", err=True)
        return exit_code(error)
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left, as in `| head`. Python flushes again at exit: open a file.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROBLEMS
    return result if isinstance(result, int) else OK
