"""What a log must hold, worked out from what was delivered and nothing else.

A report is a value that a test words and a payload that follows from it, so equal reports are
equal bytes; the model never looks at keys, digests or IRIs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from ldes_shok.cabinet.outcome import OutcomeKind
from tests.support import events

DISLIKED: Final = "666"
"""A register in Wh that a judge may refuse; it is published in kWh, as 0.666."""

_START: Final = datetime(2026, 5, 12, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """What a cabinet says.

    Attributes:
        cabinet: which one.
        what: `configuration`, `measurement`, `status` or `rubbish`.
        minute: when, in minutes after six; late ones are before it.
        content: what of it may be said again differently, which is a correction: the register
            of a measurement, the occupancy of a status.
    """

    cabinet: str
    what: str
    minute: int = 0
    content: str = "1000"

    @property
    def payload(self) -> bytes:
        """As it arrives."""
        at = _START + timedelta(minutes=self.minute)
        match self.what:
            case "configuration":
                return events.configuration(self.cabinet, at - timedelta(days=60))
            case "measurement":
                return events.measurement(self.cabinet, at, value=self.content)
            case "status":
                return events.status(self.cabinet, at, occupancy=self.content)
            case _:
                return f"no event {self.minute}".encode()


@dataclass(slots=True)
class Model:
    """The events of a log and how each ended.

    Attributes:
        configured: cabinets whose configuration arrived.
        ended: each event that the log keeps, in order of arrival, and its outcome by now.
        counts: deliveries that ended for good: duplicates and what was rejected.
        refusing: the judge refuses `DISLIKED` registers now.
    """

    configured: set[str] = field(default_factory=set)
    ended: dict[Report, OutcomeKind] = field(default_factory=dict)
    counts: Counter[OutcomeKind] = field(default_factory=Counter)
    refusing: bool = False

    def copy(self) -> Model:
        """As it is now: what a commit that may fail is tried on."""
        return Model(set(self.configured), dict(self.ended), Counter(self.counts), self.refusing)

    def take(self, reports: Sequence[Report]) -> list[OutcomeKind]:
        """One batch in order; what each report is answered."""
        first = [self._take(report) for report in reports]
        # An event that waited for a configuration further on in its batch is answered in the end.
        return [
            self.ended[report] if kind is OutcomeKind.QUARANTINED else kind
            for report, kind in zip(reports, first, strict=True)
        ]

    def retry(self) -> None:
        """Everything in quarantine is tried again."""
        for report, kind in self.ended.items():
            if kind is OutcomeKind.QUARANTINED:
                self.ended[report] = self._judged(report)

    def with_outcome(self, kind: OutcomeKind) -> list[Report]:
        """The events that ended so, in order of arrival."""
        return [report for report, ended in self.ended.items() if ended is kind]

    def tallies(self) -> dict[str, int]:
        """Deliveries by outcome, without zeros: received is their sum."""
        counts = self.counts + Counter(self.ended.values())
        return {kind.value: count for kind, count in counts.items()}

    def _take(self, report: Report) -> OutcomeKind:
        if report.what == "rubbish":
            self.counts[OutcomeKind.REJECTED] += 1
            return OutcomeKind.REJECTED
        if report in self.ended:
            self.counts[OutcomeKind.DUPLICATE] += 1
            return OutcomeKind.DUPLICATE
        if report.what == "configuration" and report.cabinet not in self.configured:
            self.configured.add(report.cabinet)
            for other, kind in self.ended.items():
                if other.cabinet == report.cabinet and kind is OutcomeKind.QUARANTINED:
                    self.ended[other] = self._judged(other)
        self.ended[report] = self._judged(report)
        return self.ended[report]

    def _judged(self, report: Report) -> OutcomeKind:
        disliked = self.refusing and report.what == "measurement" and report.content == DISLIKED
        if report.cabinet not in self.configured or disliked:
            return OutcomeKind.QUARANTINED
        return OutcomeKind.PUBLISHED
