"""The way of the data without a network: log, mapping and writer over one invented city."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from ldes_shok.cabinet.claim import Claim
from ldes_shok.cabinet.incoming import Delivery, Origin, Received, receive
from ldes_shok.clock import ManualClock
from ldes_shok.fragmentation.tree import Policy
from ldes_shok.ldes.member import Triple
from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.ldes.template import Outline
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.streams import STREAMS, WITH_VERSION_TIME
from ldes_shok.mapping.tenant import Municipality, NamedTenant, Network, Organisation, Tenant
from ldes_shok.pipeline.batch import BatchTools
from ldes_shok.pipeline.ownership import Ownership
from ldes_shok.pipeline.stream_writer import Sealer
from ldes_shok.pipeline.writer import Writer
from ldes_shok.rdf.blocks import BlockRenderer
from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.templates import TemplateWriter
from ldes_shok.rdf.turtle import TurtleWriter
from ldes_shok.rdf.vocab import VERSION_TIME_IRI
from ldes_shok.representation.hypermedia import HypermediaWriter
from ldes_shok.validation.judge import OutlineJudge
from ldes_shok.validation.verdict import CONFORMS, Verdict
from tests.support.keys import memory_vault
from tests.support.logs import identity_of

BASE: Final = "http://shok.test"
CONTEXT_IRI: Final = f"{BASE}/context.jsonld"
TENANT: Final = "voorbeeldstad"
SECRET: Final = b"a secret that only these tests know"
ORIGIN: Final = Origin("http", TENANT, "push")
NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)

Json = Mapping[str, object]


def tenant() -> NamedTenant:
    """Voorbeeldstad, invented."""
    facts = Tenant(
        organisations={
            "stad": Organisation(name="Stad Voorbeeldstad", kbo="0000000097"),
            "kastbeheerder": Organisation(name="Kastbeheer Voorbeeldstad"),
            "leverancier": Organisation(name="Voorbeeldstroom"),
        },
        municipality=Municipality(name="Voorbeeldstad", postcode="9999", organisation="stad"),
        manager="kastbeheerder",
        supplier="leverancier",
        authority="stad",
        network=Network(id="marktnet", name="Marktnet"),
        valid_from="2026-01-01T00:00:00Z",
    )
    return NamedTenant(TENANT, facts)


def iris() -> Iris:
    """What mints these tests' IRIs."""
    return Iris(BASE, SECRET)


def mapper() -> Mapper:
    """The mapping of the one tenant."""
    return Mapper(iris(), {TENANT: tenant()})


def event_stream(name: str, access: Access = Access.OPEN) -> EventStream:
    """An event stream as the service describes it."""
    return EventStream(
        name=name,
        kind=name,
        iri=f"{BASE}/{name}",
        view_iri=f"{BASE}/{name}/by-time",
        shape_iri=f"{BASE}/shapes/{name}",
        title_nl=f'Stroom "{name}"',
        title_en=f"Stream {name}",
        description_nl="Verzonnen.",
        description_en="Invented.",
        access=access,
        versioned_by=VERSION_TIME_IRI if name in WITH_VERSION_TIME else "",
        polling_interval_seconds=60,
    )


