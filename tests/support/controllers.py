"""Golden files of controllers: what came in, and what it must become.

`tests/fixtures/controllers/<dialect>/<quirk>.txt` holds the messages as they came, with a line of
five equals signs between two of them. `<quirk>.json` holds what each becomes: events, and the codes
of refusals. All of it is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.sources.decoder import Decoded, Decoder, Message, Refusal

FIXTURES: Final = Path(__file__).parents[1] / "fixtures" / "controllers"
_BETWEEN: Final = b"\n=====\n"

Said = dict[str, object] | str
"""An event, or the code of a refusal."""


class Golden(msgspec.Struct, frozen=True):
    """What a file of messages becomes.

    Attributes:
        about: the quirk, in a sentence.
        received: when all of it came.
        messages: what each message becomes.
    """

    about: str
    received: datetime
    messages: tuple[tuple[Said, ...], ...]


def quirks(dialect: str) -> list[str]:
    """The names of the golden files of a dialect."""
    return sorted(path.stem for path in (FIXTURES / dialect).glob("*.json"))


def golden(dialect: str, quirk: str) -> Golden:
    """What the messages of a quirk must become."""
    return msgspec.json.decode((FIXTURES / dialect / f"{quirk}.json").read_bytes(), type=Golden)


def messages(dialect: str, quirk: str) -> Sequence[bytes]:
    """The messages of a quirk."""
    return (FIXTURES / dialect / f"{quirk}.txt").read_bytes().split(_BETWEEN)


def said(decoded: Decoded) -> tuple[Said, ...]:
    """Results as golden files have them; each event is one that the pipeline takes.

    Raises:
        EventRejected: an event is not canonical.
    """
    return tuple(
        result.code if isinstance(result, Refusal) else _event(canonical_json(result))
        for result in decoded.results
    )


def decode_all(decoder: Decoder, payloads: Sequence[bytes], received_at: datetime) -> list[Decoded]:
    """Messages decoded in order, each with what the one before left; each twice.

    Raises:
        AssertionError: a message that comes again says something else.
    """
    memory, decoded = b"", []
    for payload in payloads:
        message = Message(payload, received_at)
        first = decoder.decode(message, memory)
        again = decoder.decode(message, first.memory)
        assert again.results == first.results, "a message that comes again says something else"
        assert again.memory == first.memory
        memory = first.memory
        decoded.append(first)
    return decoded


def _event(payload: bytes) -> dict[str, object]:
    decode_event(payload)
    return msgspec.json.decode(payload, type=dict[str, object])
