from __future__ import annotations

import hashlib

import pytest

from ldes_shok.errors import LogDamaged
from ldes_shok.log.postgres.packs import decode_events, encode_events
from tests.contract.examples import an_event


def test_events_come_back_as_they_were_written() -> None:
    events = [an_event(number) for number in range(7, 12)]
    assert decode_events(7, encode_events(events)) == events
    assert hashlib.sha256(events[0].payload).digest() == events[0].raw_digest


def test_events_in_the_place_of_others_are_not_believed() -> None:
    with pytest.raises(LogDamaged, match="the events from 8 on are those from 7 on"):
        decode_events(8, encode_events([an_event(7)]))


def test_every_flipped_bit_of_events_is_found() -> None:
    body = encode_events([an_event(number) for number in range(7, 12)])
    unseen = []
    for place in range(8 * len(body)):
        damaged = bytearray(body)
        damaged[place // 8] ^= 1 << place % 8
        try:
            if decode_events(7, bytes(damaged)) != decode_events(7, body):
                unseen.append(place)
        except LogDamaged:
            continue
    assert unseen == []
