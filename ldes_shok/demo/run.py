"""Runs the demo: a simulated city on a simulated clock, through the same pipeline."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from ldes_shok.bootstrap.core import Core, build_core
from ldes_shok.bootstrap.service import Running, run_core
from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.clock import SimulationClock, SystemClock, from_milliseconds, to_microseconds
from ldes_shok.demo.city.city import City
from ldes_shok.demo.city.link import SimulatedDelivery
from ldes_shok.demo.city.voorbeeldstad import demo_plan
from ldes_shok.demo.device_links import Surroundings, speaking
from ldes_shok.demo.devices.places import PLACES
from ldes_shok.demo.site import import_places, open_site
from ldes_shok.demo.sources import device_secrets, with_devices
from ldes_shok.derive.contributions import ZONE
from ldes_shok.derive.quarters import day_bounds, local_day, to_datetime
from ldes_shok.errors import ConfigurationError, LdesShokError
from ldes_shok.log.backup import FILES_OF_A_LOG
from ldes_shok.log.sqlite.lock import WriterLock
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.sources.transports.http.section import HttpSource

_SEED = 20260103
_STEP = timedelta(minutes=15)
_MOST_EVENTS = 400
_TICK_SECONDS = 0.25
_SETTLING_LOOKS = 20
_DAYS_WITH_A_WHOLE_ONE = 2
_FILES = ("city.json", "devices.json", "devices.csv", "mosquitto.conf")


class _DemoPlan(msgspec.Struct, frozen=True):
    """The plan of a demo's log, so that a restart continues with the same city."""

    start: datetime
    cabinets: int


def run_demo(
    settings: Settings,
    cabinets: int,
    days: int,
    speed: float,
    data_directory: Path,
    fresh: bool,  # noqa: FBT001  the command's own switch
) -> int:
    """Back-fill `days` of a city, then run it at `speed`, until SIGTERM or SIGINT."""
    directory = data_directory / str(settings.http.port)
    if fresh:
        _forget(directory)
    real_now = SystemClock().now().replace(microsecond=0)
    plan = _plan(directory, cabinets, real_now - timedelta(days=days))
    with ExitStack() as stack:
        site = open_site(directory, plan.start, stack)
        settings = _with_own_keys(with_devices(settings, plan.start, site.ports), directory)
        environ = {**device_secrets(), **os.environ}
        secrets = resolve_secrets(settings, environ)
        clock = SimulationClock(plan.start)
        core = build_core(settings, secrets.identity, clock, directory / "ldes-shok.db")
        last_ms = max(core.reader.stream(stream.name).last_ms for stream in core.streams)
        resumed_at = from_milliseconds(last_ms) if last_ms else plan.start
        clock.set(resumed_at)
        city = City(demo_plan(plan.cabinets, whole_life=True), _SEED, plan.start)
        origin = Origin("sim", next(iter(settings.tenants)), "voorbeeldstad")
        player = _Player(city, origin, clock, resumed_at)
        around = Surroundings(
            seed=_SEED,
            now=lambda: clock.now().replace(microsecond=0),
            speed=speed,
            service=_address(settings),
            secrets=environ,
            p1=site.p1,
            rest=site.rest,
            mqtt_port=site.mqtt_port,
            dialects=frozenset(source.name for source in settings.sources),
        )

        async def life(running: Running) -> None:
            await import_places(settings, site, running)
            await player.backfill(running, max(real_now, resumed_at))
            clock.run(speed)
            async with speaking(around):
                if days >= _DAYS_WITH_A_WHOLE_ONE and settings.derive.enabled:
                    await _settled(running)
                members = await running.reads.run(_members, core)
                _announce(settings, running, members, plan.start)
                await player.live(running)

        return run_core(core, secrets, clock, life)


def _with_own_keys(settings: Settings, directory: Path) -> Settings:
    """Give each demo its own keys, because it has its own log and its own clock."""
    pseudonyms = msgspec.structs.replace(
        settings.privacy.pseudonyms, keys_directory=str(directory / "pseudonym-keys")
    )
    privacy = msgspec.structs.replace(settings.privacy, pseudonyms=pseudonyms)
    return msgspec.structs.replace(settings, privacy=privacy)


def _address(settings: Settings) -> str:
    """Return the address of the service for programs on this machine."""
    host = settings.http.host
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  not listened on
    return f"http://{everywhere.get(host, host)}:{settings.http.port}"


async def _settled(running: Running) -> None:
    """Wait, for some seconds at most, until sums of the past are derived: events go first."""
    for _ in range(_SETTLING_LOOKS):
        sums = await running.reads.run(running.core.reader.stream, "verbruik")
        if running.stopping.is_set() or sums.members:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(running.stopping.wait(), _TICK_SECONDS)


