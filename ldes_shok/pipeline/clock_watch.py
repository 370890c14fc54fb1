"""Whether the clock can be believed, before anything is destroyed because of it.

Keys and raw bytes that are destroyed too early are gone. So the clock is compared with what is
known: what it said the last time (written down beside the keys), the newest publication of the log,
and the newest key. Earlier than those, it is wrong, or was before: nothing is destroyed until it
has caught up, or an operator says that it is right. More than a day later than it was, it may be
wrong, or the service was off for so long: nothing is destroyed until it has gone on from there for
three days, in which somebody may correct it, or an operator says that it is right.

Less than a day cannot be told from a pause: at most, what is old tomorrow is destroyed today.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.clock import Clock, from_milliseconds
from ldes_shok.errors import PseudonymKeyUnavailable
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.durable import sync_directory, write_durably

TOLERANCE: Final = timedelta(minutes=1)
"""How far a clock may go back unnoticed: it is corrected by seconds all the time."""

LEAP: Final = timedelta(days=1)
"""How far it may have gone on since it was last looked at."""

CONFIRMED_AFTER: Final = timedelta(days=3)
"""How long a clock that leapt must go on steadily until it is believed: a long weekend."""

_NOTED_EVERY: Final = timedelta(minutes=10)

RECORD_NAME: Final = ".clock"


class _Record(msgspec.Struct, frozen=True):
    """What is written down.

    Attributes:
        seen: what the clock last said while it was believed.
        since: when it began to be doubted because it leapt; None while it is not.
        last: what it last said since then.
        excused: what is known is wrong up to here: an operator said so.
    """

    seen: datetime | None = None
    since: datetime | None = None
    last: datetime | None = None
    excused: datetime | None = None


class ClockWatch:
    """Looks at the clock now and then.

    Args:
        folder: of the keys; without one there is nothing to destroy, and nothing is written down.
        clock: the one that is looked at.
        published: the newest publication of the log; None if there is none.
        periods: those that have a key, the oldest first.
        way_out: what an operator does who knows that the clock is right.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        published: Callable[[], datetime | None],
        periods: Callable[[], Sequence[str]],
        way_out: str,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._published = published
        self._periods = periods
        self._way_out = way_out
        self._record = _Record()

    def doubt(self) -> str:
        """Why nothing may be destroyed now, in a sentence; empty if it may.

        Raises:
            LogUnavailable, PseudonymKeyUnavailable: what is known cannot be read, or written down.
        """
        now, record = self._clock.now(), self._read()
        known = self._known(record)
        for clause, at in known.items():
            if now < at - TOLERANCE:
                return self._said(now, clause)
        before = record.seen or self._at_most(now)
        if now - before <= LEAP:
            if record.seen is None or record.since or now - record.seen >= _NOTED_EVERY:
                self._write(_Record(seen=now, excused=record.excused))
            return ""
        since, last = record.since, record.last
        if since is None or last is None or not last - TOLERANCE <= now <= last + LEAP:
            since = now
        if now - since >= CONFIRMED_AFTER:
            self._write(_Record(seen=now, excused=record.excused))
            return ""
        if last is None or since == now or now - last >= _NOTED_EVERY:
            self._write(msgspec.structs.replace(record, since=since, last=now))
        until = _text(since + CONFIRMED_AFTER)
        return self._said(now, f"it was {_text(before)} before (it is believed from {until} on)")

    def believe(self) -> None:
        """The clock is right, whatever is known: an operator says so.

        Raises:
            LogUnavailable, PseudonymKeyUnavailable: as `doubt`.
        """
        known = self._known(self._read())
        self._write(_Record(seen=self._clock.now(), excused=max(known.values(), default=None)))

    def _known(self, record: _Record) -> dict[str, datetime]:
        """What a clock that is right is not before, each with how it is said."""
        known = {}
        if (published := self._published()) is not None:
            known[f"the newest publication of the log is of {_text(published)}"] = published
        for period in self._periods()[-1:]:
            with suppress(ValueError):
                # A device's clock may run ahead into the next period.
                before = KeyPeriod.kind_of(period).moved(period, -1)
                known[f"there is a key of {period}"] = KeyPeriod.begin(before)
        if record.excused is not None:
            # Publication goes on from where it was, and is a little later each time.
            known = {clause: at for clause, at in known.items() if at > record.excused + LEAP}
        if record.seen is not None:
            known[f"it was {_text(record.seen)} before"] = record.seen
        return known

    def _at_most(self, now: datetime) -> datetime:
        """What it may have said before, where that was not written down."""
        known = [published] if (published := self._published()) is not None else []
        for period in self._periods()[-1:]:
            with suppress(ValueError):
                # Made while it lasted, at some time until its end.
                known.append(KeyPeriod.begin(KeyPeriod.kind_of(period).moved(period, 1)))
        return max(known, default=now)

    def _said(self, now: datetime, why: str) -> str:
        return (
            f"the clock says {_text(now)}, but {why}: nothing is deleted or destroyed by it now; "
            f"correct it, or if it is right, {self._way_out}"
        )

    def _read(self) -> _Record:
        try:
            content = (self._folder / RECORD_NAME).read_bytes()
            self._record = msgspec.json.decode(content, type=_Record)
        except FileNotFoundError:
            pass
        except (OSError, msgspec.DecodeError) as error:
            raise self._unavailable("read", error) from error
        return self._record

    def _write(self, record: _Record) -> None:
        self._record = record
        if not self._folder.exists():
            return
        draft = self._folder / f"{RECORD_NAME}-{os.getpid()}"
        try:
            draft.unlink(missing_ok=True)
            write_durably(draft, msgspec.json.encode(record), mode=0o600)
            draft.replace(self._folder / RECORD_NAME)
            sync_directory(self._folder)
        except OSError as error:
            raise self._unavailable("written", error) from error

    def _unavailable(self, what: str, error: Exception) -> PseudonymKeyUnavailable:
        return PseudonymKeyUnavailable(
            f"privacy.pseudonyms.keys_directory: {self._folder / RECORD_NAME} cannot be {what}: "
            f"{error}; let this user write there, or remove that file"
        )


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def newest_publication(reader: LogReader, streams: Sequence[EventStream]) -> datetime | None:
    """When the last member was published; None if none was.

    Raises:
        LogUnavailable: the log cannot be read.
    """
    last_ms = max((reader.stream(stream.name).last_ms for stream in streams), default=0)
    return from_milliseconds(last_ms) if last_ms else None
