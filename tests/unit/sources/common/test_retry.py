"""What a source does while the service takes nothing, and after a link broke."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
import structlog
from structlog.testing import capture_logs

from ldes_shok.errors import (
    LogUnavailable,
    Overloaded,
    PseudonymKeyUnavailable,
    ShuttingDown,
    ValidationUnavailable,
)
from ldes_shok.sources.common.backoff import Backoff
from ldes_shok.sources.common.retry import Attempts, Retry


class Service:
    """Fails as often as it has errors left, and then takes."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def take(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "taken"


class Waits:
    """Waits no time at all, and knows how long it would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class Most(Random):
    """The longest wait that may be drawn."""

    def uniform(self, a: float, b: float) -> float:  # noqa: ARG002
        return b


@pytest.mark.parametrize(
    "error",
    [
        Overloaded(3),
        LogUnavailable("the disk is full"),
        PseudonymKeyUnavailable("no key"),
        ValidationUnavailable("no process"),
    ],
)
def test_the_same_is_offered_until_it_is_taken(error: Exception) -> None:
    reasons: list[str] = []
    waits = Waits()
    retry = Retry(Most(), structlog.get_logger(), reasons.append, waits)
    service = Service(error, error)

    with capture_logs() as logs:
        assert asyncio.run(retry.until_taken(service.take)) == "taken"

    assert waits.seconds == [0.2, 0.4]
    assert reasons == [str(error), str(error), ""]
    assert [entry["event"] for entry in logs] == ["source_held_back", "source_flowing"]


def test_what_is_taken_at_once_is_no_reason_to_wait() -> None:
    reasons: list[str] = []
    retry = Retry(Most(), structlog.get_logger(), reasons.append, Waits())

    with capture_logs() as logs:
        assert asyncio.run(retry.until_taken(Service().take)) == "taken"

    assert (reasons, logs) == ([], [])


def test_that_it_waits_is_logged_once_over_a_connection_that_breaks_meanwhile() -> None:
    class Broken(Exception):
        """The link, while it waited."""

    async def pause(seconds: float) -> None:
        raise Broken(seconds)

    retry = Retry(Most(), structlog.get_logger(), sleep=Waits())
    with capture_logs() as logs:
        with pytest.raises(Broken):
            asyncio.run(retry.until_taken(Service(Overloaded(3)).take, pause))
        asyncio.run(retry.until_taken(Service(LogUnavailable("full")).take))

    assert [entry["event"] for entry in logs] == ["source_held_back", "source_flowing"]


def test_what_is_no_matter_of_waiting_goes_through() -> None:
    waits = Waits()
    retry = Retry(Most(), structlog.get_logger(), sleep=waits)
    service = Service(PseudonymKeyUnavailable("no key"), ShuttingDown("drains"))

    with pytest.raises(ShuttingDown):
        asyncio.run(retry.until_taken(service.take))
    assert waits.seconds == [0.2]


def test_waits_between_attempts_grow_until_one_succeeds() -> None:
    waits = Waits()
    attempts = Attempts(Most(), waits, Backoff(base_seconds=1, most_seconds=60))

    async def failures() -> None:
        await attempts.wait()
        await attempts.wait()
        await attempts.wait(least_seconds=30)
        attempts.succeeded()
        await attempts.wait()

    asyncio.run(failures())

    assert waits.seconds == [1, 2, 34, 1]
