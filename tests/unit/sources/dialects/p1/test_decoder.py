"""Telegrams become events: golden files, bad input, and what holds for any bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.p1.decoder import MAX_MESSAGE_BYTES, P1Decoder
from ldes_shok.sources.dialects.p1.section import P1
from ldes_shok.sources.dialects.p1.telegram import MAX_TELEGRAM_BYTES
from tests.support import controllers
from tests.support.keys import MemoryKeys, memory_vault
from tests.support.telegram import signed, telegram

RECEIVED = datetime(2026, 5, 12, 13, tzinfo=UTC)
LOCAL = datetime(2026, 5, 12, 14)  # noqa: DTZ001  local, S
TIME = "0-0:1.0.0(260512140000S)"
POWER = "1-0:1.7.0(02.351*kW)"
GOOD = signed((TIME, POWER))


def _decoder(every_seconds: int = 900) -> P1Decoder:
    return P1Decoder(P1("VBS-001", every_seconds=every_seconds), memory_vault())


@pytest.mark.parametrize("quirk", controllers.quirks("p1"))
def test_a_quirk_becomes_what_its_golden_file_says(quirk: str) -> None:
    golden = controllers.golden("p1", quirk)
    payloads = controllers.messages("p1", quirk)
    decoded = controllers.decode_all(_decoder(), payloads, golden.received)
    assert tuple(controllers.said(each) for each in decoded) == golden.messages


@pytest.mark.parametrize(
    ("payload", "codes"),
    [
        (b"", ["no_telegram"]),
        (b"hello", ["no_telegram"]),
        (b'{"power": 2351}', ["no_telegram"]),
        (b"\x00" * 1000, ["no_telegram"]),
        (GOOD[1:], ["no_telegram"]),
        (GOOD.replace(b"02.351", b"02.352"), ["crc_mismatch"]),
        (GOOD.replace(b"02.351", b"02.3"), ["crc_mismatch"]),
        (GOOD[:-6] + b"\r\n", ["no_checksum"]),
        (GOOD[:-6] + b"12\r\n", ["no_checksum"]),
        (GOOD[:-6] + b"zzzz\r\n", ["no_checksum"]),
        (GOOD[:40] + GOOD.replace(b"02.351", b"02.352"), ["cut_short", "crc_mismatch"]),
        (b"/" + b"x" * MAX_TELEGRAM_BYTES + b"!0000\r\n", ["too_long"]),
        (b"/" + b"x" * MAX_TELEGRAM_BYTES, ["too_long"]),
        (GOOD * (MAX_MESSAGE_BYTES // len(GOOD) + 1), ["too_large"]),
        (signed((POWER,)), ["no_time"]),
        (signed(("0-0:1.0.0(260512140000)", POWER)), ["no_time"]),
        (signed(("0-0:1.0.0(260230140000S)", POWER)), ["no_time"]),
        (signed(("0-0:1.0.0()", POWER)), ["no_time"]),
        (b"/!\r\n", ["no_checksum"]),
        (signed((TIME,)), ["no_reading"]),
        (signed((TIME, "1-0:1.7.0(2351*W)")), ["no_reading"]),
        (signed((TIME, "1-0:1.7.0(02,351*kW)")), ["no_reading"]),
        (signed((TIME, "1-0:1.7.0(NaN*kW)")), ["no_reading"]),
        (signed((TIME, "1-0:1.7.0((02.351*kW)")), ["no_reading"]),
        (signed((TIME, "0-0:96.1.1(zz)", "1-0:1.8.1(000001.000*kWh)")), ["no_reading"]),
        (signed((TIME, "0-0:96.1.1(20)", "1-0:1.8.1(000001.000*kWh)")), ["no_reading"]),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_refused_with_a_sentence(payload: bytes, codes: list[str]) -> None:
    decoded = _decoder().decode(Message(payload, RECEIVED), b"")
    assert [r.code for r in decoded.results if isinstance(r, Refusal)] == codes
    assert len(decoded.results) == len(codes)
    assert all(isinstance(r, Refusal) and len(r.reason) > 20 for r in decoded.results)


@pytest.mark.parametrize(
    "line",
    [
        "1-0:1.6.0(260509134558S)",
        "1-0:1.6.0(260509134558S)(02.589*kVA)",
        "1-0:1.6.0(yesterday)(02.589*kW)",
        "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(260501000000S)(260423192538S)",
        "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(260501000000S)(260423192538S)(much)",
    ],
)
def test_a_peak_that_cannot_be_read_is_refused_once(line: str) -> None:
    payloads = [telegram("M1", LOCAL + timedelta(seconds=n), more=[line]) for n in range(3)]
    first, *others = controllers.decode_all(_decoder(), payloads, RECEIVED)
    assert [r.code for r in first.results if isinstance(r, Refusal)] == ["no_peak"]
    assert [other.results for other in others] == [(), ()]


def test_telegrams_between_two_steps_of_the_grid_are_thinned_out() -> None:
    payloads = [telegram("M1", LOCAL + timedelta(seconds=n)) for n in range(12)]
    every_ten = controllers.decode_all(_decoder(10), payloads, RECEIVED)
    assert [len(each.results) for each in every_ten] == [1] + [0] * 9 + [1, 0]
    assert [each.thinned for each in every_ten] == [not each.results for each in every_ten]
    every = controllers.decode_all(_decoder(1), payloads, RECEIVED)
    assert [len(each.results) for each in every] == [1] * 12


def test_half_a_telegram_is_kept() -> None:
    decoded = _decoder().decode(Message(GOOD[:30], RECEIVED), b"")
    assert (decoded.results, decoded.thinned) == ((), False)
    assert decoded.memory != b""


def test_a_memory_that_nobody_can_read_is_as_none() -> None:
    fresh = _decoder().decode(Message(GOOD, RECEIVED), b"")
    for memory in (b"\xff", b"{}", b"\x93\x01\x02\x03", b"\x91\xc1"):
        assert _decoder().decode(Message(GOOD, RECEIVED), memory) == fresh


@given(st.lists(st.binary(max_size=200) | st.just(GOOD), max_size=5))
def test_any_bytes_become_something(payloads: list[bytes]) -> None:
    for decoded in controllers.decode_all(_decoder(), payloads, RECEIVED):
        controllers.said(decoded)


_LINES = st.sampled_from(
    [
        "0-0:96.1.1(4D31)",
        "0-0:96.1.1(4D32)",
        "1-0:1.8.1(000010.000*kWh)",
        "1-0:1.8.1(000020.000*kWh)",
        "1-0:1.8.2(000020.000*kWh)",
        "1-0:1.8.2(000010.000*kWh)",
        "1-0:1.4.0(02.351*kW)",
        "1-0:1.6.0(260509134558S)(02.589*kW)",
        "1-0:1.6.0(260501000000S)(00.000*kW)",
        "0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(260501000000S)(260423192538S)(03.695*kW)",
        "0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)()()()(1)",
        "0-0:96.3.10(0)",
        "0-0:96.3.10(1)",
        "1-0:1.7.0(999.9*kW)",
        "1-0:2.7.0(00.001*kW)",
        "1-0:2.7.0()",
    ]
)
_TELEGRAMS = st.builds(
    lambda seconds, lines: signed(
        (f"0-0:1.0.0({LOCAL + timedelta(seconds=seconds):%y%m%d%H%M%S}S)", *lines)
    ),
    st.sampled_from([-901, -900, 0, 1, 540, 890, 895, 900, 9_000_000]),
    st.lists(_LINES, max_size=6),
)


@given(st.lists(_TELEGRAMS, max_size=6), st.lists(st.integers(0, 1500), max_size=4))
def test_any_telegrams_cut_anywhere_come_again_as_the_same(
    telegrams: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(telegrams)
    ends = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(ends) if a < b]
    whole = _decoder().decode(Message(stream, RECEIVED), b"") if stream else None
    decoded = controllers.decode_all(_decoder(), pieces, RECEIVED)
    if whole is not None:
        again = [said for each in decoded for said in controllers.said(each)]
        wanted = list(controllers.said(whole))
        # A piece of nothing but line ends is one in which there is no telegram.
        assert [said for said in again if said != "no_telegram"] == wanted


def test_half_a_telegram_cannot_be_read_in_the_memory_and_goes_with_its_key() -> None:
    keys = MemoryKeys()
    decoder = P1Decoder(P1("VBS-001"), memory_vault(keys))
    half = decoder.decode(Message(GOOD[:40], RECEIVED), b"")
    assert GOOD[:20] not in half.memory
    rest = Message(GOOD[40:], RECEIVED)
    assert len(decoder.decode(rest, half.memory).results) == 1
    keys.held.clear()
    (refusal,) = decoder.decode(rest, half.memory).results
    assert isinstance(refusal, Refusal)
    by_default = P1Decoder(P1("VBS-001"))
    assert by_default.decode(Message(GOOD[:40], RECEIVED), b"").memory == b""
