"""Which members there are already: in the log, and in the batch that is being made."""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.ldes.member import Draft
from ldes_shok.log.base import LogWriter


class KnownMembers:
    """What a batch knows of them; the log is asked once for each.

    Args:
        writer: of the log.
    """

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self._asked: set[str] = set()
        self._stored: set[str] = set()
        self._taken: set[str] = set()
        self._told: set[str] = set()

    def ask(self, drafts: Sequence[Draft], *, are_observations: bool) -> None:
        """Ask the log for these, all at once: each question lets go of the interpreter."""
        unasked = [draft for draft in drafts if draft.iri not in self._asked]
        if not unasked:
            return
        self._asked.update([draft.iri for draft in unasked])
        if are_observations:
            # Of nearly all there is nothing: then there is no version to ask for either.
            known = self._writer.versioned([draft.entity for draft in unasked])
            self._told |= known
            unasked = [draft for draft in unasked if draft.entity in known]
        if unasked:
            self._stored |= self._writer.published([draft.iri for draft in unasked])

    def new(self, drafts: Sequence[Draft], *, are_observations: bool) -> list[Draft]:
        """Drafts whose member does not exist yet: a correction repeats what it leaves alone."""
        self.ask(drafts, are_observations=are_observations)
        result: dict[str, Draft] = {}
        for draft in drafts:
            if draft.iri not in self._stored and draft.iri not in self._taken:
                result.setdefault(draft.iri, draft)
        return list(result.values())

    def corrects(self, drafts: Sequence[Draft]) -> bool:
        """Whether one of these new observations was published before, saying something else."""
        return not self._told.isdisjoint([draft.entity for draft in drafts])

    def take(self, drafts: Sequence[Draft], *, are_observations: bool) -> None:
        """From now on these exist."""
        self._taken.update([draft.iri for draft in drafts])
        if are_observations:
            self._told.update([draft.entity for draft in drafts])


def by_stream(drafts: Sequence[Draft]) -> dict[str, list[Draft]]:
    """The drafts that go to each stream, in their order."""
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(draft.stream, []).append(draft)
    return groups
