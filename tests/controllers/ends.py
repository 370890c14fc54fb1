"""What a fault is, and how each of its messages ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from tests.controllers.stage import Ended
from tests.support.faults import scene


class Kind(StrEnum):
    """The ends; a correction is a publication of something that was published otherwise."""

    ACCEPTED = "published"
    CORRECTED = "corrected"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class End:
    """How one event, or one refusal, ends.

    Attributes:
        kind: how.
        code: of the quarantine; of a rejection the beginning of its sentence.
        flags: of the event and its readings, all of them.
        members: in which streams, all of them.
        says: what stands in the event.
        is_historical: whether the event says so.
    """

    kind: Kind
    code: str = ""
    flags: frozenset[str] = frozenset()
    members: str = ""
    says: str = ""
    is_historical: bool = False

    def saying(self, text: str) -> End:
        """The same, and this stands in the event."""
        return replace(self, says=text)

    @property
    def historical(self) -> End:
        """The same of an event out of a buffer."""
        return replace(self, is_historical=True)


Derived = tuple[tuple[str, tuple[str, ...]], ...]
"""Wh of each interval that follows, and its flags."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table, in one dialect.

    Attributes:
        number: of the row.
        name: in a few words.
        adapter: the dialect.
        messages: makes them.
        expected: the end of each event in them, in order.
        has_zone: whether the source's settings name the zone of times without one.
        rollover_wh: what the configuration of the meter says of it.
        derived: what follows from the registers; None where that is not the point.
    """

    number: int
    name: str
    adapter: scene.Dialect
    messages: scene.Fault
    expected: tuple[End, ...]
    has_zone: bool = True
    rollover_wh: str | None = None
    derived: Derived | None = None


FOUR = "techniek 3, verbruik-individueel 1"
"""Of a sound sample: power, voltage, current, and its register."""

THREE = "techniek 2, verbruik-individueel 1"
"""The same without one of the first three."""


def accepted(*flags: str, members: str = FOUR) -> End:
    """It is published."""
    return End(Kind.ACCEPTED, flags=frozenset(flags), members=members)


def corrected(*flags: str, members: str) -> End:
    """It is published as another version of what was published."""
    return End(Kind.CORRECTED, flags=frozenset(flags), members=members)


def duplicate(*flags: str) -> End:
    """It is recognised, counted, and nothing else."""
    return End(Kind.DUPLICATE, flags=frozenset(flags))


def quarantined(code: str, *flags: str) -> End:
    """It is kept and not published."""
    return End(Kind.QUARANTINED, code, frozenset(flags))


def rejected(code: str) -> End:
    """There is no event in it; its bytes are kept."""
    return End(Kind.REJECTED, code)


def noted() -> End:
    """It is kept, and says nothing alone."""
    return End(Kind.NOTED)


def ends(found: list[Ended], expected: tuple[End, ...]) -> list[End]:
    """What was found, in the words of what is expected."""
    told: list[End] = []
    for index, ended in enumerate(found):
        kind, outcome = Kind(ended.outcome.kind.value), ended.outcome
        if outcome.corrects:
            assert kind is Kind.ACCEPTED
            kind = Kind.CORRECTED
        wanted = expected[index] if index < len(expected) else None
        code, says = ended.code, ""
        if kind is Kind.REJECTED:
            reason = outcome.reason or ""
            code = wanted.code if wanted and reason.startswith(wanted.code) else reason
        if wanted and wanted.says and wanted.says in ended.payload:
            says = wanted.says
        is_historical = ended.event is not None and ended.event.historical
        told.append(End(kind, code, ended.flags, ended.members, says, is_historical))
    return told