class _Player:
    """Submits the city's deliveries at their time."""

    def __init__(
        self, city: City, origin: Origin, clock: SimulationClock, resumed_at: datetime
    ) -> None:
        self._city = city
        self._origin = origin
        self._clock = clock
        # The last deliveries before a kill may not have been stored: submit them again.
        self._from = resumed_at - _STEP

    async def backfill(self, running: Running, until: datetime) -> None:
        """Submit the past in large steps; after each step the clock shows its end."""
        log = structlog.get_logger("ldes_shok.demo")
        day = None
        for group in _groups(self._city.deliveries(until)):
            if group[-1].at < self._from:
                continue
            if running.stopping.is_set():
                return
            if group[-1].at > self._clock.now():
                self._clock.set(group[-1].at)
            await self._submit(running, group)
            if day != group[-1].at.date():
                day = group[-1].at.date()
                log.info("back_filling", day=str(day))
        self._clock.set(max(until, self._clock.now()))

    async def live(self, running: Running) -> None:
        """Submit what is due by the simulation's clock, until the service stops."""
        while not running.stopping.is_set():
            for group in _groups(self._city.deliveries(self._clock.now())):
                try:
                    await self._submit(running, group)
                except LdesShokError as error:
                    structlog.get_logger("ldes_shok.demo").warning("not_taken", reason=str(error))
            try:
                await asyncio.wait_for(running.stopping.wait(), _TICK_SECONDS)
            except TimeoutError:
                continue

    async def _submit(self, running: Running, group: Sequence[SimulatedDelivery]) -> None:
        await running.ingest.submit([Delivery(d.payload, self._origin, d.at) for d in group])


def _groups(deliveries: Iterator[SimulatedDelivery]) -> Iterator[list[SimulatedDelivery]]:
    """Yield groups of deliveries of one quarter of an hour, of limited size."""
    group: list[SimulatedDelivery] = []
    for delivery in deliveries:
        if group and (delivery.at - group[0].at >= _STEP or len(group) >= _MOST_EVENTS):
            yield group
            group = []
        group.append(delivery)
    if group:
        yield group


def _plan(directory: Path, cabinets: int, start: datetime) -> _DemoPlan:
    file = directory / "city.json"
    if file.exists():
        plan = msgspec.json.decode(file.read_bytes(), type=_DemoPlan)
        if plan.cabinets != cabinets:
            raise ConfigurationError(
                f"--cabinets: the city in {directory} has {plan.cabinets}; "
                "add --fresh to begin a new one"
            )
        return plan
    plan = _DemoPlan(start.astimezone(UTC), cabinets)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.encode(plan))
    except OSError as error:
        raise ConfigurationError(
            f"--data-directory: nothing can be written in {directory.absolute()}, "
            f"{os.strerror(error.errno or 0).lower()}; name another folder"
        ) from error
    return plan


def _forget(directory: Path) -> None:
    """Delete an earlier city, under the writer's lock: a running demo keeps its own."""
    if not directory.exists():
        return
    lock = WriterLock(directory / "ldes-shok.db")
    for name in (*_FILES, *(f"ldes-shok.db{ending}" for ending in FILES_OF_A_LOG)):
        (directory / name).unlink(missing_ok=True)
    lock.release()


def _push_token(settings: Settings) -> str:
    """Return the token of the demo's file; never one that was set for this run."""
    for source in settings.sources:
        if isinstance(source, HttpSource) and source.demo_token:
            if source.token_env and source.token_env in os.environ:
                return f"(token: the value of {source.token_env})"
            return f"(token: {source.demo_token})"
    return ""


def sums_come(settings: Settings, start: datetime, now: datetime) -> str:
    """Return one sentence: why there are no public sums yet, and from when on there may be.

    Args:
        settings: of the demo.
        start: when its city began, aware UTC.
        now: the time of its clock.
    """
    if not settings.derive.enabled:
        return "verbruik stays empty: derive.enabled is off, so nothing is added up"
    hours = settings.privacy.delay_hours
    rule = (
        f"the sums of a day come {hours} hours after it ends, where enough users "
        f"({settings.privacy.k}) share them"
    )
    first = day_bounds(local_day(to_microseconds(start), ZONE), ZONE)[1]
    due = to_datetime(first) + timedelta(hours=hours)
    if due <= now:
        return f"verbruik is still empty: {rule}; what is over is being added up"
    return f"verbruik is empty until {due:%Y-%m-%d %H:%M} UTC at least, by the city's clock: {rule}"


def _members(core: Core) -> Mapping[str, int]:
    return {stream.name: core.reader.stream(stream.name).members for stream in core.streams}


def _announce(
    settings: Settings, running: Running, members: Mapping[str, int], start: datetime
) -> None:
    lines = [
        "",
        "ldes-shok demo: Voorbeeldstad is invented; all its streams are open.",
        f"  catalogue   {settings.public_url}/",
    ]
    lines += [f"  {s.iri}   {members[s.name]} members" for s in running.core.streams]
    if not members.get("verbruik"):
        lines.append(f"  no sums yet  {sums_come(settings, start, running.clock.now())}")
    lines += _inputs(settings)
    lines += [
        f"  replicate   ldes-client --concurrent 1 {running.core.streams[0].iri}",
        f"  push        POST {settings.public_url}/ingest   {_push_token(settings)}",
        "  stop        Ctrl-C",
        "",
    ]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()


def _inputs(settings: Settings) -> Iterator[str]:
    """Yield a line for each input beside the city; each has its own cabinet."""
    names = {source.name for source in settings.sources}
    for dialect, place in PLACES.items():
        if dialect.value in names:
            yield f"  input       {dialect.value:<13} {place.cabinet}   {dialect.says}"
        else:
            yield f"  no input    {dialect.value:<13} {dialect.needs}"
