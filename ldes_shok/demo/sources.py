"""The sources of the demo's devices: sections as they would be in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.demo.devices.context import entity_id
from ldes_shok.demo.devices.places import PLACES, DevicePlace, Dialect
from ldes_shok.settings.model import Settings
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.mapped.path import ValuePath
from ldes_shok.sources.dialects.mapped.rules import Alias, Locator, ReadingRule, Time
from ldes_shok.sources.dialects.mapped.section import Mapping as Mapped
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, NgsiLdPlace
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16Source
from ldes_shok.sources.dialects.p1.section import P1
from ldes_shok.sources.registry import Source
from ldes_shok.sources.transports.http.section import HttpSource, Signature
from ldes_shok.sources.transports.mqtt.section import MqttSource
from ldes_shok.sources.transports.poll.section import PollSource, Window
from ldes_shok.sources.transports.tcp.section import TcpSource

TABLE: Final = "demo-csv"
"""The name of the source of the table with the devices' cabinets."""

LOOPBACK: Final = "127.0.0.1"
SIGNATURE_HEADER: Final = "X-Signature"
TIMESTAMP_HEADER: Final = "X-Timestamp"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the devices that are polled; no `mqtt` without a broker."""

    p1: int
    rest: int
    mqtt: int | None = None


def variable(dialect: Dialect) -> str:
    """Return the environment variable with the secret of a source."""
    return f"LDES_SHOK_{dialect.value.upper().replace('-', '_')}_SECRET"


def device_secrets() -> Mapping[str, str]:
    """Return the secrets that devices send, by variable; they are public: the city is fictional."""
    with_secret = (Dialect.OCPP, Dialect.NGSI_LD, Dialect.WEBHOOK, Dialect.SHELLY)
    return {variable(dialect): f"{dialect.value}-known-to-all" for dialect in with_secret}


def station_name(place: DevicePlace) -> str:
    """Return the identity of the station in a cabinet."""
    return f"CP-{place.cabinet}"


def shelly_name(place: DevicePlace) -> str:
    """Return the device name of the Shelly in a cabinet."""
    return f"shellypro1pm-{place.cabinet.lower()}"


def with_devices(settings: Settings, start: datetime, ports: Ports) -> Settings:
    """Return the settings of a demo with devices.

    Args:
        settings: of the city; the devices are in the cabinets of its first tenant.
        start: when the city began.
        ports: the ports of the devices.
    """
    tenant = next(iter(settings.tenants))
    added = list(_sources(tenant, start, ports))
    if settings.http.workers > 1:
        # Stations connect to the writing process only.
        added = [source for source in added if not isinstance(source, Ocpp16Source)]
    return msgspec.structs.replace(settings, sources=(*settings.sources, *added))


def _sources(tenant: str, start: datetime, ports: Ports) -> Iterator[Source]:
    yield CsvSource(name=TABLE, tenant=tenant)
    p1 = PLACES[Dialect.P1]
    yield TcpSource(
        name=p1.dialect.value, tenant=tenant, port=ports.p1, decode=P1(cabinet=p1.cabinet)
    )
    ocpp = PLACES[Dialect.OCPP]
    station = station_name(ocpp)
    yield Ocpp16Source(
        name=ocpp.dialect.value,
        tenant=tenant,
        stations={station: ocpp.cabinet},
        password_env=variable(ocpp.dialect),
        meters={f"{station}/1": ocpp.meter},
    )
    context = PLACES[Dialect.NGSI_LD]
    where = NgsiLdPlace(cabinet=context.cabinet, outlet=context.outlet, meter=context.meter)
    yield HttpSource(
        name=context.dialect.value,
        tenant=tenant,
        token_env=variable(context.dialect),
        decode=NgsiLd(entities={entity_id(context): where}),
    )
    yield HttpSource(
        name=Dialect.WEBHOOK.value,
        tenant=tenant,
        signature=Signature(
            header=SIGNATURE_HEADER,
            prefix="sha256=",
            secret_env=variable(Dialect.WEBHOOK),
            timestamp_header=TIMESTAMP_HEADER,
            # In time of the demo's clock, which may run a thousand times faster than real time.
            tolerance_seconds=86_400,
        ),
    )
    shelly = PLACES[Dialect.SHELLY]
    yield HttpSource(
        name=shelly.dialect.value,
        tenant=tenant,
        token_env=variable(shelly.dialect),
        decode=_shelly(shelly),
    )
    yield _rest(tenant, start, ports.rest)
    if ports.mqtt is not None:
        broker = PLACES[Dialect.MQTT]
        yield MqttSource(
            name=broker.dialect.value,
            tenant=tenant,
            topics=("+/online", "+/events/rpc"),
            client_id=f"ldes-shok-{broker.dialect.value}",
            port=ports.mqtt,
            decode=_shelly(broker),
        )


def _shelly(place: DevicePlace) -> Mapped:
    device = shelly_name(place)
    outlet = Alias(cabinet=place.cabinet, outlet=place.outlet, meter=place.meter)
    aliases = {device: Alias(cabinet=place.cabinet), f"{device}/0": outlet}
    return Mapped(preset="shelly", aliases=aliases)


def _rest(tenant: str, start: datetime, port: int) -> PollSource:
    return PollSource(
        name=Dialect.REST.value,
        tenant=tenant,
        url=f"http://{LOOPBACK}:{port}/metingen?van={{since}}&tot={{until}}",
        every_seconds=2,
        timeout_seconds=600,  # the source polls before it answers: during the back-fill
        items="metingen",
        window=Window(start=instant_text(start.replace(microsecond=0))),
        decode=Mapped(
            cabinet=Locator(path=ValuePath("kast")),
            outlet=Locator(path=ValuePath("stopcontact")),
            meter=Locator(path=ValuePath("meter")),
            time=Time(path=ValuePath("tijdstip"), format="iso", clock="S"),
            readings=(
                ReadingRule(
                    path=ValuePath("stand_kwh"), quantity="energy.import.register", unit="kWh"
                ),
                ReadingRule(path=ValuePath("vermogen_w"), quantity="power.import", unit="W"),
            ),
        ),
    )
