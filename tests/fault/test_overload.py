"""More than it can take: live goes first, the rest is told to come back, memory keeps its bound."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.clock import ManualClock
from ldes_shok.pipeline.writer import Written
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from tests.support.events import configuration, measurements, status
from tests.support.flood import Flood, backlog, memory_bytes
from tests.support.local_service import LocalService, local_service
from tests.support.oracle import check_service
from tests.support.patience import HANG_SECONDS, until
from tests.support.service import ServiceProcess, Tree, push, request, running_service

pytestmark = pytest.mark.fault

START: Final = datetime(2026, 5, 12, 6, tzinfo=UTC)
Answer = tuple[int, Mapping[str, str], bytes]

# --------------------------------------------------------------------- with a writer that waits


class Gate:
    """Stands before the writer of a local service; remembers what each commit held."""

    def __init__(self, service: LocalService) -> None:
        self.commits: list[list[bytes]] = []
        self.entered = threading.Event()
        self._opened = threading.Event()
        self._write = service.core.writer.write
        service.ingest._writer.write = self._pass  # type: ignore[method-assign]

    def _pass(self, deliveries: Sequence[Delivery]) -> Written:
        self.entered.set()
        assert self._opened.wait(HANG_SECONDS)
        self.commits.append([delivery.payload for delivery in deliveries])
        return self._write(deliveries)

    def open(self) -> None:
        self._opened.set()


@contextmanager
def held(
    directory: Path, overrides: Tree
) -> Iterator[tuple[LocalService, Gate, ThreadPoolExecutor]]:
    """A service whose commit of one event hangs until the gate opens; and threads to push with."""
    with (
        local_service(directory, ManualClock(START), overrides) as service,
        ThreadPoolExecutor(60) as pool,
    ):
        assert push(service.url, [configuration("VBS-001", START)])[0] == 200
        gate = Gate(service)
        first = pool.submit(push, service.url, [status("VBS-001", START, "first")])
        assert gate.entered.wait(HANG_SECONDS)
        try:
            yield service, gate, pool
        finally:
            gate.open()
        assert first.result()[0] == 200


def statuses(answers: Sequence[Future[Answer]]) -> list[int]:
    return [answer.result()[0] for answer in answers if answer.done()]


def counter(service: LocalService, line: str) -> float:
    text = request(f"{service.url}/metrics")[2].decode()
    return next(float(row.split()[-1]) for row in text.splitlines() if row.startswith(line))


def test_a_flood_of_replay_is_refused_and_live_is_not(tmp_path: Path) -> None:
    """P13: overloaded, it answers 429 with Retry-After and recovers alone; live goes first."""
    limits: Tree = {
        "ingest": {
            "max_queued_events": 40,
            "max_events_per_commit": 10,
            "max_live_events": 5,
            "wait_milliseconds": 100,
            "retry_after_seconds": 7,
        }
    }
    batches = backlog("VBS-001", 10)
    with held(tmp_path, limits) as (service, gate, pool):
        # 20 of the 40 places are for replay: two batches wait, 28 are refused.
        replay = [pool.submit(push, service.url, next(batches)) for _ in range(30)]
        until(lambda: len(statuses(replay)) == 28)
        assert set(statuses(replay)) == {429}
        refused = [answer.result() for answer in replay if answer.done()]
        assert {headers["retry-after"] for _, headers, _ in refused} == {"7"}
        assert "try again in 7 s" in json.loads(refused[0][2])["detail"]
        assert service.ingest.queued_events == 20
        assert counter(service, 'ldes_shok_refused_total{lane="replay"}') == 28
        assert request(f"{service.url}/health/ready")[0] == 200, "live still finds room"

        live = [
            pool.submit(push, service.url, [status("VBS-001", START, str(number))])
            for number in range(20)
        ]
        until(lambda: service.ingest.queued_events == 40)
        assert statuses(live) == []
        assert request(f"{service.url}/health/ready")[0] == 503
        late = push(service.url, [status("VBS-001", START, "99")])
        assert late[0] == 429
        assert counter(service, 'ldes_shok_refused_total{lane="live"}') == 1

        gate.open()
        assert {answer.result()[0] for answer in live} == {200}
        assert sorted(answer.result()[0] for answer in replay) == [200] * 2 + [429] * 28
        assert request(f"{service.url}/health/ready")[0] == 200
        assert push(service.url, [status("VBS-001", START, "99")])[0] == 200

        kinds = ["".join("l" if b"status" in e else "r" for e in c) for c in gate.commits]
        assert kinds[:4] == ["l", "l" * 9 + "r", "l" * 9 + "r", "l" * 2 + "r"]
        stored = [event for commit in gate.commits for event in commit]
        assert len(stored) == len(set(stored)) == 20 + 22, "what was refused was not taken"
        check_service(service.url, service.core.log_path)


def test_bodies_together_are_bounded_and_small_ones_find_room(tmp_path: Path) -> None:
    """P13: it keeps its memory bound: the sum of all bodies under way, not only each of them."""
    limits: Tree = {
        "http": {"max_body_bytes": 100_000, "max_bodies_bytes": 200_000},
        "ingest": {"wait_milliseconds": 100},
    }
    batches = backlog("VBS-001", 150)
    with held(tmp_path, limits) as (service, gate, pool):
        waiting = pool.submit(push, service.url, next(batches))
        until(lambda: service.ingest.queued_events == 150)
        large = push(service.url, next(batches))
        assert large[0] == 429
        assert large[1]["retry-after"].isdigit()
        assert "requests" in json.loads(large[2])["detail"]
        assert counter(service, 'ldes_shok_refused_total{lane="body"}') == 1
        small = pool.submit(push, service.url, [status("VBS-001", START)])
        until(lambda: service.ingest.queued_events == 151)
        gate.open()
        assert (waiting.result()[0], small.result()[0]) == (200, 200)
        assert push(service.url, next(batches))[0] == 200


def test_whoever_hangs_up_while_waiting_keeps_no_place(tmp_path: Path) -> None:
    """A body whose sender is gone gives its bytes back, and a full queue empties."""
    limits: Tree = {
        "http": {"max_body_bytes": 100_000, "max_bodies_bytes": 200_000},
        "ingest": {"wait_milliseconds": 5_000},
    }
    with held(tmp_path, limits) as (service, gate, pool):
        for _ in range(3):
            with pytest.raises(TimeoutError):
                push(service.url, next(backlog("VBS-001", 150)), timeout_seconds=0.5)
        gate.open()
        again = pool.submit(push, service.url, list(measurements("VBS-001", START, 150)))
        assert again.result()[0] == 200


# ------------------------------------------------------------------------- with the real thing


def bound_bytes(settings: Settings, idle_bytes: int) -> int:
    """What memory may grow to: idle, and what the settings let wait, with its copies.

    A byte that waits is there as body, as event, and as what the parser made of it; a commit is
    there as objects, about thirty times its bytes.
    """
    waiting = settings.ingest.max_queued_bytes + 2 * settings.http.max_bodies_bytes
    return idle_bytes + waiting + 30 * settings.ingest.max_bytes_per_commit


def flooded(
    service: ServiceProcess, *, senders: int, enough: Callable[[Flood, Flood], bool],
    per_second: float = 0.0,
) -> tuple[Flood, Flood]:  # fmt: skip
    """Replay floods, live goes on; returns both, all answered."""
    replay = Flood(service.url, backlog("VBS-001", 200), senders, per_second)
    live = Flood(service.url, backlog("VBS-002", 1), 1, per_second=20.0)
    live.start()
    try:
        replay.run_until(lambda: enough(replay, live))
    finally:
        live.stop()
    return replay, live


def assert_nothing_lost(service: ServiceProcess, configured: int, *floods: Flood) -> None:
    """P1: the log holds what was acknowledged, and nothing of what was refused."""
    for flood in floods:
        assert flood.wrong == []
        assert set(flood.answers) <= {200, 429}
    text = request(f"{service.url}/metrics")[2].decode()
    published = sum(
        float(line.split()[-1])
        for line in text.splitlines()
        if line.startswith("ldes_shok_log_events") and 'outcome="published"' in line
    )
    assert published == sum(flood.published for flood in floods) + configured


def test_a_short_flood_with_little_room(tmp_path: Path) -> None:
    """P13: 429 and not a byte too much, while live gets in; then all is as before."""
    overrides: Tree = {
        "http": {"max_body_bytes": 200_000, "max_bodies_bytes": 4_000_000},
        "ingest": {"max_queued_events": 1_000, "wait_milliseconds": 50, "max_live_events": 100},
    }
    with running_service(tmp_path, overrides=overrides) as service:
        settings = load_settings(service.config, {})
        configure(service)
        idle_bytes = memory_bytes(service.pid)

        replay, live = flooded(
            service,
            senders=12,
            enough=lambda replay, live: (
                min(replay.answers[429] // 4, replay.answers[200], live.answers[200] // 2) >= 5
            ),
        )

        assert memory_bytes(service.pid) < bound_bytes(settings, idle_bytes)
        assert live.answers[429] == 0, "live is never refused because of replay"
        assert_nothing_lost(service, 2, replay, live)
        assert request(f"{service.url}/health/ready")[0] == 200
        assert push(service.url, [status("VBS-001", START)])[0] == 200
        check_service(service.url, service.log_path)


def configure(service: ServiceProcess) -> None:
    both = [configuration("VBS-001", START), configuration("VBS-002", START)]
    assert push(service.url, both)[0] == 200


SUSTAINED_SECONDS: Final = 10
FLOOD_SECONDS: Final = 60
MOST_MEMORY_BYTES: Final = 512_000_000
MOST_LIVE_SECONDS: Final = 1.0


@pytest.mark.nightly
def test_four_times_the_sustainable_load_for_a_minute(tmp_path: Path) -> None:
    """P13 with the default settings: memory bound, live p99, nothing acknowledged lost."""
    with running_service(tmp_path) as service:
        configure(service)
        idle_bytes = memory_bytes(service.pid)
        calm = Flood(service.url, backlog("VBS-001", 200), senders=2)
        began = time.monotonic()
        calm.run_until(lambda: time.monotonic() - began > SUSTAINED_SECONDS)
        sustainable = calm.answers[200] / (time.monotonic() - began)
        assert calm.answers[429] == 0

        replay, live = flooded_again(service, 4 * sustainable)
        offered = replay.sent / FLOOD_SECONDS

        live.seconds.sort()
        p99 = live.seconds[int(0.99 * len(live.seconds))]
        peak = memory_bytes(service.pid)
        sys.stderr.write(
            f"\nsustainable {200 * sustainable:.0f} events/s, offered {200 * offered:.0f}, "
            f"replay {dict(replay.answers)}, live {dict(live.answers)}, live p50 "
            f"{live.seconds[len(live.seconds) // 2]:.3f} s p99 {p99:.3f} s, "
            f"idle {idle_bytes / 1e6:.0f} MB peak {peak / 1e6:.0f} MB\n"
        )
        assert offered > 3 * sustainable
        assert replay.answers[429] > 0
        assert live.answers[429] == 0
        assert p99 < MOST_LIVE_SECONDS
        settings = load_settings(service.config, {})
        assert peak < min(bound_bytes(settings, idle_bytes), MOST_MEMORY_BYTES)
        assert_nothing_lost(service, 3, calm, replay, live)
        began = time.monotonic()
        assert push(service.url, [status("VBS-001", START)])[0] == 200
        assert time.monotonic() - began < 1


def flooded_again(service: ServiceProcess, per_second: float) -> tuple[Flood, Flood]:
    """A minute of it, of a cabinet whose events nobody sent before."""
    assert push(service.url, [configuration("VBS-003", START)])[0] == 200
    replay = Flood(service.url, backlog("VBS-003", 200), 96, per_second)
    live = Flood(service.url, backlog("VBS-002", 1), 4, per_second=20.0)
    began = time.monotonic()
    live.start()
    try:
        replay.run_until(lambda: time.monotonic() - began > FLOOD_SECONDS)
    finally:
        live.stop()
    return replay, live
