"""What a central system answers: always something, and never a decision."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.dialects.ocpp16.answers import answer_to
from ldes_shok.sources.dialects.ocpp16.memory import KnownSession, StationMemory

NOW = datetime(2026, 5, 12, 6, 0, 0, 123456, tzinfo=UTC)
ACCEPTED = {"status": "Accepted"}
TAKEN = ("BootNotification", "Heartbeat", "Authorize", "StartTransaction", "StopTransaction")


def answer(frame: object, memory: StationMemory | None = None) -> Any:
    payload = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
    said = answer_to(payload, memory or StationMemory(), NOW, 300)
    return None if said is None else json.loads(said)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (
            "BootNotification",
            {**ACCEPTED, "currentTime": "2026-05-12T06:00:00.123Z", "interval": 300},
        ),
        ("Heartbeat", {"currentTime": "2026-05-12T06:00:00.123Z"}),
        ("Authorize", {"idTagInfo": ACCEPTED}),
        ("StopTransaction", {"idTagInfo": ACCEPTED}),
        ("StatusNotification", {}),
        ("MeterValues", {}),
        ("DataTransfer", ACCEPTED),
        ("FirmwareStatusNotification", {}),
        ("DiagnosticsStatusNotification", {}),
    ],
)
def test_what_a_station_reports_is_taken(action: str, expected: object) -> None:
    assert answer([2, "a", action, {}]) == [3, "a", expected]


def test_a_transaction_gets_the_number_that_is_remembered() -> None:
    session = KnownSession("t-1", 1, "2026-05-12T05:00:00Z", transaction=17)
    memory = StationMemory(sessions=[session], pending={"a": "t-1"})
    expected = [3, "a", {"transactionId": 17, "idTagInfo": ACCEPTED}]
    assert answer([2, "a", "StartTransaction", {}], memory) == expected


def test_a_transaction_that_starts_nowhere_gets_none() -> None:
    assert answer([2, "a", "StartTransaction", {}])[:3] == [4, "a", "FormationViolation"]


@pytest.mark.parametrize("action", ["ReserveNow", "RemoteStartTransaction", "Sing"])
def test_what_would_need_a_decision_is_not_implemented(action: str) -> None:
    assert answer([2, "a", action, {}])[:3] == [4, "a", "NotImplemented"]


@pytest.mark.parametrize(
    ("frame", "unique_id"),
    [(b'[2,"a","Heartbeat",', "a"), (b"hello", "-1"), (b"[2]", "-1"), (b"\xff", "-1")],
)
def test_what_cannot_be_read_is_answered_too(frame: bytes, unique_id: str) -> None:
    assert answer(frame)[:3] == [4, unique_id, "FormationViolation"]


@pytest.mark.parametrize("frame", [[3, "a", {}], [4, "a", "GenericError", "", {}]])
def test_an_answer_is_not_answered(frame: object) -> None:
    assert answer(frame) is None


FRAMES = st.binary(max_size=60) | st.tuples(
    st.sampled_from([2, 2, 3, 4, "2"]),
    st.text(max_size=40),
    st.sampled_from([*TAKEN, "ReserveNow", "Reset", ""]) | st.text(max_size=10),
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
).map(lambda frame: json.dumps(frame).encode())


@given(FRAMES)
def test_whatever_a_station_says_it_is_never_asked_to_do_anything(frame: bytes) -> None:
    """We read and never operate: all that goes to a station is a result or an error."""
    said = answer(frame)
    assert said is None or said[0] in {3, 4}
