"""What is remembered between two telegrams."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ldes_shok.sources.dialects.p1.memory import (
    Ledger,
    P1Memory,
    Pieces,
    Registers,
    recalled,
    remembered,
    slipped,
)


def _registers(
    *imports: str, at: int = 0, meter: str = "M1", exports: tuple[str, ...] = ()
) -> Registers:
    return Registers(meter, at, tuple(map(Decimal, imports)), tuple(map(Decimal, exports)))


def test_what_was_said_is_due_for_the_telegram_that_said_it_only() -> None:
    ledger = Ledger().noted("a", 1)
    assert [ledger.due("a", 1), ledger.due("a", 2), ledger.due("b", 2)] == [True, False, True]
    assert ledger.noted("a", 2) == ledger


def test_a_ledger_forgets_the_oldest() -> None:
    ledger = Ledger()
    for number in range(1_000):
        ledger = ledger.noted(str(number), number)
    assert len(ledger.entries) == 128
    assert [ledger.due("999", 5), ledger.due("0", 5)] == [False, True]


def test_a_memory_is_read_as_it_was_written() -> None:
    memory = P1Memory(
        published=Ledger().noted("1", 900),
        breaker=("1", 900),
        registers=_registers("123.456", "78.900", exports=("0.000",)),
        pieces=b"sealed",
    )
    assert recalled(remembered(memory)) == memory
    assert remembered(P1Memory()) == b""
    assert recalled(b"") == P1Memory()


def test_a_piece_that_comes_again_is_joined_to_the_same_beginning() -> None:
    first = Pieces().after(b"/a", b"/a")
    assert first.joined(b"/a") == b"/a"
    assert first.joined(b"b!") == b"/ab!"
    second = first.after(b"b!", b"")
    assert second.joined(b"b!") == b"/ab!"
    assert second.joined(b"/c") == b"/c"
    assert second.after(b"b!", b"") == second
    assert second.after(b"whole", b"") == Pieces()


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (("10", "20"), ("11", "20"), False),
        (("10", "20"), ("20", "20"), True),
        (("20", "10"), ("10.5", "10.5"), True),
        (("20", "10"), ("12", "10"), True),
        (("10", "20"), ("10", "11"), True),
        # Two tariffs that were equal cannot be told apart.
        (("10", "10"), ("11", "11"), False),
        (("20", "10"), ("1", "0"), False),
        (("20", "0"), ("1", "0"), False),
        (("20",), ("10",), False),
    ],
)
def test_a_slip_of_columns_is_told_from_a_reset(
    before: tuple[str, ...], now: tuple[str, ...], expected: bool
) -> None:
    earlier, later = _registers(*before), _registers(*now, at=900)
    assert slipped(earlier, later) is expected
    exported = _registers("1", "2", exports=before), _registers("1", "2", at=900, exports=now)
    assert slipped(*exported) is expected


def test_another_meter_or_an_earlier_telegram_is_no_slip() -> None:
    before = _registers("10", "20", at=900)
    assert not slipped(None, before)
    assert not slipped(before, _registers("20", "20", at=1800, meter="M2"))
    assert not slipped(before, _registers("20", "20", at=0))
