"""Dutch dates, always UTC."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.representation.html import dates
from tests.unit.representation.html_samples import EVENING_MS, at


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2026-05-12T18:00:00Z", "12 mei 2026, 18:00 UTC"),
        ("2026-05-12T18:00:03Z", "12 mei 2026, 18:00:03 UTC"),
        ("2026-03-01T00:00:00.007Z", "1 maart 2026, 00:00:00.007 UTC"),
        ("1999-12-31T23:59:59Z", "31 december 1999, 23:59:59 UTC"),
    ],
)
def test_a_moment_shows_no_more_than_it_has(instant: str, words: str) -> None:
    assert dates.moment_text(at(instant)) == words


def test_a_moment_is_a_time_element() -> None:
    assert (
        dates.moment(EVENING_MS)
        == '<time datetime="2026-05-12T18:00:00.000Z">12 mei 2026, 18:00 UTC</time>'
    )
    assert "18:00:00 UTC" in dates.moment_to_second(EVENING_MS + 999)
    assert dates.time_of_day(EVENING_MS + 3_999) == "<time>18:00:03</time>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-05-12T05:31:02Z", "12 mei 2026, 05:31:02 UTC"),
        ("2026-05-12T05:31:02.123456Z", "12 mei 2026, 05:31:02 UTC"),
        ("2026-05-13T00:30:00+02:00", "12 mei 2026, 22:30:00 UTC"),
    ],
)
def test_an_observed_time_keeps_its_text_and_is_read_in_utc(text: str, words: str) -> None:
    assert dates.observed(text) == f'<time datetime="{text}">{words}</time>'


def test_the_day_of_publication_is_not_repeated() -> None:
    assert dates.observed("2026-05-12T05:31:02Z", EVENING_MS) == "<time>05:31:02</time>"
    assert "11 mei 2026" in dates.observed("2026-05-11T05:31:02Z", EVENING_MS)


@pytest.mark.parametrize("text", ["", "vanaf 2024", "2026-05-12T05:31:02", "<b>&"])
def test_what_is_no_instant_is_shown_escaped(text: str) -> None:
    shown = dates.observed(text)
    assert shown.unescape() == text
    assert "<b>" not in shown


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_the_machine_readable_time_is_the_instant(instant_ms: int) -> None:
    shown = dates.moment_to_second(instant_ms)
    assert at(shown.split('"')[1]) == instant_ms
    assert dates.same_day(instant_ms, instant_ms)
