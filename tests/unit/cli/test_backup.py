from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok.errors import LogLocked
from ldes_shok.fsck import Finding, Invariant
from tests.unit.cli.support import DEMO, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def test_a_backup_says_what_it_holds_and_what_it_lacks(
    cli: Run, fake: FakeApplication, capsys: Captured
) -> None:
    assert cli("backup", "copy", "--config", DEMO) == 0
    captured = capsys.readouterr()
    assert captured.out == (
        "copy: 2.5 MB of 2026-05-12T18:00:00Z; 7 events; members: kasten 3, techniek 11\n"
    )
    assert captured.err.startswith("backup: copy: 3 of 3\nbackup: the identity secret is not in it")
    (call,) = fake.calls
    assert (call[0], *call[2:]) == ("make_backup", Path("copy"), False)


def test_a_backup_with_the_secret_says_where_it_is(
    cli: Run, fake: FakeApplication, capsys: Captured
) -> None:
    assert cli("backup", "copy", "--with-secrets", "--config", DEMO) == 0
    err = capsys.readouterr().err
    assert "copy/identity-secret: the identity secret; guard it" in err
    (call,) = fake.calls
    assert call[3] is True
    assert str(call[1]) not in err


def test_a_restore_says_what_is_there_now(
    cli: Run, fake: FakeApplication, capsys: Captured, tmp_path: Path
) -> None:
    assert cli("restore", tmp_path, "--config", DEMO) == 0
    assert capsys.readouterr().out.startswith("var/log.db: 2.5 MB of 2026-05-12T18:00:00Z;")
    assert [call[0] for call in fake.calls] == ["restore_backup", "restored"]
    assert fake.calls[0][2:] == (tmp_path, False)


def test_a_restore_may_be_verified(
    cli: Run, fake: FakeApplication, capsys: Captured, tmp_path: Path
) -> None:
    assert cli("restore", tmp_path, "--verify", "--force", "--config", DEMO) == 0
    assert [call[0] for call in fake.calls] == ["restore_backup", "check", "restored"]
    assert fake.calls[0][3] is True
    assert capsys.readouterr().out.startswith("0 findings\n")


def test_what_is_not_sound_is_not_restored(
    cli: Run, fake: FakeApplication, capsys: Captured, tmp_path: Path
) -> None:
    fake.items = (Finding(Invariant.STORED, "log", "bad"),)
    assert cli("restore", tmp_path, "--verify", "--config", DEMO) == 1
    assert ("restored",) not in fake.calls
    captured = capsys.readouterr()
    assert captured.out == "log: log: bad\n1 findings\n"
    assert "nothing was restored" in captured.err


def test_beside_a_service_nothing_is_restored(
    cli: Run, fake: FakeApplication, capsys: Captured, tmp_path: Path
) -> None:
    fake.failure = LogLocked("pid 7 writes it")
    assert cli("restore", tmp_path, "--config", DEMO) == 1
    assert "pid 7 writes it; stop the running service first" in capsys.readouterr().err
