"""Members as graphs that can be compared, read by another parser than the service's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph

from ldes_shok.ldes.member import FIRST_POSITION, Form
from tests.support.logs import Where, open_reader

Graph = frozenset[str]
"""A member's triples as N-Triples, its blank nodes named canonically: equal sets, equal graphs."""

GENERATED_AT: Final = "http://www.w3.org/ns/prov#generatedAtTime"
POSITION: Final = "https://schema.org/position"
_TREE_MEMBER: Final = "https://w3id.org/tree#member"
_STAMPS: Final = frozenset({GENERATED_AT, POSITION})


@dataclass(frozen=True, slots=True)
class MemberGraph:
    """One member.

    Attributes:
        iri: its IRI.
        published: its publication time as written.
        graph: all its triples.
        said: its triples without what the log stamps on it, its time and place of publication.
    """

    iri: str
    published: str
    graph: Graph
    said: Graph


def member_graph(block: bytes) -> MemberGraph:
    """The member in a piece of Turtle or N-Triples; `tree:member` is not of the member.

    Raises:
        ValueError, AssertionError: it holds no member, or several, or one without an IRI.
    """
    triples = [
        pyoxigraph.Quad(quad.subject, quad.predicate, quad.object)
        for quad in pyoxigraph.parse(block, format=pyoxigraph.RdfFormat.TURTLE)
        if quad.predicate.value != _TREE_MEMBER
    ]
    (stamp,) = (triple for triple in triples if triple.predicate.value == GENERATED_AT)
    assert isinstance(stamp.subject, pyoxigraph.NamedNode), stamp
    assert isinstance(stamp.object, pyoxigraph.Literal), stamp
    said = [triple for triple in triples if triple.predicate.value not in _STAMPS]
    return MemberGraph(
        stamp.subject.value, stamp.object.value, _canonical(triples), _canonical(said)
    )


def logged_members(log_path: Where, public_url: str, stream: str) -> Mapping[str, MemberGraph]:
    """Every member of a stream by IRI, in the order of the log, read beside the writer.

    Raises:
        AssertionError: the log counts other members than it holds, or one twice.
    """
    reader = open_reader(log_path, public_url)
    try:
        count = reader.stream(stream).members
        blocks = reader.blocks(stream, FIRST_POSITION, count, Form.NTRIPLES)
    finally:
        reader.close()
    members = {member.iri: member for member in map(member_graph, blocks)}
    assert len(members) == len(blocks) == count
    return members


def _canonical(triples: list[pyoxigraph.Quad]) -> Graph:
    dataset = pyoxigraph.Dataset(triples)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(str(quad) for quad in dataset)
