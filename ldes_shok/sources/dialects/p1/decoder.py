"""Decodes P1 telegrams to canonical events.

A meter repeats all its values every second. This is published:

- Its registers, power, voltage and current once per `every_seconds`, from the first telegram of
  each step of that grid (UTC), with the time of the telegram.
- The average of the quarter hour with them, and from the last seconds of each quarter hour.
- At once, a new peak, and the cabinet's power when the breaker moves.

A telegram without anything new leaves no trace in the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from ldes_shok.cabinet.event import Event, Power, StatusData
from ldes_shok.cabinet.flags import READING_DROPPED, TARIFF_SLIP
from ldes_shok.cabinet.measurement import MeasurementData
from ldes_shok.sources.common.clock_steps import stepped
from ldes_shok.sources.common.clocks import Observed, judged
from ldes_shok.sources.common.events import event_of
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.dialects.p1.memory import (
    NothingKept,
    P1Memory,
    Sealing,
    closed,
    opened,
    recalled,
    remembered,
    slipped,
    without_pieces,
)
from ldes_shok.sources.dialects.p1.peaks import QUARTER, demand, peaks, quarter_of
from ldes_shok.sources.dialects.p1.readings import lines, registers, serial, stamp
from ldes_shok.sources.dialects.p1.section import P1
from ldes_shok.sources.dialects.p1.telegram import Damaged, Telegram, scan

_TIME: Final = "0-0:1.0.0"
_BREAKER: Final = "0-0:96.3.10"
_BREAKER_STATE: Final = re.compile(r"^[0-9]{1,3}\Z")
_POWER: Final[dict[str, Power]] = {"0": "off", "1": "on", "2": "off"}
"""Disconnected, connected, ready for reconnection (DSMR 5.0.2, 6.12)."""

_CLOSING: Final = timedelta(seconds=10)
"""Before the end of a quarter hour: DSMR 4 meters send a telegram every ten seconds."""


MAX_MESSAGE_BYTES: Final = 1_000_000
"""A thousand telegrams; their checksums alone take 150 milliseconds."""

_Result = Event | Refusal


class P1Decoder:
    """Reads telegrams of head meters, one for each cabinet.

    Args:
        section: gives the cabinet of a message, and the grid on which readings are published. A
            grid of 1 second publishes every telegram.
        sealing: seals the beginning of an incomplete telegram in the memory. By default the
            beginning is not kept.
    """

    def __init__(
        self,
        section: P1,
        sealing: Sealing = NothingKept(),  # noqa: B008  it has no state
    ) -> None:
        self._section = section
        self._sealing = sealing

    def subject(self, message: Message) -> str | None:
        """The cabinet."""
        return self._section.cabinet_of(message)

    def decode(self, message: Message, memory: bytes) -> Decoded:
        """The new events in the telegrams of a message; `thinned` if there are none."""
        if len(message.payload) > MAX_MESSAGE_BYTES:
            reason = f"a message has at most {MAX_MESSAGE_BYTES} bytes of telegrams: send several"
            return Decoded((Refusal("too_large", reason),), memory)
        cabinet = self._section.cabinet_of(message)
        if cabinet is None:
            reason = "its topic names no cabinet where the source's `topic` has {cabinet}"
            return Decoded((Refusal("unknown_topic", reason),), memory)
        known = recalled(memory)
        before = opened(known.pieces, self._sealing)
        found = scan(before.joined(message.payload))
        every_seconds = self._section.every_seconds
        reading = _TelegramDecoding(cabinet, every_seconds, message.received_at, known)
        results: list[_Result] = []
        for telegram in found.found:
            if isinstance(telegram, Damaged):
                results.append(Refusal(telegram.code, telegram.reason))
            else:
                results += reading.telegram(telegram)
        if not found.found and not found.rest:
            reason = "there is no telegram in it: one begins with / and ends with ! and a checksum"
            results.append(Refusal("no_telegram", reason))
        pieces, kept = before.after(message.payload, found.rest), known.pieces
        if pieces != before:
            kept = closed(pieces, self._sealing, message.received_at)
        flagged, ahead = _stepped(results, message.received_at, known.ahead)
        after = remembered(msgspec.structs.replace(reading.memory, pieces=kept, ahead=ahead))
        return Decoded(flagged, after, thinned=not flagged and after == memory)

    def without_raw(self, memory: bytes) -> bytes:
        """The memory of an older version, without the raw bytes in it."""
        return without_pieces(memory)


def _stepped(
    results: list[_Result], received_at: datetime, ahead: int | None
) -> tuple[tuple[_Result, ...], int | None]:
    """The results, with the flag if the meter's clock was set back."""
    if not results:
        return (), ahead  # a telegram without news leaves no trace
    before = None if ahead is None else datetime.fromtimestamp(ahead, UTC)
    flagged, after = stepped(results, received_at, before)
    return flagged, None if after is None else int(after.timestamp())


