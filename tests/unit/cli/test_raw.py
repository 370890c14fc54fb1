from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ldes_shok.pipeline.rerun import RerunSummary
from tests.unit.cli.support import DEMO, RAW, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def test_what_is_kept_is_listed(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    assert cli("raw", "list", "--source", "broker", "--limit", "5", "--config", DEMO) == 0
    assert capsys.readouterr().out == (
        f"2026-05-12T18:00:00Z  mqtt:stad:broker  120 bytes  {RAW.digest.hex()}\n"
    )
    assert fake.calls == [("raw_list", "broker", 5)]
    fake.raws = ()
    assert cli("raw", "list", "--config", DEMO) == 0
    assert capsys.readouterr().out == "nothing is kept\n"


def test_one_is_shown_and_cannot_move_the_cursor(cli: Run, capsys: Captured) -> None:
    assert cli("raw", "show", RAW.digest.hex(), "--config", DEMO) == 0
    out = capsys.readouterr().out
    assert "received at: 2026-05-12T18:00:00.000000Z\nsource: mqtt:stad:broker\n" in out
    assert "\x1b" not in out
    assert cli("raw", "show", "00", "--config", DEMO) == 1
    assert capsys.readouterr().err == "nothing with this digest is kept\n"


def test_a_rerun_says_what_came_of_it(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    assert cli("raw", "rerun", "--since", "2026-05-12T06:00:00Z", "--config", DEMO) == 0
    assert capsys.readouterr().out == (
        "3 messages: published 1, duplicate 1, quarantined 0, refused 0; 1 left the quarantine\n"
    )
    assert fake.calls == [("rerun", None, datetime(2026, 5, 12, 6, tzinfo=UTC))]
    fake.rerun_summary = RerunSummary(messages=1, refused=1)
    assert cli("raw", "rerun", "--source", "broker", "--config", DEMO) == 1
    capsys.readouterr()
    fake.rerun_summary = RerunSummary(destroyed=2)
    assert cli("raw", "rerun", "--config", DEMO) == 0
    assert capsys.readouterr().err.startswith("2 more cannot be read any more: the keys of their")


def test_old_keys_are_destroyed(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    assert cli("pseudonyms", "destroy", "--before", "2026-06", "--config", DEMO) == 0
    assert capsys.readouterr().out == "destroyed: 2026-05\n"
    assert fake.calls == [("destroy", "2026-06", False)]
    fake.periods = ()
    assert cli("pseudonyms", "destroy", "--clock-is-right", "--config", DEMO) == 0
    assert fake.calls[-1] == ("destroy", None, True)
    assert capsys.readouterr().out == "there was none to destroy\n"


def test_a_period_that_is_none_destroys_nothing(cli: Run, fake: FakeApplication) -> None:
    assert cli("pseudonyms", "destroy", "--before", "last month", "--config", DEMO) == 2
    assert fake.calls == []
