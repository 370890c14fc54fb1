"""Readings as observations: one member per reading.

Everything in the member follows from the event, so the same event gives the same quads whenever
and however often it arrives. Only who manages the cabinet, and which meter an event without one
means, come from the configuration.
"""

from __future__ import annotations

from ldes_shok.cabinet.event import Measurement
from ldes_shok.cabinet.incoming import Received
from ldes_shok.cabinet.measurement import Period, Reading
from ldes_shok.ldes.member import Draft, Summary, Term
from ldes_shok.mapping.codes import (
    PEAK_POWER,
    QUANTITY,
    STATISTIEK,
    QuantityMapping,
    shift_point,
)
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.star import Outlines, Star
from ldes_shok.mapping.state import CabinetState
from ldes_shok.mapping.streams import TECHNIEK, VERBRUIK_INDIVIDUEEL
from ldes_shok.mapping.tenant import Tenant
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import iri, plain


class Observations:
    """Drafts the observations of one tenant's meters."""

    def __init__(self, iris: Iris, tenant: Tenant, outlines: Outlines) -> None:
        self._iris = iris
        self._outlines = outlines
        self._tenant = tenant

    def reading(
        self,
        received: Received,
        event: Measurement,
        reading: Reading,
        state: CabinetState,
        serial: str,
    ) -> Draft:
        """One reading as an Observatie or IndividueelVerbruikObservatie."""
        iris, tenant = self._iris, self._tenant
        mapping = mapping_of(reading)
        stream = VERBRUIK_INDIVIDUEEL if mapping.individual else TECHNIEK
        period = _period_of(event, reading)
        entity = iris.observation(
            tenant.name, received.key, reading.quantity, reading.phase, reading.stat or ""
        )
        member = iris.observation_version(
            entity, event.cabinet, event.outlet or "", serial, event.observed_at,
            f"{period.start}/{period.end}" if period else "",
            reading.value, event.quality, *event.flags, *reading.flags,
        )  # fmt: skip
        class_term = vocab.INDIVIDUAL_CONSUMPTION if mapping.individual else vocab.OBSERVATION
        star = Star(self._outlines, member, entity, class_term)
        if not mapping.individual:
            star.time(vocab.MODIFIED, event.observed_at)
        star.link(vocab.FEATURE_OF_INTEREST, self._feature(event, mapping))
        star.add(vocab.OBSERVED_PROPERTY, iri(iris.concept("kenmerktype", mapping.kenmerk)))
        star.add(vocab.PHENOMENON_TIME, _phenomenon_time(star, event, period))
        value = shift_point(reading.value, mapping.shift)
        result = star.node(vocab.QUANTITY_VALUE)
        star.decimal(vocab.VALUE, value, result)
        star.add(vocab.HAS_UNIT, iri(f"{vocab.PREFIXES['unit']}{mapping.unit}"), result)
        star.add(vocab.HAS_RESULT, result)
        star.link(vocab.MADE_BY_SENSOR, iris.meter(tenant.name, serial))
        manager = state.configuration.manager or tenant.manager
        star.link(vocab.CONTRIBUTOR, iris.organisation(tenant.name, manager))
        self._parameters(star, reading)
        subject = f"{event.cabinet}/{event.outlet}" if event.outlet else event.cabinet
        phase = "" if reading.phase == "total" else f" ({reading.phase})"
        summary = Summary(
            mapping.label, subject, f"{value} {mapping.symbol}{phase}".strip(), event.observed_at
        )
        return star.draft(stream, summary)

    def _feature(self, event: Measurement, mapping: QuantityMapping) -> str:
        tenant = self._tenant.name
        if event.outlet is not None:
            return self._iris.outlet(tenant, event.cabinet, event.outlet)
        if mapping.individual:
            # Range of IndividueelVerbruikObservatie.geobserveerdObject is Aansluiting.
            return self._iris.connection(tenant, event.cabinet)
        return self._iris.cabinet(tenant, event.cabinet)

    def _parameters(self, star: Star, reading: Reading) -> None:
        """Observatie.parameter: what tells two readings of one instant apart."""
        if reading.phase != "total":
            self._parameter(star, "fase", reading.phase)
        if reading.stat is not None and reading.stat != "instant":
            self._parameter(star, "statistiek", STATISTIEK[reading.stat])

    def _parameter(self, star: Star, scheme: str, name: str) -> None:
        node = star.node(vocab.STRUCTURED_VALUE)
        star.add(vocab.SCHEMA_NAME, plain(scheme), node)
        star.add(vocab.SCHEMA_VALUE, iri(self._iris.concept(scheme, name)), node)
        star.add(vocab.PARAMETER, node)


def mapping_of(reading: Reading) -> QuantityMapping:
    """How a reading's quantity is said; the highest demand is the peak power."""
    if reading.quantity == "power.demand" and reading.stat == "max":
        return PEAK_POWER
    return QUANTITY[reading.quantity]


def _period_of(event: Measurement, reading: Reading) -> Period | None:
    """Intervals, demands and statistics hold over a period; the rest at an instant."""
    over_time = reading.quantity.endswith((".interval", ".demand"))
    if over_time or reading.stat not in (None, "instant"):
        return event.data.period
    return None


def _instant(star: Star, lexical: str) -> Term:
    node = star.node(vocab.INSTANT)
    star.time(vocab.IN_XSD_DATE_TIME, lexical, node)
    return node


def _phenomenon_time(star: Star, event: Measurement, period: Period | None) -> Term:
    if period is None:
        return _instant(star, event.observed_at)
    node = star.node(vocab.PROPER_INTERVAL)
    star.add(vocab.HAS_BEGINNING, _instant(star, period.start), node)
    star.add(vocab.HAS_END, _instant(star, period.end), node)
    return node