class _TelegramDecoding:
    """The decoding of one message; `memory` grows with it."""

    def __init__(
        self, cabinet: str, every_seconds: int, received_at: datetime, memory: P1Memory
    ) -> None:
        self._cabinet = cabinet
        self._every_seconds = every_seconds
        self._received_at = received_at
        self.memory = memory

    def telegram(self, telegram: Telegram) -> Iterator[_Result]:
        """The new events of one telegram."""
        observed_at = stamp(telegram.one(_TIME))
        if observed_at is None:
            reason = f"{_TIME} holds no time YYMMDDhhmmss with S or W behind it"
            yield Refusal("no_time", reason)
            return
        meter, at = serial(telegram), int(observed_at.timestamp())
        step = str(at // self._every_seconds)
        is_step = self.memory.published.due(step, at)
        if is_step:
            self._remember(published=self.memory.published.noted(step, at))
            yield self._readings(telegram, observed_at, meter)
        if not self._judged(observed_at).is_believed:
            # A wrong time must not block the right times after it. A breaker that moved is in the
            # next telegram too.
            return
        yield from self._demand(telegram, observed_at, meter, is_step=is_step)
        yield from self._peaks(telegram, observed_at, meter)
        yield from self._breaker(telegram, observed_at)

    def _readings(self, telegram: Telegram, observed_at: datetime, meter: str) -> _Result:
        found = lines(telegram, meter)
        if not found.readings:
            return Refusal("no_reading", "none of its lines is a reading that this service knows")
        flags = [] if found.is_complete else [READING_DROPPED]
        if self._judged(observed_at).is_believed and self._is_slip(telegram, observed_at, meter):
            flags.append(TARIFF_SLIP)
        data = MeasurementData(found.readings, meter or None, context="periodic")
        return self._event(observed_at, data, *flags)

    def _is_slip(self, telegram: Telegram, observed_at: datetime, meter: str) -> bool:
        at = int(observed_at.timestamp())
        now = registers(telegram, meter, at)
        name = f"slip {meter} {at}"
        if slipped(self.memory.registers, now) or self._was_reported(name, at):
            self._remember(reported=self.memory.reported.noted(name, at))
            return True
        before = self.memory.registers
        if before is None or before.at <= at:
            self._remember(registers=now)
        return False

    def _demand(
        self, telegram: Telegram, observed_at: datetime, meter: str, *, is_step: bool
    ) -> Iterator[_Result]:
        data = demand(telegram, observed_at, meter)
        if data is None:
            return
        quarter, at = quarter_of(observed_at), int(observed_at.timestamp())
        name = str(int(quarter.timestamp()))
        is_closing = observed_at >= quarter + QUARTER - _CLOSING
        is_closing = is_closing and self.memory.closed.due(name, at)
        if is_closing:
            self._remember(closed=self.memory.closed.noted(name, at))
        if is_step or is_closing:
            yield self._event(observed_at, data)

    def _peaks(self, telegram: Telegram, observed_at: datetime, meter: str) -> Iterator[_Result]:
        at = int(observed_at.timestamp())
        for peak in peaks(telegram, observed_at, meter):
            if not self.memory.reported.due(peak.name, at):
                continue
            self._remember(reported=self.memory.reported.noted(peak.name, at))
            if isinstance(peak.content, Refusal):
                yield peak.content
            else:
                yield self._event(peak.observed_at, peak.content)

    def _breaker(self, telegram: Telegram, observed_at: datetime) -> Iterator[_Result]:
        state, at = telegram.one(_BREAKER), int(observed_at.timestamp())
        if not _BREAKER_STATE.match(state):
            return
        name = f"breaker {state} {at}"
        last = self.memory.breaker
        moved = last is None or (last[0] != state and last[1] < at)
        if moved:
            reported = self.memory.reported.noted(name, at)
            self._remember(breaker=(state, at), reported=reported)
        elif not self._was_reported(name, at):
            return
        data = StatusData(power=_POWER.get(state, "unknown"), vendor_state=f"breaker {state}")
        yield self._event(observed_at, data)

    def _event(
        self, observed_at: datetime, data: MeasurementData | StatusData, *flags: str
    ) -> Event:
        return event_of(data, self._cabinet, None, self._judged(observed_at).noted(*flags))

    def _judged(self, observed_at: datetime) -> Observed:
        """The judged time of the meter, whose clock its grid operator keeps right."""
        return judged(observed_at, self._received_at, clock="S")

    def _was_reported(self, name: str, at: int) -> bool:
        return (name, at) in self.memory.reported.entries

    def _remember(self, **news: object) -> None:
        self.memory = msgspec.structs.replace(self.memory, **news)
