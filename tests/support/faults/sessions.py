"""Sessions without an end or a beginning, current where none should be, and unknown places."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from ldes_shok.sources.decoder import Message
from tests.support.faults.dialects import call, instant, meter_values, sampled
from tests.support.faults.scene import Messages, Scene, Site

_MINUTE = timedelta(minutes=1)


def lost_stop(scene: Scene) -> Messages:
    """44: a session starts while the one before never ended."""
    wh = int(scene.sample().wh)
    return (_start(scene, 0, wh), _start(scene, 30, wh + 800))


def no_number(scene: Scene) -> Messages:
    """44: a stop with the transaction number -1."""
    wh = int(scene.sample().wh)
    return (_start(scene, 0, wh), _stop(scene, 30, wh + 800, -1))


def orphan_stop(scene: Scene) -> Messages:
    """44: a stop whose start never came."""
    return (_stop(scene, 30, int(scene.sample().wh), 4711),)


def back_in_a_session(scene: Scene) -> Messages:
    """11: the clock is set back during a session, so it ends before it started."""
    wh = int(scene.sample().wh)
    answer = json.dumps([3, "u100", {"transactionId": 4711, "idTagInfo": {"status": "Accepted"}}])
    return (
        _start(scene, 0, wh),
        scene.message(answer.encode(), scene.now + timedelta(seconds=2), direction="down"),
        _stop(scene, -20, wh + 800, 4711, received_minutes=10),
    )


def leak(scene: Scene) -> Messages:
    """45: current on an outlet that is free, for a minute."""
    said = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    free = call(1, "StatusNotification", {**said, "timestamp": instant(scene.now)})
    amperes = str(scene.rng().randint(6, 60) / 10)
    current = [sampled("Current.Import", amperes, "A", "L1")]
    times = [scene.now + order * _MINUTE for order in (1, 2, 3)]
    return (
        _prompt(scene, free, scene.now),
        *(
            _prompt(scene, meter_values(at, number, current), at)
            for number, at in enumerate(times, 2)
        ),
    )


def unknown_cabinet(scene: Scene) -> Messages:
    """46: a cabinet that was never configured."""
    return (_elsewhere(scene, replace(scene.site, cabinet="VBS-099")),)


def unknown_outlet(scene: Scene) -> Messages:
    """46: an outlet that its cabinet does not have."""
    return (_elsewhere(scene, replace(scene.site, outlet="9")),)


def unknown_meter(scene: Scene) -> Messages:
    """46: a meter that nobody configured."""
    return (_elsewhere(scene, replace(scene.site, meter="SN-000099999")),)


def _elsewhere(scene: Scene, site: Site) -> Message:
    return replace(scene, site=site).sent(scene.sample())


def _start(scene: Scene, minutes: int, wh: int) -> Message:
    at = scene.now + minutes * _MINUTE
    said = {
        "connectorId": 1,
        "idTag": "04A2B3C4D5E680",
        "meterStart": wh,
        "timestamp": instant(at),
    }
    return _prompt(scene, call(100 + minutes, "StartTransaction", said), at)


def _stop(
    scene: Scene, minutes: int, wh: int, number: int, *, received_minutes: int | None = None
) -> Message:
    at = scene.now + minutes * _MINUTE
    said = {"transactionId": number, "meterStop": wh, "timestamp": instant(at), "reason": "Local"}
    received = at if received_minutes is None else scene.now + received_minutes * _MINUTE
    return _prompt(scene, call(200 + abs(minutes), "StopTransaction", said), received)


def _prompt(scene: Scene, payload: bytes, at: datetime) -> Message:
    return scene.message(payload, at + timedelta(seconds=1))
