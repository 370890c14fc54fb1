"""Drafts versions of the physical things: cabinet, outlet, meter, connection.

Each version carries the full state. The members follow the profile's classes Kast, Stopcontact,
Meter and Aansluiting, with the inherited mandatory properties.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ldes_shok.cabinet.configuration import MeterConfiguration
from ldes_shok.cabinet.decimals import point_moved
from ldes_shok.errors import NotMapped
from ldes_shok.ldes.member import Draft, Summary
from ldes_shok.mapping.codes import (
    KASTTYPE,
    OCCUPANCY,
    OPERATION,
    PRIVATE_AXES,
    STOPCONTACTTYPE,
)
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.member_builder import MemberBuilder, Outlines
from ldes_shok.mapping.state import CabinetState
from ldes_shok.mapping.streams import TECHNIEK
from ldes_shok.mapping.tenant import NamedTenant
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import iri, plain


@dataclass(frozen=True, slots=True)
class Occasion:
    """The reason for a version: its own time, and the event that it comes from."""

    at: str
    key: str
    digest: bytes


class Assets:
    """Drafts the versions of one tenant's things."""

    def __init__(self, iris: Iris, tenant: NamedTenant, outlines: Outlines) -> None:
        self._iris = iris
        self._outlines = outlines
        self._tenant = tenant

    def cabinet(
        self, state: CabinetState, axes: Mapping[str, str], occasion: Occasion, stream: str
    ) -> Draft:
        """A version of a Kast; `axes` holds the value of each axis."""
        iris, tenant, name = self._iris, self._tenant, state.cabinet
        entity = iris.cabinet(tenant.name, name)
        star = self._star(entity, vocab.CABINET, occasion, stream)
        configuration = state.configuration
        star.add(vocab.US_IDENTIFIER, self._identifier(star, name, "kastnummer"))
        kasttype = KASTTYPE[configuration.type or "other"]
        self._concept(star, vocab.DCTERMS_TYPE, "kasttype", kasttype)
        operation = OPERATION[axes.get("operation", "unknown")]
        self._concept(star, vocab.CURRENT_STATUS, "operationelestatus", operation)
        if axes.get("occupancy", "unknown") != "unknown":
            self._concept(star, vocab.STATUS, "beschikbaarheidsstatus", _availability(axes))
        if stream == TECHNIEK:
            self._private_axes(star, axes)
        star.time(vocab.VALID_FROM, state.valid_from)
        network = self._network(state)
        star.link(vocab.IN_NETWORK, network)
        star.link(vocab.IN_NETWERK, network)
        star.add(vocab.NODE_GEOMETRY, self._point(star, state))
        for outlet in sorted(state.outlets):
            star.link(vocab.US_NODE, iris.outlet(tenant.name, name, outlet))
        if configuration.name:
            star.dutch(vocab.LABEL, configuration.name)
        summary = Summary("Kast", name, _words(kasttype, operation), occasion.at)
        return star.draft(stream, summary)

    def outlet(
        self,
        state: CabinetState,
        outlet: str,
        axes: Mapping[str, str],
        occasion: Occasion,
        stream: str,
    ) -> Draft:
        """A version of a Stopcontact: public facts in `kasten`, all facts in `techniek`."""
        iris, tenant = self._iris, self._tenant
        entity = iris.outlet(tenant.name, state.cabinet, outlet)
        star = self._star(entity, vocab.OUTLET, occasion, stream)
        number = f"{state.cabinet}/{outlet}"
        self._identifiers(star, number, "stopcontactnummer")
        socket = state.outlets[outlet].configuration.socket or "other"
        self._concept(star, vocab.DCTERMS_TYPE, "stopcontacttype", STOPCONTACTTYPE[socket])
        operation, availability = OPERATION[axes.get("operation", "unknown")], _availability(axes)
        self._concept(star, vocab.CURRENT_STATUS, "operationelestatus", operation)
        self._concept(star, vocab.STATUS, "beschikbaarheidsstatus", availability)
        if stream == TECHNIEK:
            self._private_axes(star, axes)
        self._connection_facts(star, state)
        if stream == TECHNIEK:
            star.link(vocab.USER, iris.organisation(tenant.name, tenant.user))
        summary = Summary("Stopcontact", number, _words(operation, availability), occasion.at)
        return star.draft(stream, summary)

    def connection(self, state: CabinetState, occasion: Occasion) -> Draft:
        """A version of the Aansluiting that feeds the cabinet."""
        iris, tenant = self._iris, self._tenant
        entity = iris.connection(tenant.name, state.cabinet)
        star = self._star(entity, vocab.CONNECTION, occasion, TECHNIEK)
        ean = state.configuration.ean
        notation, kind = (ean, "EANNummer") if ean else (state.cabinet, "kastnummer")
        self._identifiers(star, notation, kind)
        self._concept(star, vocab.DCTERMS_TYPE, "platformtype", "netaansluiting")
        star.add(vocab.CURRENT_STATUS, vocab.FUNCTIONAL)
        self._connection_facts(star, state)
        star.link(vocab.USER, iris.organisation(tenant.name, tenant.user))
        summary = Summary("Aansluiting", state.cabinet, notation, occasion.at)
        return star.draft(TECHNIEK, summary)

    def meter(self, state: CabinetState, serial: str, occasion: Occasion) -> Draft:
        """A version of a Meter."""
        iris, tenant = self._iris, self._tenant
        entity = iris.meter(tenant.name, serial)
        star = self._star(entity, vocab.METER, occasion, TECHNIEK)
        star.add(vocab.NOTATION, self._identifier(star, serial, "serienummer", agency=False))
        configured = state.meters.get(serial)
        if configured and configured.model:
            star.dutch(vocab.HAS_MODEL, configured.model)
        self._concept(star, vocab.HAS_FUNCTION, "functietype", "elektriciteitsmeting")
        self._concept(star, vocab.ACCOMPLISHES, "taak", "verbruik-meten")
        self._concept(star, vocab.DCTERMS_TYPE, "systeemtype", "slimme-elektriciteitsmeter")
        if configured:
            self._life(star, configured)
        host = state.host_of(serial)
        star.link(vocab.IS_HOSTED_BY, self._place(state, host))
        subject = f"{state.cabinet}/{host}" if host else state.cabinet
        summary = Summary("Meter", subject, serial, occasion.at)
        return star.draft(TECHNIEK, summary)

    def _life(self, star: MemberBuilder, meter: MeterConfiguration) -> None:
        """Add where a meter's register began and rolls over, and which meter it replaces.

        `final` comes with `replaces`: the last register of the meter that was taken away.
        """
        if meter.replaces:
            star.link(vocab.REPLACES, self._iris.meter(self._tenant.name, meter.replaces))
        registers = (
            ("beginstand", meter.initial),
            ("eindstand van de vervangen meter" if meter.replaces else "eindstand", meter.final),
            ("omslagpunt", meter.rollover_wh),
        )
        for name, value in registers:
            if value is not None:
                node = star.node(vocab.PROPERTY_VALUE)
                star.add(vocab.SCHEMA_NAME, plain(name), node)
                star.decimal(vocab.SCHEMA_VALUE, point_moved(value, -3), node)
                star.add(vocab.HAS_UNIT, iri(f"{vocab.PREFIXES['unit']}KiloW-HR"), node)
                star.add(vocab.ADDITIONAL_PROPERTY, node)

    def removal(self, entity: str, subject: str, occasion: Occasion, stream: str) -> Draft:
        """The final version of an entity that was removed."""
        star = self._star(entity, vocab.DELETE, occasion, stream)
        summary = Summary("Verwijdering", subject, "verwijderd", occasion.at)
        return star.draft(stream, summary)

    def _star(self, entity: str, class_term: str, occasion: Occasion, stream: str) -> MemberBuilder:
        star = MemberBuilder(
            self._outlines, self._version(entity, occasion, stream), entity, class_term
        )
        star.time(vocab.MODIFIED, occasion.at)
        return star

    def _version(self, entity: str, occasion: Occasion, stream: str) -> str:
        return self._iris.version(entity, occasion.at, stream, occasion.key, occasion.digest.hex())

    def _concept(self, star: MemberBuilder, predicate: str, scheme: str, name: str) -> None:
        star.add(predicate, iri(self._iris.concept(scheme, name)))

    def _identifiers(self, star: MemberBuilder, notation: str, kind: str) -> None:
        """Add the identifier under the properties of both superclasses, each with its own node."""
        for predicate in (vocab.US_IDENTIFIER, vocab.DCTERMS_IDENTIFIER):
            star.add(predicate, self._identifier(star, notation, kind))

    def _identifier(
        self, star: MemberBuilder, notation: str, kind: str, *, agency: bool = True
    ) -> str:
        datatype = self._iris.concept("identificatortype", kind)
        manager = self._tenant.facts.organisations[self._tenant.facts.manager].name
        return star.identifier(notation, datatype, manager if agency else "")

    def _private_axes(self, star: MemberBuilder, axes: Mapping[str, str]) -> None:
        for axis, (scheme, names) in PRIVATE_AXES.items():
            if axis in axes:
                self._concept(star, vocab.STATUS, scheme, names[axes[axis]])

    def _connection_facts(self, star: MemberBuilder, state: CabinetState) -> None:
        configuration = state.configuration
        star.add(vocab.APPURTENANCE_TYPE, vocab.DELIVERY_POINT)
        star.link(vocab.IN_NETWORK, self._network(state))
        address = configuration.address
        node = star.address(
            (address.street if address else None) or "",
            (address.number if address else None) or "",
            (address.postcode if address else None) or self._tenant.facts.municipality.postcode,
            (address.municipality if address else None) or self._tenant.facts.municipality.name,
        )
        star.add(vocab.US_ADDRESS, node)
        star.add(vocab.HAS_GEOMETRY, self._point(star, state))
        supplier = configuration.supplier or self._tenant.facts.supplier
        star.link(vocab.SUPPLIER, self._iris.organisation(self._tenant.name, supplier))

    def _network(self, state: CabinetState) -> str:
        network = state.configuration.network or self._tenant.facts.network.id
        return self._iris.network(self._tenant.name, network)

    def _place(self, state: CabinetState, outlet: str | None) -> str:
        if outlet is None:
            return self._iris.cabinet(self._tenant.name, state.cabinet)
        return self._iris.outlet(self._tenant.name, state.cabinet, outlet)

    @staticmethod
    def _point(star: MemberBuilder, state: CabinetState) -> str:
        position = state.configuration.position
        if position is None:
            raise NotMapped(
                "no_position",
                f"cabinet {state.cabinet} has no data.cabinet.position, and the standard makes "
                "its geometry mandatory: send a configuration event with [longitude, latitude]",
            )
        longitude, latitude = position
        return star.point(f"{longitude:f}", f"{latitude:f}")


def _words(*codes: str) -> str:
    """Codes in readable form: `inOnderhoud` becomes `in onderhoud`, and no word comes twice."""
    readable = (re.sub("(?=[A-Z])", " ", code).lower() for code in codes)
    return ", ".join(dict.fromkeys(readable))


def _availability(axes: Mapping[str, str]) -> str:
    if axes.get("operation") == "defect":
        return "defect"
    return OCCUPANCY[axes.get("occupancy", "unknown")]
