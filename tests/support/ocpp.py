"""Conversations of an invented OCPP station, and what is made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import Event
from ldes_shok.cabinet.identity import short_hash
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.ocpp16.decoder import Ocpp16Decoder
from ldes_shok.sources.dialects.ocpp16.section import DataTransfer, Ocpp16

ORIGIN: Final = Origin("mqtt", "voorbeeldstad", "stations")
SOURCE: Final = ORIGIN.source
CONNECTED: Final = Origin("ocpp16", "voorbeeldstad", "stations")
STATION: Final = "CP-1"
TABLES: Final = Ocpp16(
    stations={STATION: "VBS-001"},
    outlets={f"{STATION}/2": "rechts"},
    meters={f"{STATION}/1": "VBS-001-MTR-1", f"{STATION}/0": "VBS-001-MTR-HEAD"},
    vendor_codes={"WATER": "water_ingress"},
    data_transfers=(
        DataTransfer("be.example.kast", "DoorState", "door", "ts"),
        DataTransfer("be.example.kast", "Deur", opened=("1",), closed=("0",)),
    ),
    zone=ZoneInfo("Europe/Brussels"),
)


def pseudonym(card: str, at: datetime, _received_at: datetime) -> str:
    """A pseudonym for a day."""
    return f"p1:{short_hash(f'{card} {at:%Y-%m-%d}'.encode())}"


def decoder(tables: Ocpp16 = TABLES, *, gives_numbers: bool = False) -> Ocpp16Decoder:
    """A decoder of the invented stations, which are connected to us where we give the numbers."""
    return Ocpp16Decoder(tables, CONNECTED if gives_numbers else ORIGIN, users=pseudonym)


def message(frame: bytes | str, at: datetime, direction: str = "up") -> Message:
    """A frame as it comes on a topic."""
    payload = frame if isinstance(frame, bytes) else frame.encode()
    return Message(payload, at, {"topic": f"ocpp/{STATION}/{direction}"})


def told(result: Event | Refusal) -> Mapping[str, Any]:
    """An event as JSON, a refusal as its code."""
    if isinstance(result, Refusal):
        return {"refusal": result.code}
    event: Mapping[str, Any] = json.loads(canonical_json(result))
    return event


def conversation(said: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """What is made of each frame (`at`, `direction`, `frame`), one after the other."""
    reading, memory, results = decoder(), b"", []
    for entry in said:
        at = datetime.fromisoformat(entry["at"])
        decoded = reading.decode(message(entry["frame"], at, entry["direction"]), memory)
        memory = decoded.memory
        results.append([told(result) for result in decoded.results])
    return results
