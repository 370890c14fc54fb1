from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ldes_shok.clock import to_milliseconds
from ldes_shok.log.records import Rejection
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


def test_what_was_rejected_is_shown(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    assert cli("quarantine", "rejected", "--config", DEMO) == 0
    assert capsys.readouterr().out == "nothing was rejected\n"
    at_ms = to_milliseconds(datetime(2026, 5, 12, 6, tzinfo=UTC))
    fake.refused = (Rejection("http:stad:push", at_ms, "v: is missing", b"{\x1b"),)
    assert cli("quarantine", "rejected", "--limit", "3", "--config", DEMO) == 0
    out = capsys.readouterr().out
    assert out.startswith("2026-05-12T06:00:00Z  http:stad:push  v: is missing\n")
    assert "\x1b" not in out
    assert fake.calls[-1] == ("rejected", 3)


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
