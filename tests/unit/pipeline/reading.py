"""What a log holds, as tests want to compare it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.log.records import MemberRow
from ldes_shok.mapping.streams import STREAMS
from tests.support.vertical import Vertical


def rows(vertical: Vertical, stream: str) -> Sequence[MemberRow]:
    """All members of a stream."""
    count = vertical.reader.stream(stream).members
    return vertical.reader.rows(stream, FIRST_POSITION, count)


def all_rows(vertical: Vertical) -> list[MemberRow]:
    """All members."""
    return [row for stream in STREAMS for row in rows(vertical, stream)]


def tallies(vertical: Vertical) -> Counter[str]:
    """Events by outcome, of all sources; what became zero is left out."""
    counts: Counter[str] = Counter()
    for tally in vertical.reader.tallies():
        assert tally.events >= 0
        counts[tally.outcome] += tally.events
    return +counts


def words(outcomes: Sequence[Outcome]) -> list[str]:
    """How the deliveries ended."""
    return [outcome.kind.value for outcome in outcomes]


def texts(vertical: Vertical, stream: str, form: Form) -> Sequence[bytes]:
    """All blocks of a stream."""
    count = vertical.reader.stream(stream).members
    return vertical.reader.blocks(stream, FIRST_POSITION, count, form)
