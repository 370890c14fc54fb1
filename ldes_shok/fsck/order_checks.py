"""Checks over all members together: each once, contiguous, and never back in time."""

from __future__ import annotations

from collections.abc import Iterator

from ldes_shok.client.page import Page, date_time_ms, integer
from ldes_shok.fsck.finding import Finding, Invariant
from ldes_shok.ldes.member import FIRST_POSITION, Term
from ldes_shok.rdf.terms import value_of


class MemberOrder:
    """Takes the pages in the order of the crawl."""

    def __init__(self, timestamp_path: Term, sequence_path: Term | None) -> None:
        """`sequence_path` is None for a stream without one: then contiguity is not checked."""
        self._timestamp_path = timestamp_path
        self._sequence_path = sequence_path
        self._pages: dict[str, str] = {}
        self.members: list[str] = []
        self.stamps: list[tuple[int, int]] = []
        self.last_ms = 0

    def take(self, page: Page) -> Iterator[Finding]:
        """Check the members of one page against those of all pages before it."""
        for member in page.members:
            iri = value_of(member.iri) if member.iri.startswith("<") else member.iri
            if iri in self._pages:
                sentence = f"{iri} is a member here and on {self._pages[iri]}"
                yield Finding(Invariant.COMPLETE, page.url, sentence)
                continue
            self._pages[iri] = page.url
            self.members.append(iri)
            yield from self._time(page.url, iri, member.values(self._timestamp_path))
            if self._sequence_path is not None:
                yield from self._position(page.url, iri, member.values(self._sequence_path))

    def _time(self, url: str, iri: str, times: tuple[Term, ...]) -> Iterator[Finding]:
        instant_ms = date_time_ms(times[0]) if times else None
        if instant_ms is None:
            return
        if instant_ms < self.last_ms:
            sentence = f"{iri} was published before the member that precedes it"
            yield Finding(Invariant.ORDER, url, sentence)
        self.last_ms = max(self.last_ms, instant_ms)

    def _position(self, url: str, iri: str, positions: tuple[Term, ...]) -> Iterator[Finding]:
        position = integer(positions[0]) if len(positions) == 1 else None
        expected = FIRST_POSITION + len(self.members) - 1
        if position != expected:
            sentence = f"{iri} has the position {position}, expected is {expected}"
            yield Finding(Invariant.ORDER, url, sentence)
        self.stamps.append((position or 0, self.last_ms))
