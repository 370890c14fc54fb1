"""The golden and malformed events of tests/fixtures/events."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ldes_shok.cabinet.incoming import Delivery, Origin, Received, receive

EVENTS = Path(__file__).parents[2] / "fixtures" / "events"
ORIGIN = Origin(adapter="http", tenant="voorbeeldstad", name="push")
FILE = Origin("http", "voorbeeldstad", "push", names_sources=True)
"""The same source in a file of the operator."""
RECEIVED_AT = datetime(2026, 5, 6, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Golden:
    """One event that must be read the same for ever."""

    name: str
    payload: bytes
    key: str
    digest: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are no event, and the answer that their sender gets."""

    name: str
    damage: str
    payload: bytes
    field: str
    message: str

    def __str__(self) -> str:
        return self.name


def goldens() -> list[Golden]:
    """All golden events with their pinned key and digest."""
    found = []
    for pin in json.loads((EVENTS / "pinned.json").read_bytes()):
        lines = (EVENTS / pin["file"]).read_bytes().splitlines()
        name = f"{pin['file']}:{pin['line']}"
        found.append(Golden(name, lines[pin["line"] - 1], pin["key"], pin["digest"]))
    return found


def malformed() -> list[Malformed]:
    """All malformed events."""
    found = []
    for row in json.loads((EVENTS / "malformed.json").read_bytes()):
        raw = base64.b64decode(row["base64"]) if "base64" in row else row["event"].encode()
        found.append(Malformed(row["name"], row["damage"], raw, row["field"], row["message"]))
    return found


def golden(name: str) -> bytes:
    """The payload of one golden event, such as `status.ndjson:1`."""
    return next(found.payload for found in goldens() if found.name == name)


def received(payload: bytes, origin: Origin = ORIGIN) -> Received:
    """What the service makes of `payload` from the source `push`."""
    return receive(Delivery(payload=payload, origin=origin, received_at=RECEIVED_AT))
