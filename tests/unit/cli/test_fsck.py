from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ldes_shok.errors import CheckImpossible, LogUnavailable
from ldes_shok.fsck import Finding, Invariant
from ldes_shok.fsck.finding import Remark
from ldes_shok.fsck.outside import Outside
from ldes_shok.log.walk_step import Step
from tests.unit.cli.support import DEMO, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]

FOUND = Finding(Invariant.SEALED, "http://shok.test/kasten/by-time/2026", "its bytes\x1b changed")


def test_a_sound_log_is_0(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    fake.items = (Step("file", 1, 1), Step("kasten: members", 5, 9), Step("kasten: members", 9, 9))
    assert cli("fsck", "--config", DEMO) == 0
    captured = capsys.readouterr()
    assert captured.out == "0 findings\n"
    assert captured.err == "fsck: file: 1 of 1\nfsck: kasten: members: 9 of 9\n"
    assert fake.calls == [("check_store", ())]


def test_a_finding_is_one_safe_line_and_1(
    cli: Run, fake: FakeApplication, capsys: Captured
) -> None:
    fake.items = (FOUND,)
    assert cli("fsck", "--stream", "kasten", "--stream", "techniek", "--config", DEMO) == 1
    assert capsys.readouterr().out == (
        "P4: http://shok.test/kasten/by-time/2026: its bytes\\x1b changed\n1 findings\n"
    )
    assert fake.calls == [("check_store", ("kasten", "techniek"))]


def test_for_scripts_every_line_is_json(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    fake.items = (Step("file", 1, 1), FOUND)
    assert cli("fsck", "--json", "--config", DEMO) == 1
    found, end = map(json.loads, capsys.readouterr().out.splitlines())
    assert found == {
        "invariant": "P4",
        "place": "http://shok.test/kasten/by-time/2026",
        "sentence": "its bytes\x1b changed",
    }
    assert end == {"findings": 1, "checked": {"file": 1}}


def test_what_was_not_checked_is_said_and_is_no_finding(
    cli: Run, fake: FakeApplication, capsys: Captured
) -> None:
    fake.items = (Remark("http://shok.test/techniek", "it needs a token"),)
    assert cli("fsck", "--url", "http://shok.test/") == 0
    assert capsys.readouterr().err == "fsck: http://shok.test/techniek: it needs a token\n"


@pytest.mark.parametrize("error", [LogUnavailable("no log"), CheckImpossible("no log")])
def test_what_cannot_be_checked_is_2(
    cli: Run, fake: FakeApplication, capsys: Captured, error: LogUnavailable | CheckImpossible
) -> None:
    fake.items = (Step("file", 0, 1), error)
    assert cli("fsck", "--config", DEMO) == 2
    captured = capsys.readouterr()
    assert "findings" not in captured.out
    assert captured.err.splitlines()[-1] == "ldes-shok: no log"


def test_from_outside_no_configuration_is_needed(cli: Run, fake: FakeApplication) -> None:
    arguments = ("fsck", "--url", "http://shok.test/", "--stream", "kasten", "--forms-every", "7")
    assert cli(*arguments, "--token-env", "TOKEN", TOKEN="abc") == 0
    assert fake.calls == [("check_url", Outside("http://shok.test/", ("kasten",), 7), "abc")]


@pytest.mark.parametrize("arguments", [("--url", "http://shok.test/"), ("--config", str(DEMO))])
def test_a_token_must_be_set_and_of_use(
    cli: Run, fake: FakeApplication, arguments: tuple[str, str]
) -> None:
    assert cli("fsck", *arguments, "--token-env", "TOKEN") == 2
    assert fake.calls == []
