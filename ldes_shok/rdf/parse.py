"""Converts our terms to rdflib graphs and back. The lexical forms stay unchanged.

rdflib by default normalises literals when it makes them (`00.750Z` becomes `00.750000+00:00`), and
`pyshacl.validate` switches that on again for the whole process. So every literal here is made with
normalisation off, and no published text comes from a graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Self

import rdflib
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.plugins.serializers.turtle import TurtleSerializer
from rdflib.term import Node

from ldes_shok.ldes.member import Form, Term, Triple
from ldes_shok.rdf import companion, terms
from ldes_shok.rdf.syntax import RDF_LANG_STRING, XSD_STRING, RdfTermKind, split

__all__ = ["Graph", "Node", "companion_of", "graph_of", "load_turtle", "node_of",
           "read_turtle", "serialise", "term_of", "triples_of"]  # fmt: skip

_FORMATS = {Form.NTRIPLES: "nt", Form.JSONLD: "json-ld"}
_ABBREVIATED = {
    terms.XSD + "integer": re.compile(r"-?[1-9][0-9]*|0", re.ASCII),
    terms.XSD + "boolean": re.compile(r"true|false"),
}
"""Literals that may stand without quotes: rdflib reads `007` as 7."""


def node_of(term: Term) -> Node:
    """The rdflib node of a term; blank nodes keep their label.

    Raises:
        ValueError: not a term in N-Triples.
    """
    parts = split(term)
    match parts.kind:
        case RdfTermKind.IRI:
            return URIRef(parts.value)
        case RdfTermKind.BLANK_NODE:
            return BNode(parts.value)
        case RdfTermKind.LITERAL:
            if parts.datatype == RDF_LANG_STRING and parts.language:
                return Literal(parts.value, lang=parts.language, normalize=False)
            # rdflib distinguishes "x" and "x"^^xsd:string, RDF 1.1 does not: use one form for both.
            datatype = None if parts.datatype == XSD_STRING else URIRef(parts.datatype)
            return Literal(parts.value, datatype=datatype, normalize=False)


def term_of(node: Node) -> Term:
    """The term of an rdflib node, in the form that `ldes_shok.rdf.terms` writes."""
    if isinstance(node, URIRef):
        return terms.iri(str(node))
    if isinstance(node, Literal):
        if node.language:
            return terms.text(str(node), node.language)
        datatype = str(node.datatype or XSD_STRING)
        return terms.plain(str(node)) if datatype == XSD_STRING else terms.literal(node, datatype)
    return f"_:{node}"


def graph_of(triples: Iterable[Triple]) -> Graph:
    """A new graph of `triples`.

    Raises:
        ValueError: something in `triples` is not a term in N-Triples.
    """
    graph = Graph(bind_namespaces="none")
    add = graph.store.add
    for subject, predicate, value in triples:
        add((node_of(subject), node_of(predicate), node_of(value)), graph)
    return graph


def triples_of(graph: Graph) -> list[Triple]:
    """The triples of `graph` as N-Triples terms, sorted."""
    return sorted((term_of(s), term_of(p), term_of(o)) for s, p, o in graph)


@contextmanager
def literals_as_written() -> Iterator[None]:
    # rdflib's parsers have only this switch, which holds for the whole process.
    before = rdflib.NORMALIZE_LITERALS
    rdflib.NORMALIZE_LITERALS = False
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before


def load_turtle(path: Path, base: str) -> Graph:
    """The graph of a Turtle file, its relative IRIs resolved against `base`.

    Not while another thread parses: see the module's docstring.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not Turtle; the message has the parser's words and the line.
    """
    return read_turtle(path.read_bytes(), path.name, base)


def read_turtle(data: bytes, name: str, base: str) -> Graph:
    """The graph of a Turtle document; `name` is for the message. As `load_turtle`."""
    graph = Graph(bind_namespaces="none")
    _parse_turtle(graph, data, name, base)
    return graph


def _parse_turtle(graph: Graph, data: bytes, name: str, base: str) -> None:
    try:
        with literals_as_written():
            graph.parse(data=data, format="turtle", publicID=base)
    except Exception as error:  # rdflib's parsers raise what they like: SyntaxError, KeyError ...
        raise ValueError(f"{name} is not Turtle: {error}") from error


class _InOrder(Graph):
    """A graph that keeps the order in which its statements were read."""

    def __init__(self) -> None:
        super().__init__(bind_namespaces="none")
        self.read: dict[tuple[Node, Node, Node], None] = {}

    def add(self, triple: tuple[Node, Node, Node]) -> Self:
        self.read[triple] = None
        return super().add(triple)


def companion_of(data: bytes, name: str) -> str:
    """The companion of a Turtle document (`ldes_shok.rdf.companion`), the same text every time.

    Raises:
        ValueError: it is not Turtle, or holds a relative IRI that does not simply follow the base
            (`../x`, `/x`).
    """
    texts = []
    for base in (companion.BASE, "https://proof.invalid/a/b/"):
        labels: dict[str, str] = {}
        lines = []
        graph = _InOrder()
        _parse_turtle(graph, data, name, base)
        for triple in graph.read:
            terms_of = (_labelled(term_of(node), labels) for node in triple)
            lines.append(" ".join((*terms_of, ".\n")))
        texts.append((base, lines))
    (_, lines), (base, others) = texts
    if lines != [line.replace(f"<{base}", f"<{companion.BASE}") for line in others]:
        raise ValueError(f"{name} holds a relative IRI that does not just follow the base")
    return companion.heading(name, data) + "".join(lines)


def _labelled(term: Term, labels: dict[str, str]) -> Term:
    """Blank nodes numbered in order of appearance: the parser's own labels are random."""
    if not term.startswith("_:"):
        return term
    return labels.setdefault(term, f"_:n{len(labels)}")


class _ExactTurtle(TurtleSerializer):
    """Turtle whose literals keep their lexical form.

    rdflib abbreviates numbers by their value (`"1_000"^^xsd:decimal` became `1000.0`), and even
    in quotes writes `Infinity` as `INF`.
    """

    def label(self, node: Node, position: int) -> str:
        if not isinstance(node, Literal):
            return str(super().label(node, position))
        grammar = _ABBREVIATED.get(str(node.datatype))
        if grammar is not None and grammar.fullmatch(node):
            return str(node)
        quoted = f'"{terms.escape(node)}"'
        if node.language:
            return f"{quoted}@{node.language}"
        if node.datatype is None:
            return quoted
        short = self.get_pname(node.datatype, gen_prefix=False)
        return f"{quoted}^^{short or terms.iri(node.datatype)}"


def serialise(graph: Graph, form: Form) -> bytes:
    """`graph` as text in UTF-8, the same bytes for the same graph without blank nodes."""
    if form is Form.TURTLE:
        stream = BytesIO()
        _ExactTurtle(graph).serialize(stream, encoding="utf-8")
        return stream.getvalue()
    text: bytes = graph.serialize(format=_FORMATS[form], encoding="utf-8")
    if form is Form.NTRIPLES:
        return b"".join(sorted(line for line in text.splitlines(keepends=True) if line.strip()))
    return text
