"""An invented city through the real service, and what is public of it then."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.clock import ManualClock
from ldes_shok.settings.streams import Streams
from tests.privacy.city import MONDAY, City
from tests.privacy.public import Public, read_public
from tests.privacy.telling import arrivals
from tests.support.local_service import LocalService, local_service
from tests.support.service import TENANT, Tree

_BATCH: Final = 400
_DERIVED_AT: Final = (time(7, tzinfo=UTC), time(7, 5, tzinfo=UTC), time(9, tzinfo=UTC))
_UNTIL_CLOSED: Final = timedelta(days=16)


def settings(city: City) -> Tree:
    """What a city would configure: its zones, and of everything else the defaults."""
    streams: dict[str, Tree] = {}
    for name, stream in Streams().by_name().items():
        tokens = [] if stream.access.value == "open" else ["TEST_STREAM_TOKEN"]
        streams[name] = {"access": stream.access.value, "token_env": tokens}
    zones = {name: list(cabinets) for name, cabinets in city.plan.zones.items()}
    return {
        "derive": {"enabled": True},
        "tenants": {TENANT: {"zones": zones}},
        "streams": streams,
    }


def observed(city: City, directory: Path) -> Public:
    """Feed the city to a service, let it publish, read what is public.

    Args:
        city: what happens.
        directory: an existing folder for the log.

    Raises:
        AssertionError: an event was not taken.
    """
    first = datetime.combine(MONDAY, time(), UTC)
    with local_service(directory, ManualClock(first), settings(city)) as it:
        last = first
        for at, events in arrivals(city):
            _derive(it, last, at)
            for start in range(0, len(events), _BATCH):
                for outcome in it.push(events[start : start + _BATCH], at=at):
                    assert outcome.kind in {OutcomeKind.PUBLISHED, OutcomeKind.DUPLICATE}, outcome
            last = at
        _derive(it, last, last + _UNTIL_CLOSED)
        return read_public(it.url)


def _derive(service: LocalService, last: datetime, until: datetime) -> None:
    """Every morning in between, as the service would all the time."""
    service.derive(last)
    day = last.date() + timedelta(days=1)
    while datetime.combine(day, _DERIVED_AT[-1]) < until:
        for moment in _DERIVED_AT:
            service.derive(datetime.combine(day, moment))
        day += timedelta(days=1)
