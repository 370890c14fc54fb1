"""One constructor for the events of all decoders."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import FaultData, SessionData, StatusData, kind_of
from ldes_shok.cabinet.measurement import MeasurementData, Reading
from ldes_shok.errors import EventRejected
from ldes_shok.sources.common.clocks import Observed
from ldes_shok.sources.common.events import EventData, event_of, event_tree, read_tree

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
READINGS = MeasurementData((Reading("voltage", "L1", "231.2", "V"),))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (READINGS, "measurement"),
        (StatusData(door="open"), "status"),
        (SessionData("s-1", "started", "2026-05-12T12:00:00Z"), "session"),
        (FaultData("f-1", "other", "raised", "info"), "fault"),
    ],
)
def test_the_data_says_the_kind_and_the_time_the_rest(data: EventData, kind: str) -> None:
    observed = Observed(NOON, "S", ("clock_offset",), historical=True).noted("retained")
    event = event_of(data, "VBS-001", "1", observed, key="m:" + 26 * "a")
    assert kind_of(event) == kind
    assert event.data is data
    assert (event.cabinet, event.outlet, event.key) == ("VBS-001", "1", "m:" + 26 * "a")
    assert (event.observed_at, event.clock) == ("2026-05-12T12:00:00Z", "S")
    assert (event.flags, event.historical) == (("clock_offset", "retained"), True)
    assert event.quality == "good"


def test_what_is_inferred_is_estimated() -> None:
    observed = Observed(NOON, "I", ("session_inferred",))
    ended = SessionData(
        "s-1",
        "ended",
        "2026-05-12T12:00:00Z",
        ended_at="2026-05-12T12:00:00Z",
        stop_reason="unknown",
    )
    assert event_of(ended, "VBS-001", "1", observed).quality == "estimated"


def test_a_tree_is_the_same_event() -> None:
    built = event_of(READINGS, "VBS-001", "", Observed(NOON, "U"))
    reading = {"quantity": "voltage", "phase": "L1", "value": "231.2", "unit": "V"}
    tree = event_tree(
        "measurement",
        "VBS-001",
        "2026-05-12T12:00:00Z",
        "U",
        {"readings": [reading]},  # type: ignore[dict-item]
        outlet="",
        flags=(),
    )
    assert built.outlet is None
    assert canonical_json(read_tree(tree)) == canonical_json(built)


def test_a_tree_that_is_no_event_names_its_field() -> None:
    tree = event_tree("status", "VBS-001", "2026-05-12T12:00:00Z", "U", {"door": "ajar"})
    with pytest.raises(EventRejected) as refused:
        read_tree(tree)
    assert refused.value.field == "data.door"
