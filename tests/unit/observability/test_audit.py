from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from ldes_shok.observability.audit import Audit

AT = datetime(2026, 5, 12, 18, 30, tzinfo=UTC)


def test_a_line_is_one_object_whatever_is_in_it(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "var" / "audit.log")
    audit.write("read", AT, {"path": '/a\n{"at":"forged"}\u2028', "status": 200})
    audit.write("read", AT, {"path": "/b", "status": 304})
    audit.close()
    first, second = (tmp_path / "var" / "audit.log").read_text().splitlines()
    assert json.loads(first)["path"] == '/a\n{"at":"forged"}\u2028'
    assert json.loads(second) == {
        "at": "2026-05-12T18:30:00.000000Z", "event": "read", "path": "/b", "status": 304,
    }  # fmt: skip


def test_only_this_user_may_read_it(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.log")
    audit.write("read", AT, {})
    audit.close()
    assert stat.S_IMODE((tmp_path / "audit.log").stat().st_mode) == 0o600


def test_the_system_may_rotate_it(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    audit = Audit(file)
    audit.write("before", AT, {})
    file.rename(tmp_path / "audit.log.1")
    audit.write("after", AT, {})
    audit.close()
    assert "before" in (tmp_path / "audit.log.1").read_text()
    assert "after" in file.read_text()
    assert "after" not in (tmp_path / "audit.log.1").read_text()


def test_several_processes_may_share_it(tmp_path: Path) -> None:
    one, other = Audit(tmp_path / "audit.log"), Audit(tmp_path / "audit.log")
    for number in range(10):
        (one if number % 2 else other).write("read", AT, {"number": number})
    one.close()
    other.close()
    lines = (tmp_path / "audit.log").read_text().splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(10))
