"""Members as the messages of a source that follows another stream."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ldes_shok.cabinet.claim import Claim
from ldes_shok.ldes.member import FIRST_POSITION, Draft, Stamp
from ldes_shok.rdf.blocks import stamped
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.dialects.replica.decoder import ReplicaDecoder
from tests.support.vertical import NOON, TENANT

OURS: Final = "http://ours.test"
"""The public URL of whoever follows."""

AS_NAMED: Final = {"VBS-001": "VBS-001"}
FOLLOWED: Final = f"ldes:{TENANT}:buurstad"

_STAMP = Stamp(FIRST_POSITION, 1_778_587_200_000)


def replica_decoder(cabinets: Mapping[str, str] = AS_NAMED, prefix: str = "") -> ReplicaDecoder:
    """What reads the members of a stream that is followed."""
    return ReplicaDecoder(Claim(FOLLOWED, TENANT, "", {} if prefix else cabinets, prefix), OURS)


def member_lines(draft: Draft) -> bytes:
    """What a draft says once it is published, as N-Triples; blank nodes named as on a page."""
    label = f"_:{hashlib.sha256(draft.iri.encode()).hexdigest()[:8]}"
    return "".join(
        f"{s.replace('_:', label)} {p} {o.replace('_:', label) if o.startswith('_:') else o} .\n"
        for s, p, o in stamped(draft, _STAMP)
    ).encode()


def member_message(draft: Draft, lines: bytes | None = None, at: datetime = NOON) -> Message:
    """The message of a member, or of other lines in its place."""
    return Message(member_lines(draft) if lines is None else lines, at, {"members": draft.iri})
