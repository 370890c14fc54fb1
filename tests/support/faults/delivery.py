"""Messages that come twice, late, in another order, in pieces, or not whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ldes_shok.sources.decoder import Message
from tests.support.faults.dialects import call, instant, shelly
from tests.support.faults.scene import Messages, Sample, Scene

_MINUTE = timedelta(minutes=1)


def twice(scene: Scene) -> Messages:
    """13: the broker delivers a message again, a minute later."""
    message = scene.sent(scene.sample())
    return (message, _later(message))


def retried(scene: Scene) -> Messages:
    """14: a StartTransaction again, under another message id."""
    sample = scene.sample()
    said = {
        "connectorId": 1,
        "idTag": "04A2B3C4D5E680",
        "meterStart": int(sample.wh),
        "timestamp": instant(sample.at),
    }
    first, second = (call(number, "StartTransaction", said) for number in (1, 2))
    at = scene.now + timedelta(seconds=2)
    return (scene.message(first, at), scene.message(second, at + _MINUTE))


def contradicted(scene: Scene) -> Messages:
    """15: the same reading with another value."""
    sample = scene.sample()
    other = replace(sample, wh=str(int(sample.wh) + 7))
    return (scene.sent(sample), scene.sent(other, scene.now + _MINUTE))


def disordered(scene: Scene) -> Messages:
    """16: an older reading after a newer one."""
    sample = scene.sample()
    older = replace(sample, at=sample.at - 15 * _MINUTE, wh=str(int(sample.wh) - 50), number=0)
    return (scene.sent(sample), scene.sent(older, scene.now + _MINUTE))


def flushed(scene: Scene) -> Messages:
    """17: three days in a buffer, sent at once."""
    sample, first = scene.sample(), scene.now - timedelta(days=3)
    return tuple(
        scene.sent(
            replace(
                sample,
                at=first + order * timedelta(minutes=15),
                number=order,
                wh=str(int(sample.wh) + 100 * order),
            )
        )
        for order in range(3)
    )


def retained(scene: Scene) -> Messages:
    """20: what the broker kept comes again after the link was lost."""
    message = scene.sent(scene.sample())
    again = _later(message)
    attributes = {**message.attributes, "retained": "true"}
    return (message, replace(again, attributes=attributes))


def rejoined(scene: Scene) -> Messages:
    """22: messages are lost, then the device joins again and counts from the start."""
    sample = scene.sample()
    first = replace(sample, number=2371)
    second = replace(
        sample,
        at=sample.at + 45 * _MINUTE,
        wh=str(int(sample.wh) + 300),
        number=2371,
        session="AXBSH1Pk6Z0G167",
    )
    return (scene.prompt(first), scene.prompt(second))


def without_zeros(scene: Scene) -> Messages:
    """23: a value of 0 is left out."""
    return (scene.sent(replace(scene.sample(), watts="0", amperes="0")),)


def only_changes(scene: Scene) -> Messages:
    """24: a full state, then the power alone."""
    sample = scene.sample()
    at = sample.at + _MINUTE
    delta = shelly(scene.site, at, {"apower": "120.5"}, "NotifyStatus")
    return (scene.prompt(sample), scene.message(delta, at + timedelta(seconds=2)))


def poison(scene: Scene) -> Messages:
    """25: half a message, one that is nested without end, and a sound one behind them."""
    sound = scene.sent(scene.sample())
    cut = sound.payload[: len(sound.payload) // 2]
    nested = b"[" * 100_000
    return (
        replace(sound, payload=cut),
        replace(sound, payload=nested),
        sound,
    )


def readings_at(scene: Scene, told: tuple[tuple[int, int], ...]) -> Messages:
    """Readings of a register: minutes after `now`, and Wh; each arrives promptly."""
    return tuple(
        scene.prompt(_reading(scene, minutes, wh, number))
        for number, (minutes, wh) in enumerate(told, 1)
    )


def _reading(scene: Scene, minutes: int, wh: int, number: int) -> Sample:
    at = scene.now + minutes * _MINUTE
    return replace(scene.sample(), at=at, wh=str(wh), number=number)


def _later(message: Message) -> Message:
    return replace(message, received_at=message.received_at + _MINUTE)
