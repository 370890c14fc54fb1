"""Versions of the organisations and networks that the tenant's configuration describes."""

from __future__ import annotations

from collections.abc import Iterator

from ldes_shok.ldes.member import Draft, Summary
from ldes_shok.mapping.iris import Iris, slug
from ldes_shok.mapping.member_builder import MemberBuilder, Outlines
from ldes_shok.mapping.state import CabinetState
from ldes_shok.mapping.streams import KASTEN
from ldes_shok.mapping.tenant import NamedTenant, Organisation
from ldes_shok.rdf import vocab

KBO_AGENCY = "Kruispuntbank van Ondernemingen"


class Parties:
    """Drafts the organisations and networks that a cabinet's members refer to.

    Their IRIs follow from their content, so a repeated draft publishes nothing new.
    """

    def __init__(self, iris: Iris, tenant: NamedTenant, outlines: Outlines) -> None:
        self._iris = iris
        self._outlines = outlines
        self._tenant = tenant

    def drafts(self, state: CabinetState) -> Iterator[Draft]:
        """The tenant's organisations and network, and those that `state` refers to by name."""
        for code, organisation in self._tenant.facts.organisations.items():
            yield self._organisation(code, organisation)
        for name in (state.configuration.supplier, state.configuration.manager):
            if name and name not in self._tenant.facts.organisations:
                yield self._organisation(name, Organisation(name=name))
        # Draft the tenant's own network even without a reference: an earlier event may name another
        # one. The order of arrival must not decide which members there are.
        yield self._network(self._tenant.facts.network.id, self._tenant.facts.network.name)
        network = state.configuration.network
        if network and network != self._tenant.facts.network.id:
            yield self._network(network, network)

    def _organisation(self, code: str, organisation: Organisation) -> Draft:
        iris, tenant = self._iris, self._tenant
        entity = iris.organisation(tenant.name, code)
        at, kbo = tenant.facts.valid_from, organisation.kbo or ""
        version = iris.version(entity, at, KASTEN, organisation.name, kbo)
        star = MemberBuilder(self._outlines, version, entity, vocab.ORGANIZATION)
        star.time(vocab.MODIFIED, at)
        star.dutch(vocab.PREF_LABEL, organisation.name)
        if kbo:
            datatype = iris.concept("identificatortype", "KBO-nummer")
            identifier = star.identifier(kbo, datatype, KBO_AGENCY)
        else:
            datatype = iris.concept("identificatortype", "organisatiecode")
            identifier = star.identifier(slug(code), datatype)
        star.add(vocab.DCTERMS_IDENTIFIER, identifier)
        summary = Summary("Organisatie", organisation.name, kbo, at)
        return star.draft(KASTEN, summary)

    def _network(self, network: str, name: str) -> Draft:
        iris, tenant = self._iris, self._tenant
        entity = iris.network(tenant.name, network)
        at = tenant.facts.valid_from
        version = iris.version(entity, at, KASTEN, name, tenant.facts.authority)
        star = MemberBuilder(self._outlines, version, entity, vocab.UTILITY_NETWORK)
        star.time(vocab.MODIFIED, at)
        star.dutch(vocab.GEOGRAPHICAL_NAME, name)
        star.link(vocab.AUTHORITY, iris.organisation(tenant.name, tenant.facts.authority))
        star.add(vocab.DC_TYPE, vocab.ELECTRICITY)
        summary = Summary("Nutsvoorzieningnetwerk", name, "elektriciteit", at)
        return star.draft(KASTEN, summary)
