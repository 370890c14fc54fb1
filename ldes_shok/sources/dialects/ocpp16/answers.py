"""The answers of a central system to a station's requests (OCPP 1.6, 6), after the commit.

This central system reads and never operates. It accepts every card and every report. Requests that
need a decision are not implemented.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from ldes_shok.clock import format_instant
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.ocpp16.frame import Call, frame_of, load_json
from ldes_shok.sources.dialects.ocpp16.memory import StationMemory

_ACCEPTED: Final[Mapping[str, Any]] = {"status": "Accepted"}
_TAKEN: Final = frozenset({
    "StatusNotification", "MeterValues", "FirmwareStatusNotification",
    "DiagnosticsStatusNotification",
})  # fmt: skip
_UNIQUE_ID: Final = re.compile(rb'^\s*\[\s*2\s*,\s*"([A-Za-z0-9._:-]{1,36})"')
NO_ID: Final = "-1"
"""Stands for an identifier that cannot be read (OCPP-J 2.0.1, 4.2.3)."""


def answer_to(
    payload: bytes, memory: StationMemory, now: datetime, heartbeat_seconds: int
) -> bytes | None:
    """The answer to one frame; None if the frame needs no answer.

    Args:
        payload: the frame.
        memory: of the station, after this frame.
        now: aware UTC.
        heartbeat_seconds: how often the station must send a heartbeat.
    """
    frame = frame_of(load_json(payload))
    if isinstance(frame, Refusal):
        found = _UNIQUE_ID.match(payload)
        unique_id = found[1].decode() if found else NO_ID
        return _failure(unique_id, "FormationViolation", frame.reason)
    if not isinstance(frame, Call):
        return None
    answer = _answer(frame, memory, now, heartbeat_seconds)
    if answer is None and frame.action == "StartTransaction":
        return _failure(frame.unique_id, "FormationViolation", "connectorId is missing")
    if answer is None:
        return _failure(frame.unique_id, "NotImplemented", "this service reads and never operates")
    return msgspec.json.encode((3, frame.unique_id, answer))


def _answer(
    call: Call, memory: StationMemory, now: datetime, heartbeat_seconds: int
) -> Mapping[str, Any] | None:
    match call.action:
        case "BootNotification":
            answer = {
                **_ACCEPTED,
                "currentTime": format_instant(now),
                "interval": heartbeat_seconds,
            }
        case "Heartbeat":
            answer = {"currentTime": format_instant(now)}
        case "Authorize" | "StopTransaction":
            answer = {"idTagInfo": _ACCEPTED}
        case "StartTransaction":
            session = memory.session(memory.pending.get(call.unique_id, ""))
            if session is None or session.transaction is None:
                return None
            answer = {"transactionId": session.transaction, "idTagInfo": _ACCEPTED}
        case "DataTransfer":
            answer = dict(_ACCEPTED)
        case action if action in _TAKEN:
            answer = {}
        case _:
            return None
    return answer


def _failure(unique_id: str, code: str, description: str) -> bytes:
    return msgspec.json.encode((4, unique_id, code, description[:255], {}))
