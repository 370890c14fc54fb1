from __future__ import annotations

from collections.abc import Callable

import click
import pytest

from ldes_shok import __version__, errors
from ldes_shok.cli.main import command
from tests.unit.cli.support import DEMO, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]

SERVE = ("serve", "--config", DEMO)


def test_the_version(cli: Run, capsys: Captured) -> None:
    assert cli("--version") == 0
    assert __version__ in capsys.readouterr().out


def test_the_contract_of_commands() -> None:
    assert set(command.commands) == {
        "serve", "demo", "ingest", "validate", "quarantine", "fsck", "backup", "restore",
        "export", "config", "import", "raw", "pseudonyms",
    }  # fmt: skip
    for name, expected in {
        "quarantine": {"list", "show", "rejected", "retry"},
        "config": {"check", "show", "schema"},
    }.items():
        group = command.commands[name]
        assert isinstance(group, click.Group)
        assert set(group.commands) == expected


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["config", "--help"]])
def test_help_is_good(cli: Run, arguments: list[str], capsys: Captured) -> None:
    assert cli(*arguments) == 0
    assert "Usage: ldes-shok" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["serve", "--prot"], ["ingest"]])
def test_a_wrong_command_line_is_2(cli: Run, arguments: list[str], capsys: Captured) -> None:
    assert cli(*arguments) == 2
    assert "Usage: ldes-shok" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.ConfigurationError("http.port: is taken"), 2, "ldes-shok: http.port: is taken"),
        (errors.LogMismatch("other URL"), 2, "ldes-shok: other URL"),
        (errors.ShapesError("kasten.ttl"), 2, "ldes-shok: kasten.ttl"),
        (errors.LogLocked("pid 7 holds it"), 1, "ldes-shok: pid 7 holds it; stop the running"),
        (errors.CheckImpossible("no answer"), 2, "ldes-shok: no answer"),
        (errors.SourceError(), 1, "ldes-shok: SourceError"),
    ],
)
def test_an_error_of_ours_is_one_line_without_traceback(
    cli: Run,
    fake: FakeApplication,
    capsys: Captured,
    error: errors.LdesShokError,
    code: int,
    line: str,
) -> None:
    fake.failure = error
    assert cli(*SERVE) == code
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1].startswith(line)
    assert "Traceback" not in captured.err


def test_an_error_that_is_not_ours_is_not_hidden(cli: Run, fake: FakeApplication) -> None:
    fake.failure = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        cli(*SERVE)


def test_an_interruption_is_130(cli: Run, fake: FakeApplication) -> None:
    fake.failure = KeyboardInterrupt()
    assert cli(*SERVE) == 130
