"""Last wills: messages that a broker sends for a lost client (MQTT 3.1.1, 3.1.2.5)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ldes_shok.cabinet.event import StatusData
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.mapped.path import MessagePart
from ldes_shok.sources.dialects.mapped.places import Place, place_of, shown
from ldes_shok.sources.dialects.mapped.rules import LastWill
from ldes_shok.sources.dialects.mapped.section import Mapping as MappingSection


def will_status(rule: LastWill, payload: bytes) -> StatusData | Refusal:
    """The status of a client that is gone or back.

    The status has no other axis: the sockets are as they were, out of contact.
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
    """The place of a client, from its topic.

    The payload was written before the loss, so only the topic identifies the client.
    """
    return place_of(msgspec.structs.replace(rule, device=None), MessagePart(None, None), topic, "")
