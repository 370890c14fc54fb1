"""Activation and deactivation of an outlet: two transitions, each a sosa:Actuation.

The profile has no class for them (SOSA has it, W3C, 2017). The member carries a pseudonym of the
session, and nothing about its user. If a session starts while another one runs, the other one is
taken as ended: the new activation names the activation that it replaces. No event gives the end of
the other session.
"""

from __future__ import annotations

from ldes_shok.cabinet.event import Session
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.ldes.member import Draft, Summary
from ldes_shok.mapping.assets import Occasion
from ldes_shok.mapping.happening_codes import ACTIVERING, ACTIVERINGSWIJZE, STOPREDEN
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.latest_reports import SessionReport
from ldes_shok.mapping.member_builder import MemberBuilder, Outlines
from ldes_shok.mapping.state import CabinetState
from ldes_shok.mapping.streams import TECHNIEK
from ldes_shok.mapping.tenant import NamedTenant
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import iri

_SESSION_CHARACTERS = 26


class Activations:
    """Drafts the activations and deactivations of one tenant's outlets."""

    def __init__(self, iris: Iris, tenant: NamedTenant, outlines: Outlines) -> None:
        self._iris = iris
        self._tenant = tenant
        self._outlines = outlines

    def draft(
        self,
        event: Session,
        outlet: str,
        state: CabinetState,
        occasion: Occasion,
        before: SessionReport | None,
    ) -> Draft:
        """The activation or deactivation that `event` reports.

        Args:
            event: a start or an end.
            outlet: the outlet of the session.
            state: of its cabinet, as configured then.
            occasion: the time of the transition, and the event.
            before: the outlet's last session before this event.
        """
        data, iris, tenant = event.data, self._iris, self._tenant
        entity = self._entity(event.cabinet, outlet, data.session_id, data.event)
        version = iris.version(entity, occasion.at, TECHNIEK, occasion.key, occasion.digest.hex())
        star = MemberBuilder(self._outlines, version, entity, vocab.ACTUATION)
        star.time(vocab.MODIFIED, occasion.at)
        star.link(vocab.FEATURE_OF_INTEREST, iris.outlet(tenant.name, event.cabinet, outlet))
        star.add(vocab.ACTS_ON_PROPERTY, iri(iris.concept("kenmerktype", "activering")))
        transition = ACTIVERING[data.event]
        star.add(vocab.HAS_RESULT, iri(iris.concept("activering", transition)))
        star.time(vocab.RESULT_TIME, occasion.at)
        session = (tenant.name, event.cabinet, outlet, data.session_id)
        pseudonym = iris.keyed(_SESSION_CHARACTERS, "sessie", *session)
        datatype = iris.concept("identificatortype", "sessiecode")
        star.add(vocab.DCTERMS_IDENTIFIER, star.identifier(pseudonym, datatype))
        if data.method is not None:
            self._parameter(star, "activeringswijze", ACTIVERINGSWIJZE[data.method])
        if data.stop_reason is not None and data.event == "ended":
            self._parameter(star, "stopreden", STOPREDEN[data.stop_reason])
        if data.reservation_id:
            reserved = iris.reservation(tenant.name, event.cabinet, outlet, data.reservation_id)
            star.link(vocab.RELATION, reserved)
        if data.event == "started" and before is not None and _is_cut_off(before, event):
            replaced = self._entity(event.cabinet, outlet, before.session_id, "started")
            star.link(vocab.REPLACES, replaced)
        manager = state.configuration.manager or tenant.facts.manager
        star.link(vocab.CONTRIBUTOR, iris.organisation(tenant.name, manager))
        subject = f"{event.cabinet}/{outlet}"
        return star.draft(TECHNIEK, Summary("Activering", subject, transition, occasion.at))

    def _entity(self, cabinet: str, outlet: str, session: str, event: str) -> str:
        return self._iris.activation(self._tenant.name, cabinet, outlet, session, event)

    def _parameter(self, star: MemberBuilder, scheme: str, name: str) -> None:
        star.parameter(scheme, iri(self._iris.concept(scheme, name)))


def _is_cut_off(before: SessionReport, event: Session) -> bool:
    """Whether another session was still running, as far as known, when this one started."""
    return (
        before.session_id != event.data.session_id
        and not before.ended_at
        and parse_instant(event.data.started_at) > parse_instant(before.started_at)
    )
