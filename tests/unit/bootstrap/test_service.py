"""A service from its start to its end, in this process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket

import pytest

from ldes_shok.bootstrap import service
from ldes_shok.bootstrap.core import Core, build_core
from ldes_shok.bootstrap.service import Running, run_core, run_service
from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.clock import ManualClock
from ldes_shok.errors import ConfigurationError, LogLocked
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_secrets
from tests.support.patience import eventually, until
from tests.support.processes import readers_of
from tests.support.service import request
from tests.support.vertical import NOON, ORIGIN, configuration
from tests.unit.conftest import MakeSettings


def test_a_service_serves_until_it_is_told_to_stop(settings: Settings) -> None:
    secrets = resolve_secrets(settings, os.environ)
    clock = ManualClock(NOON)
    core = build_core(settings, secrets.identity, clock)
    seen: list[int] = []

    async def life(running: Running) -> None:
        await running.ingest.submit([Delivery(configuration(), ORIGIN, clock.now())])
        status, _, _ = await asyncio.to_thread(request, f"{settings.public_url}/kasten/by-time")
        seen.append(status)
        os.kill(os.getpid(), signal.SIGTERM)
        await running.stopping.wait()

    assert run_core(core, secrets, clock, life) == 0
    assert seen == [200]
    # The log was let go of, with the event in it.
    again = build_core(settings, secrets.identity, clock)
    assert again.reader.stream("kasten").members > 0
    with pytest.raises(LogLocked):
        build_core(settings, secrets.identity, clock)
    again.close()


def test_readers_serve_beside_the_writer_and_are_replaced(make_settings: MakeSettings) -> None:
    settings = make_settings({"http": {"workers": 2}})
    secrets = resolve_secrets(settings, os.environ)
    clock = ManualClock(NOON)
    core = build_core(settings, secrets.identity, clock)

    async def ask(path: str) -> int:
        return (await asyncio.to_thread(request, f"{settings.public_url}{path}"))[0]

    async def life(running: Running) -> None:
        await running.ingest.submit([Delivery(configuration(), ORIGIN, clock.now())])
        # On a slow machine a start goes on without its readers; then there is nobody yet to ask.
        await eventually(lambda: len(readers_of(os.getpid())) == 2)
        first, second = readers_of(os.getpid())
        await asyncio.to_thread(until, lambda: is_up(settings.public_url))
        for _ in range(9):
            assert await ask("/kasten/by-time") == 200
        # What a reader does not tell within a second is told the next time.
        await asyncio.to_thread(until, lambda: views_read(settings.public_url) == 9)
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: len(set(readers_of(os.getpid())) - {first}) == 2)
        assert second in readers_of(os.getpid())
        assert await ask("/health/ready") == 200

    assert run_core(core, secrets, clock, life) == 0
    assert readers_of(os.getpid()) == []


def is_up(url: str) -> bool:
    """Whether somebody answers."""
    try:
        return request(f"{url}/health/live")[0] == 200
    except ConnectionError:
        return False


def views_read(url: str) -> float:
    """How often a view was answered, by what all readers counted."""
    lines = request(f"{url}/metrics")[2].split(b"\n")
    label = b'route="/{stream}/{view}",status="200"'
    return sum(
        float(line.rpartition(b" ")[2]) for line in lines if label in line and b"_total" in line
    )


def test_serve_runs_by_the_clock_of_the_machine(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives: list[object] = []

    def run(core: Core, *parts: object) -> int:
        lives.append(parts[-2])
        core.close()
        return 0

    monkeypatch.setattr(service, "run_core", run)
    assert run_service(settings) == 0
    running = Running(None, None, None, None)  # type: ignore[arg-type]
    running.stopping.set()
    asyncio.run(lives[0](running))  # type: ignore[operator]


def test_a_port_that_is_taken_is_said(settings: Settings) -> None:
    secrets = resolve_secrets(settings, os.environ)
    core = build_core(settings, secrets.identity, ManualClock(NOON))

    async def life(_: Running) -> None:
        raise AssertionError("it must not live")

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.http.port))
        taken.listen()
        with pytest.raises(ConfigurationError, match=rf"http\.port.*{settings.http.port}"):
            run_core(core, secrets, ManualClock(NOON), life)
    # And the log is free again.
    build_core(settings, secrets.identity, ManualClock(NOON)).close()


def test_a_secret_that_is_missing_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEST_PUSH_TOKEN")
    with pytest.raises(ConfigurationError, match="TEST_PUSH_TOKEN"):
        run_service(settings)
