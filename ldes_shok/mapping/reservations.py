"""Reservations, and the activities that they are for.

A reservation has two variants: in `reservaties` with a pseudonym of its holder, which is different
in each reservation, and in `reservaties-open` without. Both have the same IRI, keyed by the
reservation alone. The open variant gives only the day (of Brussels) of a change: a time in seconds
could be matched with a person who acted in that second. Of one day, the version published last is
the latest one (`ldes_shok.mapping.precedence`).

An activity is known only from its reservations. Its time is the period of the reservation that
named it, its place is the cabinet's address, and its agent is the municipality: the profile makes
all three mandatory. A market, fair or event has the identifier from the sender. A standing place or
works belongs to one person, and its identifier may stand for that person. So its IRI is keyed by
the reservation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import GATHERINGS, Activity, Reservation, ReservationData
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.ldes.member import Draft, Summary, Term
from ldes_shok.mapping.assets import Occasion
from ldes_shok.mapping.happening_codes import (
    ACTIVITEITTYPE,
    OSLO_RESERVATION,
    RESERVATIESTATUS,
    ZAALRESERVATIE,
)
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.member_builder import MemberBuilder, Outlines
from ldes_shok.mapping.state import CabinetState
from ldes_shok.mapping.streams import KASTEN, RESERVATIES, RESERVATIES_OPEN
from ldes_shok.mapping.tenant import NamedTenant
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import iri

_ZONE: Final = "Europe/Brussels"


class Reservations:
    """Drafts the reservations of one tenant's cabinets."""

    def __init__(self, iris: Iris, tenant: NamedTenant, outlines: Outlines) -> None:
        self._iris = iris
        self._tenant = tenant
        self._outlines = outlines

    def drafts(
        self, event: Reservation, state: CabinetState, occasion: Occasion
    ) -> Iterator[Draft]:
        """The holder, the activity, and the reservation in both variants.

        Args:
            event: the event from the booking system.
            state: of its cabinet, as configured then.
            occasion: the time of the version, and the event.
        """
        data = event.data
        if data.holder is not None:
            yield self._holder(data.holder, event)
        entity = ""
        if data.activity is not None:
            entity = self._activity_of(event, data.activity)
            yield self._activity(event, data.activity, state, entity)
        for stream in (RESERVATIES, RESERVATIES_OPEN):
            yield self._reservation(event, occasion, stream, entity)

    def _reservation(
        self, event: Reservation, occasion: Occasion, stream: str, activity: str
    ) -> Draft:
        data, iris, tenant = event.data, self._iris, self._tenant.name
        entity = iris.reservation(tenant, *_natural(event))
        at = day_of(occasion.at) if stream == RESERVATIES_OPEN else occasion.at
        version = iris.version(entity, at, stream, occasion.key, occasion.digest.hex())
        star = MemberBuilder(self._outlines, version, entity, vocab.RESERVATION)
        star.time(vocab.MODIFIED, at)
        place = (
            iris.cabinet(tenant, event.cabinet)
            if event.outlet is None
            else iris.outlet(tenant, event.cabinet, event.outlet)
        )
        star.link(vocab.RELATION, place)
        if data.holder is not None and stream == RESERVATIES:
            star.link(vocab.RESERVED_BY, iris.pseudonym(tenant, data.holder, *_natural(event)))
        if activity:
            star.link(vocab.RESERVED_FOR, activity)
        star.add(vocab.RESERVATION_PERIOD, star.period(data.period.start, data.period.end))
        star.add(vocab.STATUS, self._status(data))
        subject = f"{event.cabinet}/{event.outlet}" if event.outlet else event.cabinet
        words = _word(data)
        return star.draft(stream, Summary("Reservatie", subject, words, at))

    def _status(self, data: ReservationData) -> Term:
        if data.state in OSLO_RESERVATION:
            return iri(f"{ZAALRESERVATIE}/{OSLO_RESERVATION[data.state]}")
        return iri(self._iris.concept("reservatiestatus", RESERVATIESTATUS[data.state]))

    def _activity_of(self, event: Reservation, activity: Activity) -> str:
        tenant = self._tenant.name
        if activity.type in GATHERINGS:
            return self._iris.activity(tenant, activity.id)
        return self._iris.private_activity(tenant, *_natural(event), activity.id)

    def _activity(
        self, event: Reservation, activity: Activity, state: CabinetState, entity: str
    ) -> Draft:
        """A version with time and place; all reservations with that time and place share it."""
        period = event.data.period
        iris, tenant = self._iris, self._tenant
        content = (activity.type, period.start, period.end, event.cabinet)
        version = iris.version(entity, period.start, KASTEN, *content)
        star = MemberBuilder(self._outlines, version, entity, vocab.ACTIVITY)
        star.time(vocab.MODIFIED, period.start)
        kind = ACTIVITEITTYPE[activity.type]
        star.add(vocab.DCTERMS_TYPE, iri(iris.concept("activiteittype", kind)))
        star.add(vocab.AT_TIME, star.period(period.start, period.end))
        address = state.configuration.address
        node = star.address(
            (address.street if address else None) or "",
            (address.number if address else None) or "",
            (address.postcode if address else None) or tenant.facts.municipality.postcode,
            (address.municipality if address else None) or tenant.facts.municipality.name,
        )
        star.add(vocab.AT_LOCATION, node)
        star.link(vocab.QUALIFIED_ASSOCIATION, iris.organisation(tenant.name, tenant.user))
        name = activity.id if activity.type in GATHERINGS else event.cabinet
        return star.draft(KASTEN, Summary("Activiteit", name, kind, period.start))

    def _holder(self, pseudonym: str, event: Reservation) -> Draft:
        """The holder as an agent, so that the pseudonym's IRI is a document; no more is known."""
        iris, tenant = self._iris, self._tenant
        entity = iris.pseudonym(tenant.name, pseudonym, *_natural(event))
        at = tenant.facts.valid_from
        version = iris.version(entity, at, RESERVATIES)
        star = MemberBuilder(self._outlines, version, entity, vocab.AGENT)
        star.time(vocab.MODIFIED, at)
        name = entity.rpartition("/")[2][:8]
        return star.draft(RESERVATIES, Summary("Houder", name, "pseudoniem", at))


def day_of(at: str) -> str:
    """The start of the day of Brussels in which the `Instant` lies, as an `Instant`."""
    zone = ZoneInfo(_ZONE)
    day = parse_instant(at).astimezone(zone).date()
    return instant_text(datetime.combine(day, time(), zone).astimezone(UTC))


def _natural(event: Reservation) -> tuple[str, str, str]:
    return event.cabinet, event.outlet or "", event.data.reservation_id


def _word(data: ReservationData) -> str:
    known = OSLO_RESERVATION.get(data.state) or RESERVATIESTATUS[data.state]
    return {"nietOpgedaagd": "niet opgedaagd"}.get(known, known.lower())
