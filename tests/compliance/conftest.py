"""Services with simulated days behind them, started once for the whole suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

import pytest

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.clock import ManualClock
from tests.support import events
from tests.support.local_service import LocalService, local_service
from tests.support.pages import Page, crawl
from tests.support.service import STREAMS, Tree

SMALL_PAGES: Final[Tree] = {"fragmentation": {"leaf_members": 10, "bucket_leaves": 3}}
HALF_HOUR: Final = timedelta(minutes=30)


def at(*parts: int) -> datetime:
    """An instant in UTC."""
    year, month, day, *rest = parts
    return datetime(year, month, day, *rest, tzinfo=UTC)  # type: ignore[misc,arg-type]


class City:
    """A service with ten months behind it: a year end, both DST days, a busy day, late events."""

    def __init__(self, service: LocalService) -> None:
        self.service = service
        self.url = service.url
        self._live()

    @cached_property
    def pages(self) -> Mapping[str, list[Page]]:
        """All nodes by stream, as Turtle, breadth first."""
        return {name: list(crawl(f"{self.url}/{name}/by-time")) for name in STREAMS}

    @cached_property
    def every_page(self) -> list[Page]:
        """All nodes of all streams, as Turtle."""
        return [page for pages in self.pages.values() for page in pages]

    def root(self, stream: str = "techniek") -> Page:
        return self.pages[stream][0]

    def _live(self) -> None:
        def push(payloads: Sequence[bytes], moment: datetime) -> None:
            outcomes = self.service.push(payloads, moment)
            assert {outcome.kind for outcome in outcomes} == {OutcomeKind.PUBLISHED}

        start = at(2025, 12, 30, 10)
        push([events.configuration("K1", start), events.configuration("K2", start)], start)
        day = timedelta(days=1)

        def add_up(first: datetime, days: int) -> None:
            for end in (first + number * day for number in range(1, days + 1)):
                payloads = [
                    events.aggregate("zone", "markt", end - day, end, 1000, audience)
                    for audience in ("public", "city")
                ]
                self.service.push_derived(payloads, max(end, self.service.clock.now()))

        add_up(at(2025, 12, 29), 1)
        moments = [
            at(2025, 12, 31, 23, 59, 59) + timedelta(milliseconds=999),
            at(2026, 1, 1),
            at(2026, 2, 28, 23, 59),
            at(2026, 3, 1),
            *(at(2026, 3, 28, 22) + n * HALF_HOUR for n in range(14)),
            *(at(2026, 5, 12) + n * timedelta(minutes=15) for n in range(90)),
            at(2026, 5, 13, 8),
        ]
        clock_put_back = [at(2026, 10, 24, 21) + n * HALF_HOUR for n in range(14)]
        for number, moment in enumerate([*moments, *clock_put_back]):
            if moment == clock_put_back[0]:
                add_up(at(2026, 9, 20), 30)
            measured = events.measurement("K1", moment, value=f"{1000 + number}.5")
            push([measured, events.reservation("K1", moment, f"R-{number}", "2")], moment)
        push([events.status("K1", at(2026, 5, 12, 9))], at(2026, 10, 26, 8))
        push([events.status("K1", at(2026, 5, 12, 7), operation="defect")], at(2026, 10, 26, 8, 1))
        push([events.session("K1", at(2026, 10, 26, 8, 2), "s-1")], at(2026, 10, 26, 8, 2))
        push([events.fault("K1", at(2026, 10, 26, 8, 3))], at(2026, 10, 26, 8, 3))
        push([events.removal("K2", at(2026, 10, 26, 9))], at(2026, 10, 26, 9))
        self.service.clock.set(at(2026, 10, 26, 12))


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Read only: what a test publishes goes to a service of its own."""
    clock = ManualClock(at(2025, 12, 30))
    with local_service(tmp_path_factory.mktemp("city"), clock, SMALL_PAGES) as service:
        yield City(service)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A service to which nothing was ever published."""
    with local_service(tmp_path_factory.mktemp("empty"), ManualClock(at(2026, 1, 1))) as service:
        yield service


@pytest.fixture(scope="session")
def restricted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A service whose streams `techniek` and `verbruik-individueel` are read with a token."""
    token = {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}
    overrides: Tree = {
        **SMALL_PAGES,
        "streams": {"techniek": token, "verbruik-individueel": {"access": "token"}},
    }
    start = at(2026, 5, 12, 8)
    clock = ManualClock(start)
    with local_service(tmp_path_factory.mktemp("restricted"), clock, overrides) as service:
        service.push([events.configuration("K1", start), events.measurement("K1", start)], start)
        service.push([events.measurement("K1", at(2026, 6, 1))], at(2026, 6, 1))
        yield service
