"""An attacker who has all that stays, and a list of cards to try.

A digest is looked for wherever it may stand: as bytes, in hexadecimal, in base 32, whole or cut
short, in any file, and in what the log holds compressed. Of what he finds he knows the first eight
bytes: no other bytes have them by chance, not with a million guesses.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from ldes_shok.cabinet.period_keys import key_for
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.sqlite.reader import SqliteLogReader

CARD_BYTES: Final = 14
_KNOWN_BYTES: Final = 8
_HEX: Final = re.compile(rb"[0-9a-fA-F]{16,}")
_BASE32: Final = re.compile(rb"[0-9a-v]{13,}")
_ALL: Final = 1_000_000
_SEPARATOR: Final = b"\x1f"


def invented_cards(count: int, seed: int) -> list[bytes]:
    """Card numbers as readers write them: 14 hexadecimal digits, the first two 04."""
    rng = Random(seed)
    return [b"04%012X" % rng.getrandbits(48) for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is known to the byte, but for the card in it.

    Attributes:
        before, after: what stands around the card.
        attributes: what the transport knew.
    """

    before: bytes
    after: bytes
    attributes: tuple[tuple[str, str], ...]

    @classmethod
    def around(
        cls, card: bytes, payload: bytes, attributes: tuple[tuple[str, str], ...]
    ) -> Message | None:
        """A message with a card in it; None if it is not."""
        before, found, after = payload.partition(card)
        return cls(before, after, attributes) if found else None

    def digests(self) -> Callable[[bytes], Iterator[bytes]]:
        """From a card to the digests of the message: of the payload, and of it with attributes."""
        plain = hashlib.sha256(self.before)
        told = hashlib.sha256(msgspec.json.encode(self.attributes) + b"\n" + self.before)

        def of(card: bytes) -> Iterator[bytes]:
            rest = card + self.after
            for start in (plain, told):
                digest = start.copy()
                digest.update(rest)
                yield digest.digest()

        return of


class Loot:
    """What an attacker holds."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._all = b"\n".join(parts)
        found = self._all
        self._starts = {found[i : i + _KNOWN_BYTES] for i in range(len(found) - _KNOWN_BYTES + 1)}
        for run in set(_HEX.findall(found)):
            self._starts.update(
                bytes.fromhex(run[i : i + 16].decode()) for i in range(len(run) - 15)
            )
        for run in set(_BASE32.findall(found)):
            self._starts.update(
                (int(run[i : i + 13], 32) >> 1).to_bytes(_KNOWN_BYTES, "big")
                for i in range(len(run) - 12)
            )

    def has(self, digest: bytes) -> bool:
        """Whether a digest, or its beginning, stands anywhere."""
        return digest[:_KNOWN_BYTES] in self._starts

    def readable(self, cards: Iterable[bytes]) -> set[bytes]:
        """Cards that stand there as they are."""
        return {card for card in cards if card in self._all or card.lower() in self._all}


def files_below(*folders: Path) -> Iterator[bytes]:
    """Every byte of every file: write-ahead logs, free pages, settings, keys, what was said."""
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield file.read_bytes()


def held_by(log: Path, public_url: str, streams: Sequence[str]) -> Iterator[bytes]:
    """What a log holds in rows and packs, whatever form it is compressed in."""
    reader = SqliteLogReader(log, public_url)
    try:
        for event in reader.events(0, _ALL):
            reasons = "" if event.quarantine is None else str(event.quarantine)
            yield from (event.payload, event.digest, event.identity, event.key.encode())
            yield reasons.encode()
        for rejection in reader.rejections(_ALL):
            yield from (rejection.payload, rejection.reason.encode())
        for stream in streams:
            members = reader.stream(stream).members
            yield from reader.blocks(stream, FIRST_POSITION, members, Form.NTRIPLES)
    finally:
        reader.close()


def by_the_bare_card(loot: Loot, cards: Iterable[bytes]) -> set[bytes]:
    """Cards of which the SHA-256 is found."""
    return {card for card in cards if loot.has(hashlib.sha256(card).digest())}


def by_the_message(loot: Loot, message: Message, cards: Iterable[bytes]) -> set[bytes]:
    """Cards with which a digest of the message is found."""
    digests = message.digests()
    return {card for card in cards if any(map(loot.has, digests(card)))}


def by_keys(
    loot: Loot,
    keys: Sequence[bytes],
    qualifiers: Sequence[bytes],
    messages: Sequence[Message],
    cards: Iterable[bytes],
) -> set[bytes]:
    """Cards that are found by HMAC or keyed BLAKE2 with keys that one has.

    Args:
        loot: where.
        keys: that one has, and what is made of them.
        qualifiers: what may stand before a card, such as its tenant and period.
        messages: that it may have been in.
        cards: to try.
    """
    purposes = ("digest of raw bytes", "encryption of raw bytes")
    made = {key: [key, *(key_for(purpose, key) for purpose in purposes)] for key in keys}
    all_keys = list(chain.from_iterable(made.values()))
    texts = [b"", *(qualifier + _SEPARATOR for qualifier in qualifiers)]
    digests = [message.digests() for message in messages]

    def tried(card: bytes) -> Iterator[bytes]:
        said = [text + card for text in texts]
        said += chain.from_iterable(digest(card) for digest in digests)
        for key in all_keys:
            for each in said:
                yield hmac.digest(key, each, "sha256")
            for each in said[: len(texts)]:
                yield hashlib.blake2b(each, key=key[:64]).digest()

    return {card for card in cards if any(map(loot.has, tried(card)))}
