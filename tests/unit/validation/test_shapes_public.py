"""P11: a public stream takes what its lists name and nothing else, reported or derived.

Whatever a mistake in a mapping would add, the shapes refuse: on the member, and on each node in it.
"""

from __future__ import annotations

from typing import Final

import pytest

from ldes_shok.ldes.member import Term
from ldes_shok.ldes.stream import Access
from ldes_shok.rdf.terms import iri, plain
from ldes_shok.settings.streams import Streams
from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.shacl import ShaclJudge
from tests.fixtures.members import (
    HOLDER,
    OUTLET,
    MemberFixture,
    concept,
    term,
    valid_members,
)

OPEN: Final = {n for n, s in Streams().by_name().items() if s.access is Access.OPEN}
MEMBERS: Final = valid_members().values()
PUBLIC: Final = {member.name: member for member in MEMBERS if member.stream in OPEN}
RESTRICTED: Final = [member for member in MEMBERS if member.stream not in OPEN]
NEVER: Final = (
    (term("dcterms:description"), plain("Jan Verzonnen")),
    (term("us:gebruiker"), iri(HOLDER)),
    (term("cji:Reservatie.gereserveerdDoor"), iri(HOLDER)),
)
each_public = pytest.mark.parametrize("member", PUBLIC.values(), ids=PUBLIC)


def test_every_public_stream_has_members_here() -> None:
    assert {member.stream for member in PUBLIC.values()} == OPEN
    assert {"verbruik-samen", "piek-samen", "zone"} < set(PUBLIC)


@each_public
def test_no_node_of_a_public_member_takes_a_property_more(
    member: MemberFixture, compiled: dict[str, CompiledShape], authority: ShaclJudge
) -> None:
    for subject in dict.fromkeys(triple[0] for triple in member.triples):
        damaged = [(*member.triples, (subject, *more)) for more in NEVER]
        for triples in damaged:
            assert not compiled[member.stream].conforms(member.iri, triples)
        assert not authority.judge(member.stream, member.iri, damaged[0]).conforms


@each_public
def test_nothing_that_only_a_restricted_member_says_is_public(
    member: MemberFixture, compiled: dict[str, CompiledShape]
) -> None:
    """Not under its own name, nor twice under one that is public."""
    focus: Term = iri(member.iri)
    said = {(p, o) for r in RESTRICTED for s, p, o in r.triples if s == iri(r.iri)}
    for predicate, value in sorted(said - {(p, o) for s, p, o in member.triples if s == focus}):
        triples = (*member.triples, (focus, predicate, value))
        assert not compiled[member.stream].conforms(member.iri, triples), predicate


@pytest.mark.parametrize("name", ["verbruik-samen", "piek-samen"])
def test_a_public_sum_is_never_of_an_outlet(name: str, authority: ShaclJudge) -> None:
    member, of = PUBLIC[name], term("sosa:hasFeatureOfInterest")
    triples = tuple((s, p, iri(OUTLET) if p == of else o) for s, p, o in member.triples)
    assert triples != member.triples
    assert not authority.judge(member.stream, member.iri, triples).conforms


@pytest.mark.parametrize("kind", ["ean", "serienummer", "sessiecode"])
def test_a_public_identifier_is_of_no_other_kind(kind: str, authority: ShaclJudge) -> None:
    """An EAN in the place of a cabinet's number would be a text like any other."""
    member = PUBLIC["kast-kasten"]
    known, other = concept("identificatortype", "kastnummer"), concept("identificatortype", kind)
    triples = tuple((s, p, o.replace(known, other)) for s, p, o in member.triples)
    assert triples != member.triples
    assert not authority.judge(member.stream, member.iri, triples).conforms
