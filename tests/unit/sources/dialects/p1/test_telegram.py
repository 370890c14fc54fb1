"""Telegrams are cut out of a stream and checked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.dialects.p1.telegram import (
    MAX_TELEGRAM_BYTES,
    Damaged,
    Telegram,
    crc16,
    frames,
    scan,
)
from tests.support.telegram import signed

GOOD = signed(("1-0:1.7.0(02.351*kW)", "1-0:1.7.0(09.999*kW)", "1-0:1.6.0(a)(b)", "(x)", "junk"))
WHOLE = GOOD.rstrip()


def test_the_checksum_is_the_one_of_the_standard() -> None:
    # The check value of CRC-16/ARC in the catalogue of parametrised CRC algorithms.
    assert crc16(b"123456789") == 0xBB3D
    assert crc16(b"") == 0


def test_lines_are_taken_apart_and_the_first_of_two_counts() -> None:
    (telegram,) = scan(GOOD).found
    assert isinstance(telegram, Telegram)
    assert telegram.one("1-0:1.7.0") == "02.351*kW"
    assert telegram.all("1-0:1.6.0") == ("a", "b")
    assert telegram.one("1-0:2.7.0") == ""


def test_one_changed_digit_is_seen() -> None:
    (found,) = scan(GOOD.replace(b"02.351", b"02.361")).found
    assert isinstance(found, Damaged)
    assert found.code == "crc_mismatch"


@given(st.lists(st.integers(1, 120), max_size=30))
def test_a_stream_is_cut_into_the_same_telegrams_wherever_it_is_cut(sizes: list[int]) -> None:
    stream = b"n!oise" + GOOD + b"\r\n" + GOOD + GOOD
    cut: list[bytes] = []
    rest, first = b"", 0
    for size in [*sizes, len(stream)]:
        found, rest = frames(rest + stream[first : first + size])
        cut += found
        first += size
    assert (cut, rest) == ([WHOLE] * 3, b"")


def test_what_is_interrupted_or_too_long_is_a_frame_that_can_be_refused() -> None:
    assert frames(GOOD[:20] + GOOD) == ([GOOD[:20], WHOLE], b"")
    found, rest = frames(b"/" + b"x" * MAX_TELEGRAM_BYTES)
    assert (len(found), rest) == (1, b"")
    assert frames(b"x" * 100_000) == ([], b"")


@given(st.binary(max_size=300))
def test_what_is_left_of_a_stream_is_bounded(data: bytes) -> None:
    found, rest = frames(data * 100)
    assert len(rest) <= MAX_TELEGRAM_BYTES
    assert all(frame.startswith(b"/") for frame in found)
