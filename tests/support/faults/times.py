"""Clocks that were never set, that are wrong, and hours that there are twice or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.support.faults.dialects import call, instant
from tests.support.faults.scene import Messages, Scene


def never_set(scene: Scene) -> Messages:
    """1: the clock counts from 1970."""
    uptime = timedelta(seconds=scene.rng().randint(5, 86_400))
    return (scene.sent(scene.at(datetime(1970, 1, 1, tzinfo=UTC) + uptime)),)


def factory_date(scene: Scene) -> Messages:
    """2: the clock counts from 2000."""
    uptime = timedelta(seconds=scene.rng().randint(5, 86_400))
    return (scene.sent(scene.at(datetime(2000, 1, 1, 2, tzinfo=UTC) + uptime)),)


def without_zone(scene: Scene) -> Messages:
    """3: local time that does not say so."""
    return (scene.sent(scene.at(_local(scene.now))),)


def local_as_utc(scene: Scene) -> Messages:
    """4: local time with a Z behind it."""
    return (scene.sent(scene.at(_local(scene.now).replace(tzinfo=UTC))),)


def year_ahead(scene: Scene) -> Messages:
    """5: a year that has not come yet."""
    return (scene.sent(scene.at(scene.now + timedelta(days=365))),)


def months_behind(scene: Scene) -> Messages:
    """6: five months ago, in what should be live."""
    return (scene.sent(scene.at(scene.now - timedelta(days=150))),)


def doubled_hour(scene: Scene) -> Messages:
    """7: half past two in local time, twice, and a register that grew between them."""
    first = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001  local
    second = first.replace(fold=1)
    sample = scene.sample()
    later = replace(sample, at=second, number=2, wh=str(int(sample.wh) + 900))
    return (
        scene.sent(replace(sample, at=first), datetime(2026, 10, 25, 0, 30, 2, tzinfo=UTC)),
        scene.sent(later, datetime(2026, 10, 25, 1, 30, 2, tzinfo=UTC)),
    )


def doubled_hour_idle(scene: Scene) -> Messages:
    """7: the same, and nothing was used between them."""
    first, second = doubled_hour(scene)
    return (first, replace(first, received_at=second.received_at))


def missing_hour(scene: Scene) -> Messages:
    """8: half past two in local time, in the night that has none."""
    local = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001  local
    return (scene.sent(scene.at(local), datetime(2026, 3, 29, 1, 30, 2, tzinfo=UTC)),)


def drift(scene: Scene) -> Messages:
    """10: seconds after the quarter of an hour that was meant."""
    late = timedelta(seconds=scene.rng().randint(3, 29))
    return (scene.prompt(scene.at(scene.now + late)),)


def steps_back(scene: Scene) -> Messages:
    """11: the clock is five minutes ahead, and set right while it reports."""
    sample, minute = scene.sample(), timedelta(minutes=1)
    told = ((0, -5), (1, -4), (-3, -3))
    return tuple(
        scene.sent(
            replace(
                sample, at=scene.now + at * minute, number=order, wh=str(int(sample.wh) + order)
            ),
            scene.now + received * minute + timedelta(seconds=2),
        )
        for order, (at, received) in enumerate(told)
    )


def reported_late(scene: Scene) -> Messages:
    """12: a StatusNotification has the time at which it was reported."""
    said = {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": "Available",
        "timestamp": instant(scene.now),
    }
    payload = call(1, "StatusNotification", said)
    return (scene.message(payload, scene.now + timedelta(seconds=1)),)


def _local(at: datetime) -> datetime:
    return at.astimezone(ZoneInfo("Europe/Brussels")).replace(tzinfo=None)
