from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ldes_shok.pipeline.offline_types import RetrySummary
from tests.unit.cli.support import DEMO, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def test_list_is_a_table(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    assert cli("quarantine", "list", "--limit", "5", "--config", DEMO) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["id", "received", "at", "kind", "cabinet", "code", "reason"]
    assert row == (
        "7   2026-05-12T18:00:00Z  measurement  VBS-001  shape  "
        "Observatie.resultaat: missing\\x1b[31m"
    )
    assert fake.calls == [("quarantine", 5)]


def test_list_for_scripts(cli: Run, capsys: Captured) -> None:
    assert cli("quarantine", "list", "--json", "--config", DEMO) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["id"], row["received_at"]) == (7, "2026-05-12T18:00:00Z")
    assert row["stream"] == "techniek"


def test_an_empty_quarantine_is_said(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    fake.rows = ()
    assert cli("quarantine", "list", "--config", DEMO) == 0
    assert capsys.readouterr().out == "the quarantine is empty\n"
    assert cli("quarantine", "list", "--json", "--config", DEMO) == 0
    assert capsys.readouterr().out == ""


def test_show_gives_everything(cli: Run, capsys: Captured) -> None:
    assert cli("quarantine", "show", "7", "--config", DEMO) == 0
    out = capsys.readouterr().out
    assert "stream:      techniek" in out
    assert '  "x": 1.50' in out
    assert "sh:Violation" in out
    assert "\x1b" not in out


def test_show_of_what_is_not_there(cli: Run, capsys: Captured) -> None:
    assert cli("quarantine", "show", "8", "--config", DEMO) == 1
    assert capsys.readouterr().err == "there is no event 8 in the quarantine\n"


@pytest.mark.parametrize(
    ("arguments", "numbers", "still", "code"), [([], None, 0, 0), (["7", "9"], (7, 9), 1, 1)]
)
def test_retry(
    cli: Run,
    fake: FakeApplication,
    capsys: Captured,
    arguments: list[str],
    numbers: tuple[int, ...] | None,
    still: int,
    code: int,
) -> None:
    fake.retried = RetrySummary(2, 2 - still, still)
    assert cli("quarantine", "retry", *arguments, "--config", DEMO) == code
    assert fake.calls == [("retry", numbers)]
    assert capsys.readouterr().out == (
        f"retried 2: published {2 - still}, still in quarantine {still}\n"
    )
