"""Row 67, as somebody else would check it: rdflib with its defaults, pyshacl, the served shape.

rdflib's defaults rewrite `...00.750Z` to `...00.750000+00:00`; the shape must not mind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyshacl
import pytest
import rdflib

from ldes_shok.rdf.templates import ntriples
from ldes_shok.validation.shapes import Shapes
from tests.fixtures.members import MemberFixture, valid_members

SHAPES = Path(__file__).parents[2] / "shapes"
GENERATED_AT = rdflib.URIRef("http://www.w3.org/ns/prov#generatedAtTime")
MEMBERS = valid_members()


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return Shapes.load(SHAPES, "http://shok.test")


@pytest.fixture(autouse=True)
def defaults_of_rdflib() -> Iterator[None]:
    before = rdflib.NORMALIZE_LITERALS
    rdflib.NORMALIZE_LITERALS = True
    yield
    rdflib.NORMALIZE_LITERALS = before


def conforms(data: rdflib.Graph, member: MemberFixture, shapes: Shapes) -> bool:
    shape = rdflib.Graph().parse(data=shapes.turtle(member.stream), format="turtle")
    return bool(pyshacl.validate(data, shacl_graph=shape)[0])


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_conforms_to_the_served_shape(name: str, shapes: Shapes) -> None:
    """Row 67: every member conforms; the shape itself says what it is about."""
    member = MEMBERS[name]
    data = rdflib.Graph().parse(data=ntriples(member.triples, ""), format="nt")
    assert conforms(data, member, shapes)
    data.remove((rdflib.URIRef(member.iri), GENERATED_AT, None))
    assert not conforms(data, member, shapes)
