"""Unwraps CloudEvents 1.0 over HTTP: only their data is used.

All three modes of the HTTP binding (CloudEvents HTTP protocol binding 1.0.2, section 3) work:
binary, structured and batched. `id` and `source` identify a delivery and not a fact, and a vendor
may send one fact under two ids. So events are recognised by their natural key, and the envelope is
only checked.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.cabinet.syntax import check_depth
from ldes_shok.errors import EventRejected, PayloadRejected, PayloadTooLarge
from ldes_shok.sources.common.payload import split_json
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.transports.http.push import PushLimits, check_body

STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"
TYPES: Final = frozenset({STRUCTURED, BATCHED})
_ATTRIBUTES: Final = ("specversion", "id", "source", "type", "dataschema")
_JSON: Final = "application/json"

_Text = Annotated[str, Meta(min_length=1, max_length=2048)]


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The checked attributes; extensions may stand beside them (section 3.1)."""

    specversion: Literal["1.0"]
    id: _Text
    source: _Text
    type: _Text
    datacontenttype: str | None = None
    dataschema: _Text | None = None
    data: msgspec.Raw = msgspec.Raw()
    data_base64: str | None = None


@dataclass(frozen=True, slots=True)
class EventContent:
    """The content of one CloudEvent, or the reason of its refusal.

    Attributes:
        payload: its data; if it is refused, all of it.
        content_type: of the data.
        refusal: one sentence; empty if nothing is wrong.
    """

    payload: bytes
    content_type: str = _JSON
    refusal: str = ""


def is_cloudevent(content_type: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is a CloudEvent: by its content type, or in binary mode by its headers."""
    return _media_type(content_type) in TYPES or "ce-specversion" in headers


def cloud_parts(
    body: bytes, content_type: str, headers: Mapping[str, str], limits: PushLimits
) -> list[EventContent]:
    """The contents of a request in any of the three modes, in order.

    Raises:
        PayloadTooLarge: more bytes or events than the limits allow.
        PayloadRejected: nothing in it can be parsed.
    """
    check_body(body, limits)
    if _media_type(content_type) not in TYPES:
        return [unwrap_binary(body, content_type, headers)]
    parts = unwrap(body, _media_type(content_type))
    if len(parts) > limits.max_events:
        raise PayloadTooLarge(
            f"the body has {len(parts)} events; at most {limits.max_events} are taken at once"
        )
    return parts


def as_delivery(part: EventContent, origin: Origin, received_at: datetime) -> Delivery:
    """A part that holds one canonical event, or is refused."""
    refusal = part.refusal
    if not refusal and not is_json_type(part.content_type):
        refusal = f"datacontenttype: {part.content_type[:40]} is not JSON, as canonical events are"
    return Delivery(part.payload, origin, received_at, refusal=refusal)


def as_messages(parts: Sequence[EventContent], received_at: datetime) -> list[Message]:
    """Messages for a decoder, which does not know CloudEvents.

    Raises:
        PayloadRejected: one part is refused; the message names it. No part is taken.
    """
    for index, part in enumerate(parts):
        if part.refusal:
            raise PayloadRejected(f"CloudEvent {index}: {part.refusal}")
    return [
        Message(part.payload, received_at, {"content_type": part.content_type}) for part in parts
    ]


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def unwrap_binary(body: bytes, content_type: str, headers: Mapping[str, str]) -> EventContent:
    """The data of a CloudEvent whose attributes are headers (section 3.1).

    Args:
        body: the data, as it is.
        content_type: of the data; empty if absent.
        headers: of the request, looked up without regard to case.
    """
    attributes = {
        name: value for name in _ATTRIBUTES if (value := headers.get(f"ce-{name}")) is not None
    }
    try:
        msgspec.convert(attributes, _Envelope)
    except msgspec.ValidationError as error:
        return EventContent(body, content_type, _sentence(error, "header ce-"))
    return EventContent(body, content_type or _JSON)


def unwrap(body: bytes, media_type: str) -> list[EventContent]:
    """The data of structured CloudEvents (JSON format 1.0), in order.

    Args:
        body: one CloudEvent, or for the batch type an array of them.
        media_type: one of `TYPES`.

    Raises:
        PayloadRejected: the body is not JSON, or not of its type.
    """
    is_array = body.lstrip(b" \t\r\n")[:1] == b"["
    pieces = split_json(body)
    if is_array and media_type == STRUCTURED:
        raise PayloadRejected(f"several CloudEvents go as {BATCHED}")
    if not is_array and media_type == BATCHED:
        raise PayloadRejected(f"a batch is an array of CloudEvents; one goes as {STRUCTURED}")
    return [_part(piece) for piece in pieces]


def _part(piece: bytes) -> EventContent:
    try:
        check_depth(piece)
        envelope = msgspec.json.decode(piece, type=_Envelope)
        payload = _data(envelope)
    except msgspec.DecodeError as error:
        return EventContent(piece, refusal=_sentence(error, ""))
    except EventRejected as error:
        return EventContent(piece, refusal=f"this CloudEvent cannot be read: {error}")
    except ValueError as error:
        return EventContent(piece, refusal=str(error))
    return EventContent(payload, envelope.datacontenttype or _JSON)


def _data(envelope: _Envelope) -> bytes:
    """The bytes of the data (JSON format 1.0, section 3.1).

    Raises:
        ValueError: there is no data, or it is not in exactly one form.
    """
    data = bytes(envelope.data)
    if bool(data) == (envelope.data_base64 is not None):
        raise ValueError("data: a CloudEvent must have exactly one of data and data_base64")
    if envelope.data_base64 is not None:
        try:
            return base64.b64decode(envelope.data_base64, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("data_base64: this is not base64") from error
    if data[:1] == b'"' and not is_json_type(envelope.datacontenttype or _JSON):
        # Text that is not JSON is a JSON string in the envelope.
        return msgspec.json.decode(data, type=str).encode()
    return data


def is_json_type(content_type: str) -> bool:
    """Whether a content type is JSON (RFC 6839, section 3.1: also what ends in `+json`)."""
    media_type = _media_type(content_type)
    return media_type == _JSON or media_type.endswith("+json")


def _sentence(error: msgspec.DecodeError, prefix: str) -> str:
    """What is wrong with the envelope, in words."""
    text = str(error)
    where = text.rpartition("`$.")[2].rstrip("`") if "`$." in text else ""
    missing = text.partition("required field `")[2].partition("`")[0]
    name = missing or where
    match name:
        case "":
            reason = "is no JSON object with the attributes of a CloudEvent"
            return f"a CloudEvent {reason}: specversion, id, source, type, data"
        case "specversion":
            wanted = "must be 1.0, the version of CloudEvents that is read here"
        case _ if missing:
            wanted = "is missing; every CloudEvent has specversion, id, source and type"
        case _:
            wanted = "must be text that is not empty"
    return f"{prefix}{name}: {wanted}"
