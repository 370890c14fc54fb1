"""Golden conversations: frames in, canonical events out, and the same when a frame comes twice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.identity import content_digest
from ldes_shok.sources.decoder import Refusal
from tests.support.ocpp import conversation, decoder, message

GOLDEN = sorted((Path(__file__).parents[4] / "fixtures" / "ocpp16").glob("*.json"))
Conversation = Sequence[Mapping[str, Any]]


def read(path: Path) -> Conversation:
    said: Conversation = json.loads(path.read_text(encoding="utf-8"))
    return said


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_conversation_gives_its_events(path: Path) -> None:
    said = read(path)
    assert conversation(said) == [entry["results"] for entry in said]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_event_of_it_is_canonical(path: Path) -> None:
    events = [event for entry in read(path) for event in entry["results"] if "v" in event]
    assert events
    for event in events:
        decode_event(json.dumps(event).encode())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_frame_that_comes_twice_tells_the_same(path: Path) -> None:
    """Promise P2: with the memory of after, the same events and the same memory."""
    reading, memory = decoder(), b""
    for entry in read(path):
        frame = message(entry["frame"], datetime.fromisoformat(entry["at"]), entry["direction"])
        first = reading.decode(frame, memory)
        again = reading.decode(frame, first.memory)
        assert again == first
        memory = first.memory


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_all_of_it_sent_again_adds_no_event(path: Path) -> None:
    """Promise P2: a mirror that starts again from its beginning tells nothing new."""
    reading, memory, told = decoder(), b"", []
    for _ in range(2):
        told.append(set[bytes]())
        for entry in read(path):
            frame = message(entry["frame"], datetime.fromisoformat(entry["at"]), entry["direction"])
            decoded = reading.decode(frame, memory)
            memory = decoded.memory
            events = (r for r in decoded.results if not isinstance(r, Refusal))
            # As the log knows them: that a clock was set back is about how they came.
            told[-1] |= {content_digest(event) for event in events}
    assert told[1] <= told[0]


def test_no_card_is_in_an_event_or_in_the_memory() -> None:
    reading, memory = decoder(), b""
    for entry in read(next(path for path in GOLDEN if path.stem == "session")):
        at = datetime.fromisoformat(entry["at"])
        decoded = reading.decode(message(entry["frame"], at, entry["direction"]), memory)
        memory = decoded.memory
        assert b"04A2B3C4D5E680" not in memory
        assert "04A2B3C4D5E680" not in repr(decoded.results)
