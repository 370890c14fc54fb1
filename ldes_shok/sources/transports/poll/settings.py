"""What a poll source is told to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Following(StrEnum):
    """How one page leads to the next."""

    NONE = "none"
    CURSOR = "cursor"
    BODY_URL = "body_url"
    LINK = "link"


class InstantForm(StrEnum):
    """How an instant stands in a URL."""

    ISO = "iso"
    UNIX_SECONDS = "unix_seconds"
    UNIX_MILLISECONDS = "unix_milliseconds"


@dataclass(frozen=True, slots=True)
class Next:
    """Where the next page is.

    Attributes:
        by: what leads to it.
        path: where the body says it, dotted; of a cursor or a URL in the body.
        keeps_cursor: whether the next run goes on at the last cursor; else it begins again.
    """

    by: Following = Following.NONE
    path: str = ""
    keeps_cursor: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """Asks for what changed between two instants, `since` inclusive and `until` exclusive.

    Both bounds as OCPI has them (2.2.1, `date_from` and `date_to`).

    Attributes:
        start: since when, in the very first run; aware UTC, whole seconds.
        overlap_seconds: how far each window reaches back into the one before, for what came late.
        lag_seconds: how far behind the clock a window ends.
        most_seconds: the longest window; what is missed is caught up in several.
        form: how instants are written.
    """

    start: datetime
    overlap_seconds: int = 0
    lag_seconds: int = 0
    most_seconds: int = 86_400
    form: InstantForm = InstantForm.ISO


@dataclass(frozen=True, slots=True)
class PollSettings:
    """Where to ask, and what for.

    Attributes:
        name: of the source.
        tenant: whose cabinets.
        url: http or https; may hold `{cursor}`, `{since}` and `{until}`.
        query: added to it; a parameter whose placeholder has no value yet is left out.
        headers: sent with every request; no secrets.
        items: where in the body the events stand, dotted; empty: the body is the events.
        next: how pages follow each other.
        window: if it is asked by time.
        max_pages: after so many the run ends, and the next one goes on there.
        timeout_seconds: for one whole answer.
        max_body_bytes: of one page, its coding undone.
        max_batch_events: most events handed over at once.
    """

    name: str
    tenant: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    items: str = ""
    next: Next = field(default_factory=Next)
    window: Window | None = None
    max_pages: int = 100
    timeout_seconds: float = 60.0
    max_body_bytes: int = 10_000_000
    max_batch_events: int = 500
