"""What vendors send and what it becomes: each file of fixtures is named after its quirk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.incoming import Delivery, Origin, receive
from ldes_shok.settings.yaml_text import parse_yaml
from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.mapped.decoder import MappedDecoder
from tests.support.sections import mapping_section

FOLDER = Path(__file__).parents[4] / "fixtures" / "controllers" / "mapped"
FILES = sorted(FOLDER.glob("*.yaml"))
RECEIVED_AT = "2026-05-12T12:00:02Z"
ORIGIN = Origin("mqtt", "voorbeeldstad", "gateway")
BAD_INPUTS = 10


@dataclass(frozen=True, slots=True)
class _Case:
    """One file: a mapping, and the messages of one source in order."""

    decoder: MappedDecoder
    messages: tuple[Message, ...]
    expected: tuple[list[dict[str, Any]], ...]


def _case(path: Path) -> _Case:
    tree = parse_yaml(path.read_text(encoding="utf-8"), path.name)
    rows = tree["messages"]
    return _Case(
        MappedDecoder(mapping_section(tree["decode"])),
        tuple(_message(row) for row in rows),
        tuple(row["results"] for row in rows),
    )


def _message(row: dict[str, Any]) -> Message:
    payload = bytes.fromhex(row["payload_hex"]) if "payload_hex" in row else row["payload"].encode()
    at = datetime.fromisoformat(row.get("received_at", RECEIVED_AT))
    return Message(payload, at, {name: row[name] for name in ("topic", "retained") if name in row})


def _decoded(
    decoder: MappedDecoder, messages: tuple[Message, ...], memories: dict[str, bytes]
) -> Iterator[list[dict[str, Any]]]:
    for message in messages:
        subject = decoder.subject(message)
        decoded = decoder.decode(message, memories.get(subject or "", b""))
        if subject is not None:
            memories[subject] = decoded.memory
        yield [
            {"refused": result.code, "reason": result.reason}
            if isinstance(result, Refusal)
            else json.loads(canonical_json(result))
            for result in decoded.results
        ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_messages_become_what_the_fixture_says(path: Path) -> None:
    case = _case(path)
    for found, expected in zip(
        _decoded(case.decoder, case.messages, {}), case.expected, strict=True
    ):
        assert found == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_event_of_a_fixture_is_a_canonical_event(path: Path) -> None:
    events = [result for results in _case(path).expected for result in results]
    for event in events:
        if "refused" not in event:
            decode_event(json.dumps(event).encode())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_messages_that_come_again_after_a_crash_are_the_same_events(path: Path) -> None:
    """P2: all of them were committed, none was acknowledged; their senders have clocks."""
    case, memories = _case(path), dict[str, bytes]()
    first = list(_decoded(case.decoder, case.messages, memories))
    again = list(_decoded(case.decoder, case.messages, memories))
    clockless = {"no-clock", "shelly-last-will", "retained-reading-without-a-clock", "time-1970"}
    if path.stem not in clockless:
        assert again == first


def test_there_are_enough_bad_inputs() -> None:
    refused = [
        result
        for path in FILES
        for results in _case(path).expected
        for result in results
        if "refused" in result
    ]
    assert len(refused) >= BAD_INPUTS


def _received(name: str) -> list[tuple[str, bytes]]:
    case = _case(FOLDER / f"{name}.yaml")
    at = datetime.fromisoformat(RECEIVED_AT)
    results = [result for found in _decoded(case.decoder, case.messages, {}) for result in found]
    received = [receive(Delivery(json.dumps(event).encode(), ORIGIN, at)) for event in results]
    return [(one.key, one.digest) for one in received]


def test_a_retained_reading_is_the_event_that_was_live() -> None:
    """Fault 20: it must not become a correction of itself."""
    live, retained = _received("retained-reading")
    assert retained == live


def test_an_uplink_is_named_by_device_session_and_counter() -> None:
    """Fault 22: the counter starts again after a rejoin."""
    first, second = _received("tts-uplink")
    assert first == second
    before, after = _received("tts-counter-restarts")
    assert before[0] != after[0]
