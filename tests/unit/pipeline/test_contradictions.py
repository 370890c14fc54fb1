"""Fault 15: the same reading with another value is published, and counted where it is odd."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.pipeline.contradictions import contradictions

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
DEVICE = Origin("mqtt", "voorbeeldstad", "broker")
BACK_OFFICE = Origin("poll", "voorbeeldstad", "meetdata")
CORRECTING = frozenset({BACK_OFFICE.source})


def delivery(origin: Origin) -> Delivery:
    return Delivery(b"{}", origin, NOON)


def outcome(key: str, *, corrects: bool) -> Outcome:
    return Outcome(OutcomeKind.PUBLISHED, key, corrects=corrects)


def found(*told: tuple[Origin, Outcome]) -> dict[str, list[str]]:
    deliveries = [delivery(origin) for origin, _ in told]
    outcomes = [each for _, each in told]
    return {each.source: each.keys for each in contradictions(deliveries, outcomes, CORRECTING)}


def test_a_device_that_says_something_else_contradicts_itself() -> None:
    again, first = outcome("m:2", corrects=True), outcome("m:1", corrects=False)
    assert found((DEVICE, first), (DEVICE, again)) == {DEVICE.source: ["m:2"]}


@pytest.mark.parametrize(
    "origin",
    [
        BACK_OFFICE,
        Origin("csv", "voorbeeldstad", "bestanden"),
        Origin("ldes", "voorbeeldstad", "buurstad"),
        Origin("derived", "voorbeeldstad", "intervals"),
    ],
    ids=lambda origin: origin.adapter,
)
def test_who_is_known_to_correct_does_not(origin: Origin) -> None:
    assert found((origin, outcome("m:1", corrects=True))) == {}
