"""Aggregates as observations of a cabinet, a zone or an activity over a period.

`sosa:madeBySensor` is left out (`shapes/deviations.csv`): a sum has no one meter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ldes_shok.cabinet.aggregate import AggregateData, Audience
from ldes_shok.cabinet.event import Aggregate
from ldes_shok.cabinet.incoming import Received
from ldes_shok.ldes.member import Draft, Summary, Term
from ldes_shok.mapping.codes import PEAK_POWER, QUANTITY
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.member_builder import MemberBuilder, Outlines
from ldes_shok.mapping.tenant import NamedTenant
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import iri

_PEAK: Final = "power.peak"


class Aggregates:
    """Drafts the aggregates of one tenant."""

    def __init__(
        self, iris: Iris, tenant: NamedTenant, outlines: Outlines, streams: Mapping[Audience, str]
    ) -> None:
        """`streams` names the stream for the sums of each audience."""
        self._iris = iris
        self._tenant = tenant
        self._outlines = outlines
        self._streams = streams

    def drafts(self, received: Received, event: Aggregate) -> Iterator[Draft]:
        """The aggregate; for a zone, the zone itself comes first."""
        data, iris = event.data, self._iris
        stream = self._streams[data.audience]
        if data.of == "zone":
            yield self._zone(data.subject, stream)
        is_peak = data.quantity == _PEAK
        mapping = PEAK_POWER if is_peak else QUANTITY["energy.import.interval"]
        entity = iris.observation(
            iris.minute(event.observed_at), self._tenant.name, received.key, data.quantity
        )
        period = data.period
        content = (data.of, data.subject, period.start, period.end, data.value, *event.flags)
        member = iris.observation_version(entity, *content, *_revision(data))
        class_term = vocab.OBSERVATION if is_peak else vocab.AGGREGATED_CONSUMPTION
        star = MemberBuilder(self._outlines, member, entity, class_term)
        star.link(vocab.FEATURE_OF_INTEREST, self._feature(event))
        star.add(vocab.OBSERVED_PROPERTY, iri(iris.concept("kenmerktype", mapping.kenmerk)))
        star.add(vocab.PHENOMENON_TIME, _period(star, period.start, period.end))
        value = mapping.published(data.value)
        result = star.node(vocab.QUANTITY_VALUE)
        star.decimal(vocab.VALUE, value, result)
        star.add(vocab.HAS_UNIT, iri(f"{vocab.PREFIXES['unit']}{mapping.unit}"), result)
        star.add(vocab.HAS_RESULT, result)
        manager = iris.organisation(self._tenant.name, self._tenant.facts.manager)
        star.link(vocab.CONTRIBUTOR, manager)
        label = mapping.label if is_peak else "Verbruik samen"
        yield star.draft(
            stream, Summary(label, data.subject, f"{value} {mapping.symbol}", event.observed_at)
        )

    def _feature(self, event: Aggregate) -> str:
        tenant, subject = self._tenant.name, event.data.subject
        match event.data.of:
            case "cabinet":
                return self._iris.cabinet(tenant, subject)
            case "zone":
                return self._iris.zone(tenant, subject)
            case "activity":
                return self._iris.activity(tenant, subject)

    def _zone(self, zone: str, stream: str) -> Draft:
        """A Plaats with the name from the configuration; it is the same member every time."""
        at = self._tenant.facts.valid_from
        entity = self._iris.zone(self._tenant.name, zone)
        member = self._iris.version(entity, at, stream, zone)
        star = MemberBuilder(self._outlines, member, entity, vocab.LOCATION)
        star.dutch(vocab.LABEL, zone)
        return star.draft(stream, Summary("Zone", zone, "zone", at))


def _revision(data: AggregateData) -> tuple[str, ...]:
    """Part of the version: a sum may be corrected, and corrected back to its first value."""
    return (str(data.revision),) if data.revision else ()


def _instant(star: MemberBuilder, lexical: str) -> Term:
    node = star.node(vocab.INSTANT)
    star.time(vocab.IN_XSD_DATE_TIME, lexical, node)
    return node


def _period(star: MemberBuilder, start: str, end: str) -> Term:
    node = star.node(vocab.PROPER_INTERVAL)
    star.add(vocab.HAS_BEGINNING, _instant(star, start), node)
    star.add(vocab.HAS_END, _instant(star, end), node)
    return node
