from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.flags import DST_AMBIGUOUS, DST_NONEXISTENT
from ldes_shok.sources.dialects.csvfile.values import instant, number, reading

BRUSSELS = "Europe/Brussels"


@pytest.mark.parametrize(
    ("text", "decimal", "delimiter", "expected"),
    [
        ("1284,50", "auto", ";", "1284.50"),
        ("1284.50", "auto", ";", "1284.50"),
        ("1.284,5", "auto", ";", "1284.5"),
        ("1,284.5", "auto", ",", "1284.5"),
        ("1 284,5", "auto", ";", "1284.5"),
        ("1 284", "auto", ";", "1284"),
        ("1,284", "auto", ";", "1.284"),
        ("1.284", "auto", ",", "1.284"),
        ("1.284", "comma", ";", "1284"),
        ("1.284", "point", ";", "1.284"),
        ("1.284.530", "comma", ";", "1284530"),
        ("-7", "auto", ";", "-7"),
    ],
)
def test_a_register_is_read_as_its_file_writes_numbers(
    text: str, decimal: str, delimiter: str, expected: str
) -> None:
    assert reading(text, decimal, delimiter) == expected


@pytest.mark.parametrize(
    ("text", "decimal", "delimiter"),
    [
        ("1.284", "auto", ";"),
        ("1,284", "auto", ","),
        ("1.284", "auto", "|"),
        ("1,5", "point", ";"),
        ("1.5", "comma", ";"),
        ("1,284.5", "comma", ";"),
        ("1.284.5", "auto", ";"),
        ("", "auto", ";"),
        ("1e3", "auto", ";"),
        ("NaN", "auto", ";"),
        ("٣", "auto", ";"),
    ],
)
def test_what_is_no_number_or_two_numbers_is_refused(
    text: str, decimal: str, delimiter: str
) -> None:
    with pytest.raises(ValueError):
        reading(text, decimal, delimiter)


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("12/05/2026", "14:30", "2026-05-12T12:30:00Z"),
        ("12-5-2026 14u30", "", "2026-05-12T12:30:00Z"),
        ("2026-05-12 14:30:15", "", "2026-05-12T12:30:15Z"),
        ("2026-05-12T14:30:00Z", "", "2026-05-12T14:30:00Z"),
        ("2026-05-12T14:30:00.000+02:00", "", "2026-05-12T12:30:00Z"),
        ("12/01/2026", "14:30", "2026-01-12T13:30:00Z"),
    ],
)
def test_a_time_is_in_utc(date: str, time: str, expected: str) -> None:
    assert instant(date, time, BRUSSELS, "dmy") == (expected, ())


def test_a_day_may_mean_its_beginning() -> None:
    assert instant("01/03/2026", "", BRUSSELS, "dmy", at_midnight=True)[0] == "2026-02-28T23:00:00Z"
    assert instant("03/01/2026", "00:00", BRUSSELS, "mdy")[0] == "2026-02-28T23:00:00Z"


@pytest.mark.parametrize(
    ("text", "flag"), [("29/03/2026 02:30", DST_NONEXISTENT), ("25/10/2026 02:30", DST_AMBIGUOUS)]
)
def test_hours_that_the_change_of_the_clock_spoils_are_flagged(text: str, flag: str) -> None:
    assert instant(text, "", BRUSSELS, "dmy")[1] == (flag,)


@pytest.mark.parametrize("text", ["", "12", "12/05/26", "30/02/2026", "2026-13-01", "0001-01-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        instant(text, "10:00", BRUSSELS, "dmy")


@given(st.text(max_size=30), st.text(max_size=8), st.sampled_from(["dmy", "mdy"]))
def test_no_cell_raises_anything_else(text: str, time: str, order: str) -> None:
    for read in (
        lambda: number(text),
        lambda: reading(text, "auto", ";"),
        lambda: instant(text, time, BRUSSELS, order),
    ):
        try:
            read()
        except ValueError:
            continue
