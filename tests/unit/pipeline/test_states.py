"""The writer's memory of cabinets: the log's word, read once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ldes_shok.log.records import Commit, StateRecord
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.mapping.state import CabinetState
from ldes_shok.pipeline.states import CabinetStates
from tests.support.logs import identity_of

KEY = "t", "VBS-001"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLogWriter]:
    writer = SqliteLogWriter(tmp_path / "log.db", identity_of("http://shok.test"))
    yield writer
    writer.close()


def _store(log: SqliteLogWriter, *states: CabinetState) -> None:
    records = (StateRecord(s.tenant, s.cabinet, msgspec.json.encode(s)) for s in states)
    log.commit(Commit(states=tuple(records)))


def test_a_cabinet_nobody_heard_of_has_no_state(log: SqliteLogWriter) -> None:
    assert CabinetStates(log).get(*KEY) is None


def test_what_was_read_stays_until_another_state_is_committed(log: SqliteLogWriter) -> None:
    first, second = CabinetState(*KEY), CabinetState(*KEY, removed_at="2026-05-12T12:00:00Z")
    _store(log, first)
    states = CabinetStates(log)
    assert states.get(*KEY) == first
    _store(log, second)
    assert states.get(*KEY) == first
    states.committed({KEY: second})
    assert states.get(*KEY) == second


def test_after_a_failed_commit_the_log_is_asked_again(log: SqliteLogWriter) -> None:
    states = CabinetStates(log)
    assert states.get(*KEY) is None
    _store(log, CabinetState(*KEY))
    assert states.get(*KEY) is None
    states.forget()
    assert states.get(*KEY) == CabinetState(*KEY)


def test_no_more_cabinets_are_kept_than_were_asked_for(log: SqliteLogWriter) -> None:
    all_states = [CabinetState("t", f"VBS-{number}") for number in range(4)]
    states = CabinetStates(log, limit=3)
    states.committed({("t", state.cabinet): state for state in all_states})
    _store(log, CabinetState("t", "VBS-0", removed_at="2026-05-12T12:00:00Z"))
    again = states.get("t", "VBS-0")
    assert again is not None
    assert again.removed_at
    assert states.get("t", "VBS-3") == all_states[3]