class Lenient:
    """Finds that everything conforms, except the members that it was told to refuse."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.judged: list[str] = []

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """`triples` are not looked at."""
        assert stream in STREAMS
        assert triples
        self.judged.append(iri)
        if any(word in iri for word in self.refused):
            return Verdict(conforms=False, report=f"# {iri}\n", sentence="it does not please me")
        return CONFORMS

    def judge_values(self, stream: str, outline: Outline, values: Sequence[str]) -> Verdict:
        """As `judge`."""
        return self.judge(stream, values[0], outline.fill(values))


@dataclass(slots=True)
class Vertical:
    """Everything between a delivery and the log."""

    path: Path
    clock: ManualClock
    judge: OutlineJudge
    policy: Policy
    log: SqliteLogWriter
    reader: SqliteLogReader
    writer: Writer
    hypermedia: HypermediaWriter
    streams: tuple[EventStream, ...]
    tools: BatchTools
    mapper: Mapper = field(default_factory=mapper)

    def close(self) -> None:
        """Let go of the log, committed or not."""
        self.reader.close()
        self.writer.close()

    def stream(self, name: str) -> EventStream:
        """One of the streams."""
        return next(stream for stream in self.streams if stream.name == name)


def open_vertical(
    directory: Path,
    judge: OutlineJudge | None = None,
    policy: Policy | None = None,
    members_per_millisecond: int = 1000,
    clock: ManualClock | None = None,
    open_log: Callable[[Path, LogIdentity], SqliteLogWriter] = SqliteLogWriter,
    claims: Sequence[Claim] = (),
) -> Vertical:
    """Open or make the log in `directory` and all that stands before it."""
    path = directory / "log.db"
    clock, judge, policy = clock or ManualClock(NOON), judge or Lenient(), policy or Policy()
    log, hypermedia = open_log(path, identity_of(BASE)), HypermediaWriter(CONTEXT_IRI)
    reader = SqliteLogReader(path, BASE)
    streams = tuple(event_stream(name) for name in STREAMS)
    tools = BatchTools(
        writer=log,
        mapper=mapper(),
        judge=judge,
        renderer=BlockRenderer(TemplateWriter(TurtleWriter(), load_context())),
        sealer=Sealer(hypermedia, reader),
        vault=memory_vault(),
        ownership=Ownership(claims, iris(), log),
    )
    writer = Writer(tools, streams, policy, members_per_millisecond, clock)
    return Vertical(path, clock, judge, policy, log, reader, writer, hypermedia, streams, tools)


# ------------------------------------------------------------------------------------- events


def _event(kind: str, at: str, data: Json, **envelope: object) -> bytes:
    event = {
        "v": 1, "kind": kind, "cabinet": "VBS-001", "observedAt": at, "clock": "S", "data": data,
        **envelope,
    }  # fmt: skip
    return msgspec.json.encode({name: value for name, value in event.items() if value is not None})


CABINET: Final[Json] = {
    "type": "marktkast",
    "name": "Kast Verzonnen Plein",
    "position": [4.4066, 51.2143],
    "ean": "549999900000012345",
    "address": {"street": "Verzonnen Plein", "number": "4"},
}
OUTLETS: Final[Sequence[Json]] = (
    {"id": "1", "socket": "IEC60309-2P+E-16", "meter": "SN-000012345"},
    {"id": "2", "socket": "IEC60309-3P+N+E-32"},
)
METERS: Final[Sequence[Json]] = (
    {"serial": "SN-HEAD", "model": "Verzonnen model X"},
    {"serial": "SN-000012345", "outlet": "1"},
)


def configuration(
    valid_from: str = "2026-05-01T00:00:00Z",
    *,
    op: str = "upsert",
    cabinet: Json | None = CABINET,
    outlets: Sequence[Json] = OUTLETS,
    meters: Sequence[Json] = METERS,
    **envelope: object,
) -> bytes:
    """A configuration event; with op `remove` it says nothing else."""
    data: dict[str, object] = {"op": op, "validFrom": valid_from}
    if op == "upsert":
        data |= {"outlets": outlets, "meters": meters}
        if cabinet is not None:
            data["cabinet"] = cabinet
    return _event("configuration", valid_from, data, **envelope)


def status(at: str, outlet: str | None = "1", *, axes: Json, **envelope: object) -> bytes:
    """A status event."""
    return _event("status", at, axes, outlet=outlet, **envelope)


def session(
    event: str, at: str, outlet: str | None = "1", *, data: Json | None = None, **envelope: object
) -> bytes:
    """A session event; of a session `s1` that started at `at`, unless `data` says otherwise."""
    said: dict[str, object] = {"sessionId": "s1", "event": event, "startedAt": at}
    if event == "ended":
        said |= {"endedAt": at, "stopReason": "local"}
    return _event("session", at, {**said, **(data or {})}, outlet=outlet, **envelope)


def fault(
    state: str,
    at: str,
    outlet: str | None = "1",
    *,
    severity: str = "error",
    data: Json | None = None,
    **envelope: object,
) -> bytes:
    """A fault, raised or cleared."""
    said = {"faultId": "F-1", "code": "rcd_trip", "state": state, "severity": severity}
    return _event("fault", at, {**said, **(data or {})}, outlet=outlet, **envelope)


def reservation(
    state: str,
    at: str,
    period: tuple[str, str],
    outlet: str | None = "1",
    *,
    data: Json | None = None,
    **envelope: object,
) -> bytes:
    """A reservation event."""
    said = {
        "reservationId": "RSV-1",
        "state": state,
        "period": {"start": period[0], "end": period[1]},
    }
    return _event("reservation", at, {**said, **(data or {})}, outlet=outlet, **envelope)


def reading(quantity: str, value: str, unit: str, **more: object) -> Json:
    """One reading, of all phases together unless told otherwise."""
    return {"quantity": quantity, "phase": "total", "value": value, "unit": unit, **more}


def measurement(
    at: str,
    readings: Sequence[Json],
    outlet: str | None = "1",
    *,
    meter: str | None = "SN-000012345",
    period: tuple[str, str] | None = None,
    **envelope: object,
) -> bytes:
    """A measurement event."""
    data: dict[str, object] = {"readings": readings}
    if meter is not None:
        data["meter"] = meter
    if period is not None:
        data["period"] = {"start": period[0], "end": period[1]}
    return _event("measurement", at, data, outlet=outlet, **envelope)


def aggregate(
    of: str,
    subject: str,
    quantity: str,
    value: str,
    day: tuple[str, str],
    audience: str = "public",
) -> bytes:
    """What the service added up over a day, Wh or W."""
    unit = "W" if quantity == "power.peak" else "Wh"
    period = {"start": day[0], "end": day[1]}
    said = {"of": of, "subject": subject, "quantity": quantity, "value": value, "unit": unit}
    return _event("aggregate", day[1], {**said, "period": period, "audience": audience})


def delivery(payload: bytes, at: datetime = NOON, origin: Origin = ORIGIN) -> Delivery:
    """A payload as the push source hands it over."""
    return Delivery(payload, origin, at)


def deliveries(*payloads: bytes) -> list[Delivery]:
    """Several, all at noon."""
    return [delivery(payload) for payload in payloads]


def received(payload: bytes) -> Received:
    """A payload, decoded."""
    return receive(delivery(payload))
