"""Graphs as sets of quads with canonical blank nodes, so that two of them can be compared.

pyoxigraph reads what we write: another parser than the service's own, and one that keeps the
lexical form of every literal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

import msgspec
from pyld import jsonld
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
)

from ldes_shok.ldes.member import Triple

Graph = frozenset[Quad]


def canonical(quads: Iterable[Quad]) -> Graph:
    """The quads with blank nodes named by what they say."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(dataset)


def assert_tree(quads: Iterable[Quad], focus: NamedNode) -> int:
    """That all is said of the focus or of blank nodes with exactly one parent under it.

    Returns:
        How many blank nodes there are.
    """
    quads = list(quads)
    reached: list[NamedNode | BlankNode] = [focus]
    for parent in reached:
        reached += [q.object for q in quads if q.subject == parent and is_blank(q.object)]
    assert len(reached) == len(set(reached)), "a blank node has two parents"
    assert {quad.subject for quad in quads} == set(reached)
    return len(reached) - 1


def is_blank(term: object) -> TypeGuard[BlankNode]:
    """Whether a term is a blank node."""
    return isinstance(term, BlankNode)


def graph_of_triples(triples: Iterable[Triple]) -> Graph:
    """Our own terms: they are N-Triples."""
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in triples)
    return read(lines.encode(), RdfFormat.N_TRIPLES)


def read(text: bytes, form: RdfFormat, base: str = "http://base.test/") -> Graph:
    """A document in Turtle, TriG, N-Triples or N-Quads."""
    return canonical(parse(text, form, base_iri=base))


def read_jsonld(text: bytes, contexts: Mapping[str, bytes], base: str = "") -> Graph:
    """A JSON-LD document whose contexts are these, by IRI; anything else is an error."""

    def load(url: str, _: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "contextUrl": None,
            "documentUrl": url,
            "document": msgspec.json.decode(contexts[url]),
            "contentType": "application/ld+json",
        }

    options = {
        "documentLoader": load,
        "format": "application/n-quads",
        "base": base,
        "processingMode": "json-ld-1.1",
    }
    quads: str = jsonld.to_rdf(msgspec.json.decode(text), options)
    return read(quads.encode(), RdfFormat.N_QUADS)
