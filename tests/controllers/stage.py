"""Where a fault is shown: a real decoder, the mapping, the judge and a log, and no network."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ldes_shok.cabinet.event import Event, Measurement
from ldes_shok.cabinet.incoming import Delivery, Origin, receive
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.derive.metering import MeteringFold
from ldes_shok.derive.runner import Deriving
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.pipeline.rerun import Rerun, RerunSummary
from ldes_shok.sources.decoder import Decoder, Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.csvfile.decoder import CsvDecoder
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import read_sheet
from ldes_shok.sources.dialects.csvfile.subject import Subject
from ldes_shok.sources.dialects.registry import DecoderTools
from ldes_shok.sources.registry import build_decoder
from ldes_shok.validation.judge import OutlineJudge
from tests.support.faults.dialects import OCPP16, call
from tests.support.faults.passed_on import CSV
from tests.support.faults.scene import Scene
from tests.support.keys import memory_vault
from tests.support.ocpp import pseudonym
from tests.support.sections import decode_section
from tests.support.vertical import (
    METERS,
    NOON,
    OUTLETS,
    TENANT,
    Json,
    Vertical,
    configuration,
    delivery,
    open_vertical,
)

CONFIGURED_FROM: Final = "2026-01-01T00:00:00Z"
_PLACE: Final[Json] = {"cabinet": "VBS-001", "outlet": "1", "meter": "SN-000012345"}
_ZONE: Final = "Europe/Brussels"
_LAYOUT: Final = CsvSource(name="bron", tenant=TENANT)


def _readings(prefix: str, names: Sequence[str], energy_unit: str, **power: object) -> list[Json]:
    register, watts, volts, amperes = (f"{prefix}{name}" for name in names)
    return [
        {"path": register, "quantity": "energy.import.register", "unit": energy_unit},
        {
            "path": watts,
            "quantity": "power.import",
            "unit": "W",
            "sentinels": ["999900"],
            **power,
        },
        {"path": volts, "quantity": "voltage", "phase": "L1", "unit": "V"},
        {
            "path": amperes,
            "quantity": "current",
            "phase": "L1",
            "unit": "A",
            "omitted_is_zero": prefix != "",
        },
    ]


def _sections(zone: str | None, energy_unit: str = "Wh") -> dict[str, Json]:
    """The section `decode` of each dialect."""
    return {
        "canonical": {"as": "canonical"},
        "mapping": {
            "as": "mapping",
            "cabinet": {"value": "VBS-001"},
            "outlet": {"path": "socket"},
            "meter": {"path": "meter"},
            "time": {"path": "ts"} if zone is None else {"path": "ts", "zone": zone},
            "grid_seconds": 900,
            "historical_after_seconds": 3600,
            "readings": _readings("", ("wh", "p", "v", "i"), energy_unit, unit_path="unit"),
        },
        "tts": {
            "as": "mapping",
            "preset": "tts",
            "aliases": {"kast-07": _PLACE},
            "readings": _readings(
                "uplink_message.decoded_payload.",
                ("energy_wh", "power", "voltage", "current"),
                energy_unit,
            ),
        },
        "shelly": {"as": "mapping", "preset": "shelly", "aliases": {"kast-07": _PLACE}},
        "ocpp16": {
            "as": "ocpp16",
            "stations": {"CP-1": "VBS-001"},
            "meters": {"CP-1/1": "SN-000012345"},
            "zone": zone,
        },
        "p1": {"as": "p1", "cabinet": "VBS-001"},
        "ngsild": {
            "as": "ngsild",
            "patterns": ["urn:ngsi-ld:ThreePhaseAcMeasurement:{cabinet}:{outlet}:{meter}"],
            "properties": [
                {
                    "property": "totalActivePower",
                    "quantity": "power.import",
                    "sentinels": ["999900"],
                }
            ],
        },
    }


def _decoder(dialect: str, origin: Origin, zone: str | None) -> Decoder | None:
    """As the service builds it of its settings; None where events come as they are."""
    if dialect == CSV.name:
        return CsvDecoder(_LAYOUT)
    return build_decoder(decode_section(_sections(zone)[dialect]), _tools(origin))


@dataclass(frozen=True, slots=True)
class Ended:
    """One delivery and its end.

    Attributes:
        outcome: of the delivery.
        event: None where there is none in it.
        payload: of the event.
        code: why it is in quarantine.
        members: how many in which streams, such as `techniek 3`.
    """

    outcome: Outcome
    event: Event | None
    payload: str
    code: str = ""
    members: str = ""

    @property
    def flags(self) -> frozenset[str]:
        """Of the event and of its readings."""
        if self.event is None:
            return frozenset()
        found = set(self.event.flags)
        if isinstance(self.event, Measurement):
            found |= {flag for reading in self.event.data.readings for flag in reading.flags}
        return frozenset(found)


def _pseudonym(identifier: str, at: datetime, received_at: datetime) -> str:
    return pseudonym(identifier, at, received_at)


_SEALING = memory_vault()


def _tools(origin: Origin) -> DecoderTools:
    return DecoderTools(origin, _pseudonym, _SEALING, "https://ldes.voorbeeldstad.example")


class Stage:
    """A service without a network: one source of one dialect before a log.

    Args:
        directory: of the log.
        judge: of the members.
        dialect: of the source.
        has_zone: whether its settings name the zone of times without one.
        register: what the settings of the meter say more, such as `rolloverWh`.
    """

    def __init__(
        self,
        directory: Path,
        judge: OutlineJudge,
        dialect: str,
        *,
        has_zone: bool = True,
        register: Json | None = None,
    ) -> None:
        self.vertical = open_vertical(directory, judge)
        self._reader = SqliteLogReader(self.vertical.path, "http://shok.test")
        self._is_table = dialect == CSV.name
        self.origin = Origin("csv" if self._is_table else "http", TENANT, "bron")
        decoder = _decoder(dialect, self.origin, _ZONE if has_zone else None)
        self._decoding: Decoding | None = None
        if decoder is not None:
            self._decoding = Decoding(decoder, self.origin, self._reader.memory)
        meters = [
            {**meter, **(register or {})} if meter.get("outlet") == "1" else meter
            for meter in METERS
        ]
        self.configure(meters=meters)
        if dialect == OCPP16.name:
            # Heard before, so that no fault is also the first word of a station.
            scene = Scene(OCPP16, 0, datetime.fromisoformat(CONFIGURED_FROM))
            self.play([scene.message(call(0, "Heartbeat", {}), scene.now)])

    def configure(
        self,
        valid_from: str = CONFIGURED_FROM,
        *,
        outlets: Sequence[Json] = OUTLETS,
        meters: Sequence[Json] = METERS,
    ) -> Sequence[Outcome]:
        """The cabinet is configured."""
        payload = configuration(valid_from, outlets=outlets, meters=meters)
        return self.vertical.writer.write([delivery(payload)]).outcomes

    @property
    def waiting(self) -> int:
        """How many events are in quarantine."""
        return self._reader.quarantined_count()

    def play(self, messages: Sequence[Message]) -> list[Ended]:
        """Messages in order, each in a commit of its own."""
        return [
            ended
            for message in messages
            for part in self._messages(message)
            for ended in self._message(part)
        ]

    def derived(self) -> list[tuple[str, tuple[str, ...]]]:
        """What follows from the registers: Wh of each quarter of an hour, and its flags."""
        sink = _Sink(self.vertical)
        self.vertical.clock.set(NOON + timedelta(days=1))
        with ThreadPoolExecutor(1) as executor:
            deriving = Deriving(self._reader, [MeteringFold()], self.vertical.clock, executor)

            async def rounds() -> None:
                while await deriving.round(sink):
                    pass

            asyncio.run(rounds())
        events = [receive(given).event for given in sink.taken if given.payload]
        return [
            (event.data.readings[0].value, event.flags)
            for event in events
            if isinstance(event, Measurement)
        ]

    def mended(self, dialect: str, energy_unit: str) -> RerunSummary:
        """The raw bytes are run again with another unit in the mapping, and the source goes on."""
        section = decode_section(_sections(_ZONE, energy_unit)[dialect])
        decoder = build_decoder(section, _tools(self.origin))
        assert decoder is not None
        vault = self.vertical.tools.vault
        again = Rerun(self._reader, self.vertical.writer, vault, lambda: None)
        summary = again.run(decoder, self.origin, None)
        self._decoding = Decoding(decoder, self.origin, self._reader.memory)
        return summary

    def close(self) -> None:
        """Let go of the log."""
        self._reader.close()
        self.vertical.close()

    def _messages(self, message: Message) -> Iterator[Message]:
        """The message, or one for each row if it is a table."""
        if not self._is_table:
            yield message
            return
        sheet = read_sheet(message.payload, Subject.READINGS, _LAYOUT)
        yield from sheet.messages(message.received_at)

    def _message(self, message: Message) -> Iterator[Ended]:
        if self._decoding is None:
            deliveries = [Delivery(message.payload, self.origin, message.received_at)]
            yield from self._write(deliveries)
            return
        reading = self._decoding.read([message])
        yield from self._write(reading.deliveries)
        self._decoding.settle(reading)

    def _write(self, deliveries: Sequence[Delivery]) -> Iterator[Ended]:
        outcomes = self.vertical.writer.write(deliveries).outcomes
        for given, outcome in zip(deliveries, outcomes, strict=True):
            is_event = bool(given.payload) and outcome.key is not None
            event = receive(given).event if is_event else None
            payload = given.payload.decode("utf-8", "replace")
            yield Ended(outcome, event, payload, self._code(outcome), self._members(outcome))

    def _code(self, outcome: Outcome) -> str:
        if outcome.kind is not OutcomeKind.QUARANTINED:
            return ""
        (found,) = (e for e in self._reader.quarantined(100) if e.key == outcome.key)
        assert found.quarantine is not None
        return found.quarantine.code

    def _members(self, outcome: Outcome) -> str:
        rows = [self._reader.member(iri) for iri in outcome.members]
        streams = Counter(row.stream for row in rows if row is not None)
        return ", ".join(f"{name} {count}" for name, count in sorted(streams.items()))


class _Sink:
    def __init__(self, vertical: Vertical) -> None:
        self._vertical = vertical
        self.taken: list[Delivery] = []

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        self.taken += deliveries
        return self._vertical.writer.write(deliveries).outcomes
