"""The outcome of one delivery."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OutcomeKind(StrEnum):
    """How a delivery ends; for events, received = the sum of the first four (promise P8).

    NOTED is a message without an event: it is stored, and it is not part of that sum.
    """

    PUBLISHED = "published"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one delivery, given after the commit.

    Attributes:
        kind: how it ended.
        key: the event's idempotency key, as its sender knows it; None when it could not be
            decoded.
        members: IRIs of the members that this delivery published.
        reason: one sentence for the sender; None if all went well.
        corrects: whether one of the members is another version of a published reading.
        unused: the dropped fields of the event, each with a sentence.
    """

    kind: OutcomeKind
    key: str | None
    members: tuple[str, ...] = ()
    reason: str | None = None
    corrects: bool = False
    unused: tuple[str, ...] = ()
