"""Decides whether the clock is right, before data is destroyed because of its time.

Keys and raw bytes that are destroyed too early are lost. So the clock is compared with known times:
its last reading (written beside the keys), the newest publication of the log, and the newest key.

- The clock is earlier than one of them: it is wrong now, or it was wrong before. Nothing is
  destroyed until it has caught up, or an operator confirms it.
- The clock is more than a day later than its last reading: it may be wrong, or the service was off
  for so long. Nothing is destroyed until it has gone on steadily for three days, in which an
  operator may correct it, or until an operator confirms it.

A jump of less than a day cannot be told from a pause. The worst case: what becomes old tomorrow is
destroyed today.
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
"""How far the clock may go back: clocks are corrected by seconds all the time."""

LEAP: Final = timedelta(days=1)
"""How far the clock may go forward between two looks."""

CONFIRMED_AFTER: Final = timedelta(days=3)
"""How long a clock that leapt must go on steadily before it is believed: a long weekend."""

_NOTED_EVERY: Final = timedelta(minutes=10)

RECORD_NAME: Final = ".clock"


class _Record(msgspec.Struct, frozen=True):
    """The record in the file.

    Attributes:
        seen: the last reading of the clock while it was believed.
        since: when the doubt after a leap began; None without a doubt.
        last: the last reading of the clock since then.
        excused: known times up to this one are wrong, as an operator confirmed.
    """

    seen: datetime | None = None
    since: datetime | None = None
    last: datetime | None = None
    excused: datetime | None = None


class ClockWatch:
    """Checks the clock from time to time.

    Args:
        folder: the folder of the keys; without it nothing is destroyed and nothing is written.
        clock: the clock to check.
        published: returns the newest publication of the log; None if there is none.
        periods: returns the periods that have a key, the oldest first.
        way_out: what an operator does if the clock is right.
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
        """The reason why nothing may be destroyed now, as a sentence; empty if it may.

        Raises:
            LogUnavailable, PseudonymKeyUnavailable: a known time cannot be read or written.
        """
        now, record = self._clock.now(), self._read()
        known = self._known(record)
        for clause, at in known.items():
            if now < at - TOLERANCE:
                return self._reason(now, clause)
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
        return self._reason(now, f"it was {_text(before)} before (it is believed from {until} on)")

    def believe(self) -> None:
        """Accept the clock as right, against all known times: an operator confirms it.

        Raises:
            LogUnavailable, PseudonymKeyUnavailable: as `doubt`.
        """
        known = self._known(self._read())
        self._write(_Record(seen=self._clock.now(), excused=max(known.values(), default=None)))

    def _known(self, record: _Record) -> dict[str, datetime]:
        """The times that a right clock cannot be before, each under its clause of the message."""
        known = {}
        if (published := self._published()) is not None:
            known[f"the newest publication of the log is of {_text(published)}"] = published
        for period in self._periods()[-1:]:
            with suppress(ValueError):
                # A device's clock may run ahead into the next period.
                before = KeyPeriod.kind_of(period).moved(period, -1)
                known[f"there is a key of {period}"] = KeyPeriod.begin(before)
        if record.excused is not None:
            # The time of publication goes on from the last one, a little later each time.
            known = {clause: at for clause, at in known.items() if at > record.excused + LEAP}
        if record.seen is not None:
            known[f"it was {_text(record.seen)} before"] = record.seen
        return known

    def _at_most(self, now: datetime) -> datetime:
        """The latest time that the clock may have shown before, if no reading is written."""
        known = [published] if (published := self._published()) is not None else []
        for period in self._periods()[-1:]:
            with suppress(ValueError):
                # The key was made during its period, at any time until its end.
                known.append(KeyPeriod.begin(KeyPeriod.kind_of(period).moved(period, 1)))
        return max(known, default=now)

    def _reason(self, now: datetime, why: str) -> str:
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
    """The publication time of the newest member; None if there is no member.

    Raises:
        LogUnavailable: the log cannot be read.
    """
    last_ms = max((reader.stream(stream.name).last_ms for stream in streams), default=0)
    return from_milliseconds(last_ms) if last_ms else None
