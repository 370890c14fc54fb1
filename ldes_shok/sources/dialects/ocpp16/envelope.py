"""Finds the station and direction of a frame: from the transport, the topic or an envelope.

An envelope is a JSON object: `station`, `direction` (`up` from the station, `down` to it, `link`
about the connection), `at` (when the mirror saw it, optional) and `frame` (the frame, as JSON or as
text).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from ldes_shok.sources.common.clocks import judged
from ldes_shok.sources.common.payload import split_untyped
from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.ocpp16.frame import load_json, text
from ldes_shok.sources.dialects.ocpp16.times import parse_time

DIRECTIONS: Final = ("up", "down", "link")
_MAX_STATION_CHARACTERS: Final = 128


@dataclass(frozen=True, slots=True)
class Located:
    """A message on the connection of one station.

    Attributes:
        station: its identity.
        direction: one of `DIRECTIONS`.
        at: when it was seen, aware UTC: by the mirror if it gives a time, else by us.
        content: the JSON of the frame, or of a word about the connection.
    """

    station: str
    direction: str
    at: datetime
    content: object


class Envelopes:
    """Finds the station and the direction of what a transport received.

    Args:
        topic: template of the MQTT topic, with `{station}` and `{direction}`.
    """

    def __init__(self, topic: str) -> None:
        pattern = re.escape(topic)
        for name in ("station", "direction"):
            pattern = pattern.replace(re.escape("{" + name + "}"), f"(?P<{name}>[^/]+)")
        self._topic = re.compile(pattern)

    def cut(self, message: Message) -> Sequence[Message]:
        """One message for each envelope; a bare frame stays whole."""
        is_frame = "topic" in message.attributes and not _is_object(message.payload)
        if "station" in message.attributes or (is_frame and self._known(message)):
            return (message,)
        pieces = split_untyped(message.payload)
        if message.payload.lstrip()[:1] == b"[" and not all(map(_is_object, pieces)):
            return (message,)
        return [replace(message, payload=piece) for piece in pieces]

    def locate(self, message: Message) -> Located | Refusal:
        """The station, the direction and the frame of a message."""
        known = self._known(message)
        content = load_json(message.payload)
        if isinstance(content, Refusal):
            return content
        at = message.received_at
        # The transport's own data has precedence. A station's own connection has no envelopes: no
        # station can send for another.
        if isinstance(content, dict) and "station" not in message.attributes:
            known = {**_named(content), **known}
            seen = judged(parse_time(content.get("at")), at)
            # If the gateway's clock cannot be right, the time of receipt counts.
            at = seen.at if seen.is_believed else at
            content = content.get("frame", content)
            if isinstance(content, str):
                content = load_json(content.encode("utf-8", "replace"))
        station, direction = known.get("station", ""), known.get("direction", "").lower()
        if not station or len(station) > _MAX_STATION_CHARACTERS:
            return Refusal(
                "no_station",
                "it does not say of which station it is: send it as an envelope with station, "
                "direction and frame, or on a topic that names the station",
            )
        if direction not in DIRECTIONS:
            return Refusal(
                "no_direction", "direction must be up (from the station) or down (to it)"
            )
        return content if isinstance(content, Refusal) else Located(station, direction, at, content)

    def _known(self, message: Message) -> Mapping[str, str]:
        if "station" in message.attributes:
            return message.attributes
        match = self._topic.fullmatch(message.attributes.get("topic", ""))
        return {} if match is None else match.groupdict()


def _is_object(payload: bytes) -> bool:
    return payload.lstrip()[:1] == b"{"


def _named(content: Mapping[str, Any]) -> dict[str, str]:
    names = {
        name: text(content, name, _MAX_STATION_CHARACTERS + 1) for name in ("station", "direction")
    }
    return {name: value for name, value in names.items() if value}
