"""Maps readings to observations: one member per reading.

The whole member follows from the event, so the same event gives the same quads, whenever and
however often it arrives. Only two facts come from the configuration: the manager of the cabinet,
and the meter of an event without one.

`_describe` alone defines the statements of an observation. For the first reading of a kind, it is
called with the names of the facts instead of the facts. After that the outline of the kind is
known, and the gap of each fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from ldes_shok.cabinet.event import Measurement, Session
from ldes_shok.cabinet.flags import about_event
from ldes_shok.cabinet.incoming import Received
from ldes_shok.cabinet.measurement import Reading
from ldes_shok.errors import NotMapped
from ldes_shok.ldes.member import Draft, Summary, Term
from ldes_shok.ldes.template import Outline
from ldes_shok.mapping.codes import (
    PEAK_POWER,
    QUANTITY,
    STATISTIEK,
    QuantityMapping,
)
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.member_builder import MemberBuilder, Outlines
from ldes_shok.mapping.state import CabinetState
from ldes_shok.mapping.streams import TECHNIEK, VERBRUIK_INDIVIDUEEL
from ldes_shok.mapping.tenant import NamedTenant
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import iri

UNKNOWN_METER = "unknown_meter"


class Facts(NamedTuple):
    """The facts that differ between observations of a kind: IRIs, instants, the value.

    All were checked when the event was decoded, or are minted here. So none needs escaping.
    """

    member: str
    entity: str
    observed_at: str
    start: str
    end: str
    feature: str
    meter: str
    contributor: str
    value: str


@dataclass(frozen=True, slots=True)
class _ReadingGroup:
    """Readings that give the same kind of observation."""

    mapping: QuantityMapping
    phase: str
    stat: str
    over_period: bool


@dataclass(frozen=True, slots=True)
class _MemberPlan:
    """How a kind of reading becomes a member: the stream, the outline, the facts in its gaps."""

    kind: _ReadingGroup
    stream: str
    outline: Outline
    values: Callable[[Facts], tuple[str, ...]]
    suffix: str


class Observations:
    """Drafts the observations of one tenant's meters."""

    def __init__(self, iris: Iris, tenant: NamedTenant, outlines: Outlines) -> None:
        self._iris = iris
        self._tenant = tenant
        self._outlines = outlines
        self._plans: dict[tuple[str, str, str | None, bool], _MemberPlan] = {}

    def readings(
        self, received: Received, event: Measurement, state: CabinetState, serial: str
    ) -> Iterator[Draft]:
        """Each reading as an Observatie or IndividueelVerbruikObservatie.

        Args:
            received: the event as the service keeps it.
            event: the same, decoded.
            state: of its cabinet.
            serial: of its meter.
        """
        iris, tenant, at = self._iris, self._tenant.name, event.observed_at
        meter = iris.meter(tenant, serial)
        beginning = iris.minute(at) if received.has_natural_key else iris.beginning(received.key)
        contributor = iris.organisation(
            tenant, state.configuration.manager or self._tenant.facts.manager
        )
        place = f"{event.cabinet}/{event.outlet}" if event.outlet else event.cabinet
        period = event.data.period
        start, end = (period.start, period.end) if period else ("", "")
        features = self._feature(event, individual=False), self._feature(event, individual=True)
        observed = (event.cabinet, event.outlet or "", serial, at)
        flags = about_event(event.flags)
        for reading in event.data.readings:
            plan = self._plan(reading, has_period=period is not None)
            kind = plan.kind
            over = f"{start}/{end}" if kind.over_period else ""
            entity = iris.observation(
                beginning, tenant, received.key, reading.quantity, reading.phase, reading.stat or ""
            )
            member = iris.observation_version(
                entity, *observed, over, reading.value, event.quality, *flags, *reading.flags
            )
            feature = features[kind.mapping.individual]
            value = kind.mapping.published(reading.value)
            facts = Facts(member, entity, at, start, end, feature, meter, contributor, value)
            summary = Summary(kind.mapping.label, place, f"{value}{plan.suffix}", at)
            yield Draft(plan.stream, member, entity, plan.outline, plan.values(facts), summary)

    def registers(
        self,
        event: Session,
        outlet: str,
        then: CabinetState,
        state: CabinetState,
    ) -> Iterator[Draft]:
        """The registers at the start and the end of a session.

        The event of the end repeats the start. That gives the same member, because its identity is
        that of the session and not of the event. The total use (`energy`) follows from the two.

        Args:
            event: a start, an update or an end.
            outlet: the outlet of the session.
            then: its cabinet as configured then.
            state: its cabinet now, which knows every meter that it ever had.

        Raises:
            NotMapped: a meter is not in the configuration.
        """
        iris, tenant, data = self._iris, self._tenant.name, event.data
        contributor = iris.organisation(
            tenant, then.configuration.manager or self._tenant.facts.manager
        )
        registers = [("begin", data.start_register, data.started_at)]
        if data.event == "ended" and data.ended_at:
            registers.append(("einde", data.end_register, data.ended_at))
        for moment, register, at in registers:
            if register is None:
                continue
            if register.meter not in state.meter_serials:
                raise unknown_meter(register.meter, event.cabinet)
            reading = Reading("energy.import.register", "total", register.value, "Wh")
            plan = self._plan(reading, has_period=False)
            natural = ("sessie", event.cabinet, outlet, data.session_id, moment)
            entity = iris.observation(iris.minute(at), tenant, *natural)
            member = iris.observation_version(
                entity, register.meter, at, register.value, event.quality, *about_event(event.flags)
            )
            value = plan.kind.mapping.published(register.value)
            feature = iris.outlet(tenant, event.cabinet, outlet)
            meter = iris.meter(tenant, register.meter)
            facts = Facts(member, entity, at, "", "", feature, meter, contributor, value)
            place = f"{event.cabinet}/{outlet}"
            summary = Summary(plan.kind.mapping.label, place, f"{value}{plan.suffix}", at)
            yield Draft(plan.stream, member, entity, plan.outline, plan.values(facts), summary)

    def _plan(self, reading: Reading, *, has_period: bool) -> _MemberPlan:
        key = reading.quantity, reading.phase, reading.stat, has_period
        plan = self._plans.get(key)
        if plan is None:
            kind = _ReadingGroup(
                mapping_of(reading),
                reading.phase,
                "" if reading.stat == "instant" else reading.stat or "",
                has_period and _holds_over_time(reading),
            )
            plan = self._plans[key] = self._planned(kind)
        return plan

    def _planned(self, kind: _ReadingGroup) -> _MemberPlan:
        names = Facts(*Facts._fields)
        stream = VERBRUIK_INDIVIDUEEL if kind.mapping.individual else TECHNIEK
        named = self._describe(kind, names).draft(stream, Summary("", "", "", ""))
        phase = "" if kind.phase == "total" else f" ({kind.phase})"
        suffix = f" {kind.mapping.symbol}{phase}".rstrip()
        places = [names.index(name) for name in named.values]
        return _MemberPlan(kind, stream, named.outline, itemgetter(*places), suffix)

    def _describe(self, kind: _ReadingGroup, facts: Facts) -> MemberBuilder:
        """The observation of `kind` with these facts."""
        mapping = kind.mapping
        class_term = vocab.INDIVIDUAL_CONSUMPTION if mapping.individual else vocab.OBSERVATION
        star = MemberBuilder(self._outlines, facts.member, facts.entity, class_term)
        if not mapping.individual:
            star.time(vocab.MODIFIED, facts.observed_at)
        star.link(vocab.FEATURE_OF_INTEREST, facts.feature)
        kenmerk = self._iris.concept("kenmerktype", mapping.kenmerk)
        star.add(vocab.OBSERVED_PROPERTY, iri(kenmerk))
        star.add(vocab.PHENOMENON_TIME, _phenomenon_time(star, kind, facts))
        result = star.node(vocab.QUANTITY_VALUE)
        star.decimal(vocab.VALUE, facts.value, result)
        star.add(vocab.HAS_UNIT, iri(f"{vocab.PREFIXES['unit']}{mapping.unit}"), result)
        star.add(vocab.HAS_RESULT, result)
        star.link(vocab.MADE_BY_SENSOR, facts.meter)
        star.link(vocab.CONTRIBUTOR, facts.contributor)
        # Observatie.parameter distinguishes two readings of one instant.
        if kind.phase != "total":
            star.parameter("fase", self._concept("fase", kind.phase))
        if kind.stat:
            star.parameter("statistiek", self._concept("statistiek", STATISTIEK[kind.stat]))
        return star

    def _concept(self, scheme: str, name: str) -> Term:
        return iri(self._iris.concept(scheme, name))

    def _feature(self, event: Measurement, *, individual: bool) -> str:
        tenant = self._tenant.name
        if event.outlet is not None:
            return self._iris.outlet(tenant, event.cabinet, event.outlet)
        if individual:
            # Range of IndividueelVerbruikObservatie.geobserveerdObject is Aansluiting.
            return self._iris.connection(tenant, event.cabinet)
        return self._iris.cabinet(tenant, event.cabinet)


def unknown_meter(serial: str, cabinet: str) -> NotMapped:
    """The error for an event of a meter that no configuration names yet."""
    return NotMapped(
        UNKNOWN_METER,
        f"data.meter {serial} is not in the configuration of cabinet {cabinet}: "
        "it goes through when a configuration event names it",
    )


def mapping_of(reading: Reading) -> QuantityMapping:
    """The mapping of a reading's quantity; the highest demand is the peak power."""
    if reading.quantity == "power.demand" and reading.stat == "max":
        return PEAK_POWER
    return QUANTITY[reading.quantity]


def _holds_over_time(reading: Reading) -> bool:
    """Intervals, demands and statistics hold over a period; the rest at an instant."""
    over_time = reading.quantity.endswith((".interval", ".demand"))
    return over_time or reading.stat not in (None, "instant")


def _phenomenon_time(star: MemberBuilder, kind: _ReadingGroup, facts: Facts) -> Term:
    if not kind.over_period:
        return star.instant(facts.observed_at)
    return star.period(facts.start, facts.end)
