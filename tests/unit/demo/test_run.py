"""The demo: a city on the simulation's clock, resumable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ldes_shok.bootstrap import derive as bootstrap_derive
from ldes_shok.bootstrap.service import Running
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import SimulationClock
from ldes_shok.demo import run as demo
from ldes_shok.demo.city.city import City
from ldes_shok.demo.city.link import SimulatedDelivery
from ldes_shok.demo.city.voorbeeldstad import demo_plan
from ldes_shok.demo.sources import TABLE
from ldes_shok.derive.runner import REST_PART, Deriving
from ldes_shok.errors import ConfigurationError, LogLocked, Overloaded
from ldes_shok.log.sqlite.lock import WriterLock
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.sources.dialects.csvfile.section import CsvSource

ROOT = Path(__file__).parents[3]
START = datetime(2026, 5, 11, 6, tzinfo=UTC)


def _at(minutes: float) -> SimulatedDelivery:
    return SimulatedDelivery(START + timedelta(minutes=minutes), b"{}")


def test_deliveries_of_one_quarter_go_together_and_not_too_many() -> None:
    minutes = [0, 1, 14.9, 15, 16, 40]
    groups = list(demo._groups(iter([_at(minute) for minute in minutes])))
    assert [len(group) for group in groups] == [3, 2, 1]
    many = list(demo._groups(iter([_at(0)] * 1001)))
    assert [len(group) for group in many] == [400, 400, 201]
    assert list(demo._groups(iter([]))) == []


def test_a_restart_goes_on_with_the_same_city(tmp_path: Path) -> None:
    plan = demo._plan(tmp_path / "new", 3, START)
    assert demo._plan(tmp_path / "new", 3, START + timedelta(days=1)) == plan
    with pytest.raises(ConfigurationError, match="--fresh"):
        demo._plan(tmp_path / "new", 4, START)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"--data-directory: .*/8080, not a directory"):
        demo._plan(tmp_path / "file" / "8080", 2, START)


def test_fresh_forgets_the_city_and_its_log_but_not_a_running_one(tmp_path: Path) -> None:
    demo._forget(tmp_path / "nothing")
    demo._plan(tmp_path, 3, START)
    for name in ("ldes-shok.db", "ldes-shok.db-wal", "ldes-shok.db.witness"):
        (tmp_path / name).touch()
    lock = WriterLock(tmp_path / "ldes-shok.db")
    with pytest.raises(LogLocked):
        demo._forget(tmp_path)
    lock.release()
    demo._forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["ldes-shok.db.lock"]


def _demo(settings: Settings, directory: Path, *, fresh: bool = False) -> int:
    return demo.run_demo(settings, 2, 1, 60.0, directory, fresh)


@pytest.fixture
def stops_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    live = demo._Player.live

    async def once(player: demo._Player, running: Running) -> None:
        asyncio.get_running_loop().call_soon(running.stopping.set)
        await live(player, running)

    @asynccontextmanager
    async def silent(_: object) -> AsyncIterator[None]:
        yield  # devices come over the network: tests/integration/test_demo_devices.py

    monkeypatch.setattr(demo._Player, "live", once)
    monkeypatch.setattr(demo, "speaking", silent)
    monkeypatch.setattr(demo, "with_devices", _with_table)


def _with_table(settings: Settings, *_: object) -> Settings:
    """Only the source that is read from a file: paho binds where a test may not."""
    table = CsvSource(name=TABLE, tenant=next(iter(settings.tenants)))
    return msgspec.structs.replace(settings, sources=(*settings.sources, table))


@pytest.mark.usefixtures("stops_at_once")
def test_a_demo_fills_its_past_and_says_where_it_is(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _demo(settings, tmp_path) == 0
    said = capsys.readouterr().out
    assert f"{settings.public_url}/kasten" in said
    assert "no sums yet  verbruik stays empty" in said
    first = [line for line in said.splitlines() if "/kasten   " in line]
    assert _demo(settings, tmp_path) == 0
    again = [line for line in capsys.readouterr().out.splitlines() if "/kasten   " in line]
    members = [int(line.split()[-2]) for line in (*first, *again)]
    assert 0 < members[0] <= members[1]


@pytest.mark.usefixtures("stops_at_once")
@pytest.mark.parametrize(("is_demo", "rest"), [(True, 1), (False, REST_PART)])
def test_what_follows_from_a_demos_past_is_derived_without_long_rests(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_demo: bool,
    rest: int,
) -> None:
    """Sums are there at the first look; with the usual rests they come minutes later."""
    rests: list[int] = []

    class Noted(Deriving):
        def __init__(self, *args: Any, **options: Any) -> None:
            rests.append(options["rest"])
            super().__init__(*args, **options)

    monkeypatch.setattr(bootstrap_derive, "Deriving", Noted)
    adding_up = msgspec.structs.replace(_adding_up(settings), demo=is_demo)
    assert _demo(adding_up, tmp_path) == 0
    assert rests == [rest]


class _Busy:
    """Refuses everything."""

    def __init__(self, running: Running) -> None:
        self._running = running

    async def submit(self, _: object) -> None:
        self._running.stopping.set()
        raise Overloaded(1)


async def test_a_live_demo_goes_on_when_it_is_refused() -> None:
    clock = SimulationClock(START + timedelta(hours=1))
    city = City(demo_plan(1), 1, START)
    player = demo._Player(city, Origin("sim", "voorbeeldstad", "x"), clock, START)
    running = Running(None, None, clock, None)  # type: ignore[arg-type]
    running.ingest = _Busy(running)  # type: ignore[assignment]
    await player.live(running)
    assert running.stopping.is_set()  # the refusal ended the wait, not an error


async def test_a_demo_that_is_stopped_does_not_fill_on() -> None:
    clock = SimulationClock(START)
    city = City(demo_plan(1), 1, START)
    player = demo._Player(city, Origin("sim", "voorbeeldstad", "x"), clock, START)
    running = Running(None, None, clock, None)  # type: ignore[arg-type]
    running.stopping.set()
    await player.backfill(running, START + timedelta(days=2))
    assert clock.now() == START


@pytest.mark.parametrize(
    ("began", "now", "due"),
    [
        # Began and runs on the 11th: summed up a day after its end, by the calendar of Brussels.
        ("2026-05-11T06:00", "2026-05-11T06:00", "2026-05-12 22:00 UTC"),
        ("2026-05-11T06:00", "2026-05-12T21:59", "2026-05-12 22:00 UTC"),
        ("2026-05-11T22:30", "2026-05-11T22:30", "2026-05-13 22:00 UTC"),
        ("2026-12-11T06:00", "2026-12-11T06:00", "2026-12-12 23:00 UTC"),
    ],
)
def test_it_says_from_when_on_there_are_public_sums(
    settings: Settings, began: str, now: str, due: str
) -> None:
    start, at = (datetime.fromisoformat(f"{text}:00Z") for text in (began, now))
    said = demo.sums_come(_adding_up(settings), start, at)
    assert f"until {due}" in said
    assert "24 hours after it ends" in said


@pytest.mark.parametrize("now", ["2026-05-12T22:00", "2026-05-18T06:00"])
def test_it_does_not_promise_a_later_time_for_sums_that_are_due(
    settings: Settings, now: str
) -> None:
    said = demo.sums_come(_adding_up(settings), START, datetime.fromisoformat(f"{now}:00Z"))
    assert "until" not in said
    assert "what is over is being added up" in said
    assert f"enough users ({settings.privacy.k})" in said


def _adding_up(settings: Settings) -> Settings:
    """Sums a day after the end of each day."""
    derive = msgspec.structs.replace(settings.derive, enabled=True)
    privacy = msgspec.structs.replace(settings.privacy, delay_hours=24)
    return msgspec.structs.replace(settings, derive=derive, privacy=privacy)


def test_its_zones_are_its_main_market_and_all_of_it() -> None:
    settings = load_settings(ROOT / "config" / "demo.yaml", {})
    (tenant,) = settings.tenants.values()
    cabinets = demo_plan().cabinets
    markets = [cabinet.id for cabinet in cabinets if cabinet.place == "Verzonnen Markt"]
    assert {zone: list(within) for zone, within in tenant.zones.items()} == {
        "verzonnen-markt": markets,
        "voorbeeldstad": [cabinet.id for cabinet in cabinets],
    }


def test_it_says_that_nothing_is_added_up(settings: Settings) -> None:
    assert not settings.derive.enabled
    assert "derive.enabled is off" in demo.sums_come(settings, START, START)
