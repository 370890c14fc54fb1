"""Pseudonyms: the same in a period, unlinkable between periods, cities and occasions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.cabinet.pseudonym import (
    KeyedPseudonyms,
)

MAY = datetime(2026, 5, 12, 18, 30, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
SHAPE = re.compile(r"p1:[0-9a-z]{26}\Z")


class _Keys:
    """A key for each period, none of them secret."""

    def key(self, period: str, received_in: str) -> bytes:  # noqa: ARG002  all are kept
        return period.encode().ljust(32, b".")

    def present(self) -> Sequence[bytes]:
        return ()


def _of(tenant: str = "voorbeeldstad", period: KeyPeriod = KeyPeriod.MONTH) -> KeyedPseudonyms:
    return KeyedPseudonyms(_Keys(), period, tenant)


@given(st.text())
def test_any_identifier_becomes_a_pseudonym(identifier: str) -> None:
    pseudonym = _of()(identifier, MAY, MAY)
    assert SHAPE.fullmatch(pseudonym)
    assert pseudonym == _of()(identifier, MAY.replace(day=1, hour=0), MAY)


@given(st.text(), st.text())
def test_two_identifiers_are_two_pseudonyms(one: str, other: str) -> None:
    assert (_of()(one, MAY, MAY) == _of()(other, MAY, MAY)) == (one == other)


def test_nothing_links_two_periods_or_two_cities() -> None:
    said = [
        _of()("04A1B2C3", MAY, JUNE),
        _of()("04A1B2C3", JUNE, JUNE),
        _of("elders")("04A1B2C3", MAY, JUNE),
    ]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("period", "name", "before", "after"),
    [
        (KeyPeriod.DAY, "2026-05-12", "2026-05-11", "2026-05-13"),
        (KeyPeriod.MONTH, "2026-05", "2026-04", "2026-06"),
        (KeyPeriod.YEAR, "2026", "2025", "2027"),
    ],
)
def test_periods_follow_the_calendar(period: KeyPeriod, name: str, before: str, after: str) -> None:
    assert period.name_of(MAY) == name
    assert period.moved(name, -1) == before
    assert period.moved(name, 1) == after


@given(st.integers(-2_000, 2_000))
def test_there_and_back_is_the_same_month(periods: int) -> None:
    assert KeyPeriod.MONTH.moved(KeyPeriod.MONTH.moved("2026-12", periods), -periods) == "2026-12"
