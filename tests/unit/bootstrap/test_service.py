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
from ldes_shok.errors import ConfigurationError, LogLocked, SourceError
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.sources.base import SourceState, SourceStatus
from tests.support.processes import readers_of
from tests.support.service import Tree, request
from tests.support.vertical import NOON, ORIGIN, configuration
from tests.unit.bootstrap.conftest import MakeSettings


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
    counts: list[float] = []

    async def ask(path: str) -> int:
        return (await asyncio.to_thread(request, f"{settings.public_url}{path}"))[0]

    async def life(running: Running) -> None:
        await running.ingest.submit([Delivery(configuration(), ORIGIN, clock.now())])
        first, second = readers_of(os.getpid())
        for _ in range(9):
            assert await ask("/kasten/by-time") == 200
        text = (await asyncio.to_thread(request, f"{settings.public_url}/metrics"))[2]
        counts.extend(
            float(line.rpartition(b" ")[2])
            for line in text.split(b"\n")
            if b'route="/{stream}/{view}",status="200"' in line and b"_total" in line
        )
        os.kill(first, signal.SIGKILL)
        while len(set(readers_of(os.getpid())) - {first}) < 2:  # noqa: ASYNC110  another process
            await asyncio.sleep(0.01)
        assert second in readers_of(os.getpid())
        assert await ask("/health/ready") == 200

    assert run_core(core, secrets, clock, life) == 0
    assert counts == [9.0]
    assert readers_of(os.getpid()) == []


def test_serve_runs_by_the_clock_of_the_machine(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives: list[object] = []

    def run(core: Core, *parts: object) -> int:
        lives.append(parts[-1])
        core.close()
        return 0

    monkeypatch.setattr(service, "run_core", run)
    assert run_service(settings) == 0
    running = Running(None, None, None)  # type: ignore[arg-type]
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


def test_brokers_of_the_settings_become_sources(make_settings: MakeSettings) -> None:
    broker: Tree = {
        "name": "broker", "type": "mqtt", "tenant": "voorbeeldstad", "host": "127.0.0.1",
        "port": 1884, "topics": ["kasten/#"], "client_id": "shok", "tls": False,
    }  # fmt: skip
    settings = make_settings({"sources": [broker]})
    secrets = resolve_secrets(settings, os.environ)
    (source,) = service._mqtt_sources(settings, secrets, None, ManualClock(NOON))  # type: ignore[arg-type]
    assert source.status.name == "broker"


class _Failing:
    """Fails twice, then ends."""

    def __init__(self) -> None:
        self.runs = 0
        self.status = SourceStatus("broker", SourceState.STARTING)

    async def run(self) -> None:
        self.runs += 1
        if self.runs < 3:
            raise SourceError("a defect")


async def test_a_source_with_a_defect_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "RESTART_SECONDS", 0)
    source = _Failing()
    async with service._tasks([source]):  # type: ignore[list-item]
        while source.runs < 3:  # noqa: ASYNC110 - nothing is awaited but the next turn
            await asyncio.sleep(0)
    assert source.runs == 3
