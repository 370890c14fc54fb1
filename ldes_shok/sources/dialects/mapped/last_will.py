"""What a broker says in the name of a client that is gone (MQTT 3.1.1, 3.1.2.5)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ldes_shok.cabinet.event import StatusData
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.mapped.path import MessagePart
from ldes_shok.sources.dialects.mapped.places import Place, place_of, shown
from ldes_shok.sources.dialects.mapped.rules import LastWill
from ldes_shok.sources.dialects.mapped.section import Mapping as MappingSection


def heard(rule: LastWill, payload: bytes) -> StatusData | Refusal:
    """Whether a client is gone or back.

    Nothing else is said: its sockets are as they were, and nobody hears them.
    """
    word = payload.decode("utf-8", "replace").strip().strip('"')
    if word in rule.offline:
        return StatusData(connectivity="offline", cause="last_will")
    if word in rule.online:
        return StatusData(connectivity="online")
    known = ", ".join(sorted({*rule.offline, *rule.online}))
    return Refusal(
        "unknown_last_will",
        f"{shown(word) or 'an empty payload'} is none of {known}: add it to last_will",
    )


def client_of(rule: MappingSection, topic: Mapping[str, str]) -> Place | Refusal:
    """The place of a client that its topic names.

    The payload was written before anything happened: only the topic can say whose it is.
    """
    return place_of(msgspec.structs.replace(rule, device=None), MessagePart(None, None), topic, "")
