"""Fault 11: what comes after a clock was set back says so, and again when it comes again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Event, Status, StatusData
from ldes_shok.cabinet.flags import CLOCK_STEP, TIME_NAIVE
from ldes_shok.cabinet.identity import content_digest
from ldes_shok.sources.common.clock_steps import stepped
from ldes_shok.sources.decoder import Refusal

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Results = tuple[Event | Refusal, ...]


def at(minutes: float, *flags: str) -> Status:
    """Told by the device's clock, in minutes after noon."""
    observed_at, data = instant_text(NOON + minutes * MINUTE), StatusData(power="on")
    return Status(
        v=1, cabinet="VBS-001", observed_at=observed_at, clock="I", flags=flags, data=data
    )


def are_steps(results: Results) -> list[bool]:
    return [not isinstance(each, Refusal) and CLOCK_STEP in each.flags for each in results]


def test_what_is_of_now_after_what_was_ahead_is_a_step() -> None:
    first, ahead = stepped([at(5)], NOON, None)
    assert (are_steps(first), ahead) == ([False], NOON + 5 * MINUTE)
    second, ahead = stepped([at(1), Refusal("no_reading", "send one")], NOON + MINUTE, ahead)
    assert (are_steps(second), ahead) == ([True, False], NOON + 5 * MINUTE)


def test_what_is_late_is_no_step() -> None:
    """16: an older reading after a newer one, from a clock that is right."""
    assert stepped([at(0)], NOON, None) == ((at(0),), None)
    old, _ = stepped([at(-15)], NOON + MINUTE, NOON + 5 * MINUTE)
    assert are_steps(old) == [False]


def test_nobody_remembers_what_time_has_overtaken() -> None:
    told, ahead = stepped([at(6)], NOON + 6 * MINUTE, NOON + 5 * MINUTE)
    assert (are_steps(told), ahead) == ([False], None)


def test_what_nobody_believes_is_not_ahead() -> None:
    without_clock = msgspec.structs.replace(at(5), clock="N")
    for said in (at(60 * 24), at(120), at(5, TIME_NAIVE), without_clock):
        assert stepped([said], NOON, None) == ((said,), None)


def test_the_event_is_the_one_that_it_was() -> None:
    (flagged,), _ = stepped([at(1)], NOON + MINUTE, NOON + 5 * MINUTE)
    assert isinstance(flagged, Status)
    assert flagged.flags == (CLOCK_STEP,)
    assert content_digest(flagged) == content_digest(at(1))


@given(
    st.lists(st.lists(st.floats(-20, 20), max_size=4), max_size=6),
)
def test_with_the_memory_of_after_a_message_says_the_same(messages: list[list[float]]) -> None:
    """P2: a message may come twice."""
    ahead: datetime | None = None
    for number, message in enumerate(messages):
        received_at = NOON + number * MINUTE
        results = [at(number + minutes) for minutes in message]
        first = stepped(results, received_at, ahead)
        assert stepped(results, received_at, first[1]) == first
        ahead = first[1]
