"""Readings that contradict a published reading, from a source that is not known to correct.

They are published all the same, as the next version, because the service cannot know which of the
two is right. They are counted and logged, because two devices may share a number, or one clock may
serve two meters (fault 15 of the project's table).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome


@dataclass(slots=True)
class Contradictions:
    """The contradictions of one source in one commit, as idempotency keys."""

    source: str
    keys: list[str] = field(default_factory=list)


def contradictions(
    deliveries: Sequence[Delivery], outcomes: Sequence[Outcome], correcting: frozenset[str]
) -> Iterator[Contradictions]:
    """The contradictions in a commit, by source.

    Args:
        deliveries: the deliveries of the commit.
        outcomes: one for each delivery, in order.
        correcting: sources that correct their own readings, by `Origin.source`.
    """
    found: dict[str, Contradictions] = {}
    for delivery, outcome in zip(deliveries, outcomes, strict=False):
        if not outcome.corrects:
            continue
        source = delivery.origin.source
        if source not in correcting and not delivery.origin.reports_the_past:
            found.setdefault(source, Contradictions(source)).keys.append(outcome.key or "")
    yield from found.values()
