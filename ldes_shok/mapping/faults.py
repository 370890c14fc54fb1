"""Faults, for the technical service: their code, their severity, raised or cleared.

Each is a ssn:Stimulus (W3C, 2017), "an event in the real world that triggers the sensor": the
profile has no class for a fault. Its text is published only for the technical service: a public
stream shows only that an outlet is defect.
"""

from __future__ import annotations

from ldes_shok.cabinet.event import Fault
from ldes_shok.ldes.member import Draft, Summary
from ldes_shok.mapping.assets import Occasion
from ldes_shok.mapping.happening_codes import ERNST, FOUTCODE, STORINGSSTATUS
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.member_builder import MemberBuilder, Outlines
from ldes_shok.mapping.state import CabinetState
from ldes_shok.mapping.streams import TECHNIEK
from ldes_shok.mapping.tenant import NamedTenant
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import iri


class Faults:
    """Drafts the faults of one tenant's cabinets."""

    def __init__(self, iris: Iris, tenant: NamedTenant, outlines: Outlines) -> None:
        self._iris = iris
        self._tenant = tenant
        self._outlines = outlines

    def draft(self, event: Fault, state: CabinetState, occasion: Occasion) -> Draft:
        """A version of the fault: raised, or cleared."""
        data, iris, tenant = event.data, self._iris, self._tenant
        entity = iris.fault(tenant.name, event.cabinet, event.outlet or "", data.fault_id)
        version = iris.version(entity, occasion.at, TECHNIEK, occasion.key, occasion.digest.hex())
        star = MemberBuilder(self._outlines, version, entity, vocab.STIMULUS)
        star.time(vocab.MODIFIED, occasion.at)
        place = (
            iris.cabinet(tenant.name, event.cabinet)
            if event.outlet is None
            else iris.outlet(tenant.name, event.cabinet, event.outlet)
        )
        star.link(vocab.FEATURE_OF_INTEREST, place)
        code, status = FOUTCODE[data.code], STORINGSSTATUS[data.state]
        star.add(vocab.DCTERMS_TYPE, iri(iris.concept("foutcode", code)))
        star.add(vocab.STATUS, iri(iris.concept("storingsstatus", status)))
        star.parameter("ernst", iri(iris.concept("ernst", ERNST[data.severity])))
        if data.vendor_code:
            node = star.node(vocab.STRUCTURED_VALUE)
            star.plain(vocab.SCHEMA_NAME, "fabrikantcode", node)
            star.plain(vocab.SCHEMA_VALUE, data.vendor_code, node)
            star.add(vocab.PARAMETER, node)
        if data.text:
            star.plain(vocab.COMMENT, data.text)
        manager = state.configuration.manager or tenant.facts.manager
        star.link(vocab.CONTRIBUTOR, iris.organisation(tenant.name, manager))
        subject = f"{event.cabinet}/{event.outlet}" if event.outlet else event.cabinet
        return star.draft(TECHNIEK, Summary("Storing", subject, f"{code}, {status}", occasion.at))
