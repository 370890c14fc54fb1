"""Knows which members exist already: in the log, and in the current batch."""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.ldes.member import Draft
from ldes_shok.log.base import LogWriter


class KnownMembers:
    """What a batch knows of existing members; it asks the log once for each.

    Args:
        writer: of the log.
    """

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self._asked: set[str] = set()
        self._stored: set[str] = set()
        self._taken: set[str] = set()
        self._observed: set[str] = set()

    def ask(self, drafts: Sequence[Draft], *, are_observations: bool) -> None:
        """Ask the log for all drafts at once, because each query releases the interpreter lock."""
        unasked = [draft for draft in drafts if draft.iri not in self._asked]
        if not unasked:
            return
        self._asked.update([draft.iri for draft in unasked])
        if are_observations:
            # Nearly all observations are new. For a new one there is no version to ask for.
            known = self._writer.versioned([draft.entity for draft in unasked])
            self._observed |= known
            unasked = [draft for draft in unasked if draft.entity in known]
        if unasked:
            self._stored |= self._writer.published([draft.iri for draft in unasked])

    def new(self, drafts: Sequence[Draft], *, are_observations: bool) -> list[Draft]:
        """The drafts whose member does not exist yet. A correction repeats unchanged members."""
        self.ask(drafts, are_observations=are_observations)
        result: dict[str, Draft] = {}
        for draft in drafts:
            if draft.iri not in self._stored and draft.iri not in self._taken:
                result.setdefault(draft.iri, draft)
        return list(result.values())

    def corrects(self, drafts: Sequence[Draft]) -> bool:
        """Whether one of these new observations was published before with another value."""
        return not self._observed.isdisjoint([draft.entity for draft in drafts])

    def take(self, drafts: Sequence[Draft], *, are_observations: bool) -> None:
        """Note that these members exist from now on."""
        self._taken.update([draft.iri for draft in drafts])
        if are_observations:
            self._observed.update([draft.entity for draft in drafts])


def by_stream(drafts: Sequence[Draft]) -> dict[str, list[Draft]]:
    """The drafts that go to each stream, in their order."""
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(draft.stream, []).append(draft)
    return groups
