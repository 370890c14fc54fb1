"""Arguments and results of the commands that work without a running service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ldes_shok.cabinet.outcome import OutcomeKind


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far the ingest of a file is, after a commit.

    Attributes:
        line: the last line whose event is stored; a new ingest may start at the next one.
        position_bytes: how much of the file was read, as it is on disk (compressed).
        size_bytes: how large the file is on disk.
        received: events so far.
    """

    line: int
    position_bytes: int
    size_bytes: int
    received: int


OnProgress = Callable[[IngestProgress], None]


@dataclass(frozen=True, slots=True)
class IngestSummary:
    """The outcomes of the events of a file; all but `members` and `unused` count events.

    `unused` has one entry for each dropped field: a sentence, and the number of events.
    """

    received: int
    published: int
    duplicate: int
    quarantined: int
    rejected: int
    members: int
    unused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ValidationLine:
    """The judgement on one event or member.

    Attributes:
        line: its line in the file, from 1; 0 when the form has no lines that matter (RDF).
        ok: whether it would be published.
        sentence: what is wrong and where; empty when all is well.
    """

    line: int
    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class RetrySummary:
    """The outcomes of the events that were tried again."""

    retried: int
    published: int
    still: int


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """The outcome, or the expected outcome, of some lines of a table.

    Attributes:
        lines: their numbers in the file, from 1; several if they make one event together.
        outcome: how it ended.
        key: of the event; empty if there is none.
        members: how many members it published.
        reason: one sentence; empty when all is well.
    """

    lines: tuple[int, ...]
    outcome: OutcomeKind
    key: str
    members: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of the import of a table.

    Attributes:
        rows: its lines.
        unread: headers of columns that the import does not know; it did not keep them.
    """

    rows: tuple[ImportedRow, ...]
    unread: tuple[str, ...]
