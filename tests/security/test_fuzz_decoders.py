"""Any bytes, to every decoder: canonical events or a sentence, and the same when they come again.

Good messages of the golden files are spoiled, doubled, left out and put in another order. The
decoder's contract (`ldes_shok.sources.decoder`) must hold for what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Final

import pytest

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.sources.decoder import Cutting, Decoded, Decoder, Message, Refusal
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import read_sheet
from ldes_shok.sources.dialects.csvfile.subject import Subject
from ldes_shok.sources.dialects.registry import DECODERS
from ldes_shok.sources.dialects.replica.decoder import ReplicaDecoder
from tests.support.damage import damaged
from tests.support.dialects import Conversation, conversations, table

DIALECTS: Final = conversations()
TABLE: Final = CsvSource(name="tabel", tenant="voorbeeldstad")
CI_MESSAGES: Final = 1_500
NIGHTLY_MESSAGES: Final = 200_000
MESSAGES: Final = pytest.mark.parametrize(
    "messages",
    [
        CI_MESSAGES,
        pytest.param(NIGHTLY_MESSAGES, marks=pytest.mark.nightly),
    ],
)


def test_every_decoder_is_here() -> None:
    assert set(DIALECTS) == {str(section.__struct_config__.tag) for section in DECODERS}


@MESSAGES
@pytest.mark.parametrize("dialect", DIALECTS)
def test_whatever_comes_is_events_or_sentences_and_twice_the_same(
    dialect: str, messages: int
) -> None:
    rng = Random(f"20260103 {dialect}")
    told = refused = done = 0
    while done < messages:
        conversation = rng.choice(DIALECTS[dialect])
        memories: dict[str, bytes] = {}
        for message in spoiled(rng, conversation):
            for part in parts(conversation.decoder, message):
                results = read_twice(conversation.decoder, part, memories).results
                told += sum(not isinstance(result, Refusal) for result in results)
                refused += sum(isinstance(result, Refusal) for result in results)
                done += 1
    assert told > messages // 20, "the damage is not all there is"
    assert refused > messages // 50


def spoiled(rng: Random, conversation: Conversation) -> Iterator[Message]:
    """A conversation with accidents: most messages are damaged, some are lost or come late."""
    messages = list(conversation.messages)
    if rng.randrange(3) == 0:
        rng.shuffle(messages)
    for message in messages:
        chance = rng.randrange(10)
        if chance == 0:
            continue
        payload = damaged(rng, message.payload) if chance < 6 else message.payload
        yield replace(message, payload=payload)


def parts(decoder: Decoder, message: Message) -> list[Message]:
    """A message as it is handed to a decoder; what is cut stays whole when it is cut again."""
    if not isinstance(decoder, Cutting):
        return [message]
    found = list(decoder.cut(message))
    assert all(list(decoder.cut(part)) == [part] for part in found)
    return found


def read_twice(decoder: Decoder, message: Message, memories: dict[str, bytes]) -> Decoded:
    """Decode a message, and again with what it taught, as after a crash."""
    subject = decoder.subject(message)
    before = b"" if subject is None else memories.get(subject, b"")
    decoded = decoder.decode(message, before)
    for result in decoded.results:
        if isinstance(result, Refusal):
            assert result.code
            assert 5 < len(result.reason.encode()) < 1_000, result.reason
        else:
            decode_event(canonical_json(result))
    again = decoder.decode(message, decoded.memory)
    assert again.memory == decoded.memory, message
    if isinstance(decoder, ReplicaDecoder):
        # It says what changed: of a member that is known, nothing.
        assert all(result in decoded.results for result in again.results), message
    else:
        assert again.results == decoded.results, message
    assert not decoded.thinned or (not decoded.results and decoded.memory == before)
    if subject is not None:
        memories[subject] = decoded.memory
    return decoded


@MESSAGES
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_memory_that_cannot_be_read_is_no_reason_to_fail(dialect: str, messages: int) -> None:
    rng = Random(f"20260104 {dialect}")
    for _ in range(messages // 5):
        conversation = rng.choice(DIALECTS[dialect])
        memory = b""
        for message in conversation.messages:
            for part in parts(conversation.decoder, message):
                memory = conversation.decoder.decode(part, memory).memory
        decoder, message = conversation.decoder, rng.choice(conversation.messages)
        cut = rng.randrange(len(memory) + 1)
        unreadable = memory[:cut] + rng.choice((b"", b"\xff" + memory[cut:]))
        for part in parts(decoder, message):
            for result in decoder.decode(part, unreadable).results:
                if not isinstance(result, Refusal):
                    decode_event(canonical_json(result))


@MESSAGES
@pytest.mark.parametrize("subject", list(Subject))
def test_a_spoiled_table_is_rows_or_a_sentence(subject: Subject, messages: int) -> None:
    rng = Random(f"20260105 {subject.value}")
    good = table(subject)
    read = 0
    for _ in range(messages // 5):
        try:
            sheet = read_sheet(damaged(rng, good), subject, TABLE)
        except ValueError as error:
            assert 5 < len(str(error)) < 1_000  # noqa: PT017  both ends are good
        else:
            read += bool(sheet.rows)
    assert read > messages // 20
