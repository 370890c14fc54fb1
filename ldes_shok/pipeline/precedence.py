"""Settles versions of one thing with the same time that come from several events.

A fault, a reservation, an activation or an activity is reported by one event. If another event
reports the same thing and time, a client that copies the stream keeps the version published last.
So whichever event comes last, its version states the report that takes precedence
(`ldes_shok.mapping.precedence`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.incoming import Received
from ldes_shok.errors import EventRejected, NotMapped
from ldes_shok.ldes.member import Draft
from ldes_shok.log.base import LogWriter
from ldes_shok.log.records import EventRecord
from ldes_shok.mapping.happenings import Mapped
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.precedence import Rank, Ranking
from ldes_shok.mapping.state import CabinetState
from ldes_shok.pipeline.arrivals import received_again

_OVERRULED: Final = (
    "data: does not count: of the same thing and time another report is there that counts before "
    "this one; give what corrects it a later time"
)

_Place = tuple[str, str]
"""A stream, and the common start of the IRIs of all versions of one thing with one time."""


class Precedence:
    """The reports that take precedence, as far as a batch has looked.

    Args:
        writer: of the log.
        mapper: maps an event of the log again.
        state: returns the state of a cabinet, this batch included.
        now_ms: when the batch is published, milliseconds since 1970.
    """

    def __init__(
        self,
        writer: LogWriter,
        mapper: Mapper,
        state: Callable[[str, str], CabinetState | None],
        now_ms: int,
    ) -> None:
        self._writer = writer
        self._mapper = mapper
        self._state = state
        self._now_ms = now_ms
        self._known: dict[_Place, tuple[Rank, Draft] | None] = {}
        self._new: dict[_Place, tuple[Rank, Draft]] = {}

    def settled(self, mapped: Mapped, drafts: Iterable[Draft], received: Received) -> Mapped:
        """`mapped` with only the new members, each with the content that takes precedence.

        Args:
            mapped: the result of the mapping of `received`.
            drafts: its members that are new.
            received: an event; if another report takes precedence, `unused` of the result says so.
        """
        self._new.clear()
        result: list[Draft] = []
        unused = mapped.unused
        for draft in drafts:
            ranking = mapped.ranked.get(draft.entity)
            counts = draft
            if ranking is not None:
                place = _place(draft)
                rank = ranking(received.event, received.key, received.digest)
                known = self._known_at(place, draft, ranking)
                if known is not None and known[0] > rank:
                    counts, unused = known[1].under(draft.iri), (*mapped.unused, _OVERRULED)
                else:
                    self._new[place] = rank, draft
            result.append(counts)
        return replace(mapped, drafts=tuple(result), unused=unused)

    def take(self) -> None:
        """Note that the last settled members are published."""
        self._known.update(self._new)
        self._new.clear()

    def _known_at(self, place: _Place, like: Draft, ranking: Ranking) -> tuple[Rank, Draft] | None:
        if place not in self._known:
            self._known[place] = self._of_log(place, like, ranking)
        return self._known[place]

    def _of_log(self, place: _Place, like: Draft, ranking: Ranking) -> tuple[Rank, Draft] | None:
        ranked: list[tuple[Rank, EventRecord]] = []
        for event in self._writer.told_under(place[1]):
            try:
                rank = ranking(decode_event(event.payload), event.key, event.digest)
                ranked.append((rank, event))
            except EventRejected:
                continue  # stored by an earlier version that was less strict
        for rank, event in sorted(ranked, key=lambda each: each[0], reverse=True):
            try:
                state = self._state(event.tenant, event.cabinet)
                mapped = self._mapper.map(received_again(event, self._now_ms), state)
            except NotMapped:
                continue  # its cabinet is gone
            for draft in mapped.drafts:
                if draft.entity == like.entity and _place(draft) == place:
                    return rank, draft
        return None


def _place(draft: Draft) -> _Place:
    return draft.stream, draft.iri.rpartition("-")[0] + "-"
