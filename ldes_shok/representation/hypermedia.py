"""Writes the hypermedia of a node: its type, its stream and its relations.

It is written as text, because the TREE profile requires hypermedia first and every member's quads
together, and no RDF serialiser keeps an order. Page shapes: LDES Server Primer, sections 3 to 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from ldes_shok.clock import format_milliseconds
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import ROOT, Node, Relation
from ldes_shok.ldes.stream import EventStream
from ldes_shok.rdf.terms import escape
from ldes_shok.rdf.vocab import PREFIXES

LDES: Final = PREFIXES["ldes"]
TREE: Final = PREFIXES["tree"]
DCTERMS: Final = PREFIXES["dcterms"]
DCAT: Final = PREFIXES["dcat"]
XSD: Final = PREFIXES["xsd"]
RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
TIMESTAMP_PATH: Final = PREFIXES["prov"] + "generatedAtTime"
SEQUENCE_PATH: Final = PREFIXES["schema"] + "position"
VERSION_OF_PATH: Final = DCTERMS + "isVersionOf"
DELETE_OBJECT: Final = PREFIXES["as"] + "Delete"
SPECIFICATIONS: Final = (
    "https://w3id.org/ldes/specification",
    "https://w3id.org/tree/specification",
)


@dataclass(frozen=True, slots=True)
class NodeHypermedia:
    """The content of one node's hypermedia.

    `path` is the node's path below the view; `sealed` adds `ldes:immutable true`.
    """

    stream: EventStream
    path: str
    sealed: bool
    relations: tuple[Relation, ...] = ()

    @property
    def iri(self) -> str:
        """Return the page's URL."""
        return node_iri(self.stream, self.path)


def node_iri(stream: EventStream, path: str) -> str:
    """Return the URL of a node."""
    page = f"{stream.view_iri}/{path}" if path else stream.view_iri
    return page + stream.page_suffix


def relations_of(children: Sequence[Node]) -> tuple[Relation, ...]:
    """Return the relations of a node to its children, in the order of the children."""
    return tuple(
        Relation(child.path, child.lower_ms, child.upper_ms)
        for child in children
        if child.upper_ms is not None
    )


@dataclass(frozen=True, slots=True)
class PageFact:
    """One fact for the three forms: `value` is an IRI unless `datatype` or `language` is set."""

    subject: str
    predicate: str
    value: str
    datatype: str = ""
    language: str = ""


def stream_statements(stream: EventStream, view: str, *, full: bool) -> list[PageFact]:
    """Return what a page states about its event stream.

    Every node describes its stream, so a client may start at any node; `full` adds the context
    that only the root node and the stream's own document carry.
    """
    iri = stream.iri
    facts = [
        PageFact(iri, RDF_TYPE, LDES + "EventStream"),
        PageFact(iri, TREE + "view", view),
        PageFact(iri, LDES + "timestampPath", TIMESTAMP_PATH),
        PageFact(iri, LDES + "versionOfPath", VERSION_OF_PATH),
    ]
    if not full:
        return facts
    facts += [
        PageFact(iri, LDES + "sequencePath", SEQUENCE_PATH),
        PageFact(iri, LDES + "pollingInterval", str(stream.polling_interval_seconds), "integer"),
        PageFact(iri, TREE + "shape", stream.shape_iri),
        PageFact(iri, DCTERMS + "title", stream.title_nl, language="nl"),
        PageFact(iri, DCTERMS + "title", stream.title_en, language="en"),
        PageFact(iri, DCTERMS + "description", stream.description_nl, language="nl"),
        PageFact(iri, DCTERMS + "description", stream.description_en, language="en"),
        *(PageFact(iri, DCTERMS + "conformsTo", spec) for spec in SPECIFICATIONS),
    ]
    if stream.versioned_by:
        facts += [
            PageFact(iri, LDES + "versionTimestampPath", stream.versioned_by),
            PageFact(iri, LDES + "versionSequencePath", SEQUENCE_PATH),
            PageFact(iri, LDES + "versionDeleteObject", DELETE_OBJECT),
        ]
    return facts


def page_statements(page: NodeHypermedia) -> list[PageFact]:
    """Return what a page states about itself, without its relations."""
    iri = page.iri
    facts = [PageFact(iri, RDF_TYPE, TREE + "Node")]
    if page.path == ROOT:
        source = f"{iri}#source"
        facts += [
            PageFact(iri, TREE + "viewDescription", source),
            PageFact(source, RDF_TYPE, LDES + "EventSource"),
            PageFact(source, DCAT + "accessURL", iri),
            PageFact(source, DCAT + "downloadURL", iri),
            PageFact(source, TREE + "rootNode", iri),
        ]
    else:
        facts.append(PageFact(iri, DCTERMS + "isPartOf", page.stream.iri))
    if page.sealed:
        facts.append(PageFact(iri, LDES + "immutable", "true", "boolean"))
    return facts


class HypermediaWriter:
    """Writes the bytes before and after the member blocks of a page."""

    def __init__(self, context_iri: str) -> None:
        """`context_iri` is the absolute IRI of the JSON-LD context that pages refer to."""
        self._context_iri = context_iri
        self._prologue = "".join(f"@prefix {p}: <{n}> .\n" for p, n in PREFIXES.items())

    def around(self, page: NodeHypermedia, form: Form) -> tuple[bytes, bytes]:
        """Return the bytes before the first and after the last member block of `page`."""
        facts = stream_statements(page.stream, page.iri, full=page.path == ROOT)
        facts += page_statements(page)
        match form:
            case Form.TURTLE:
                return self._turtle(facts, page.iri, page).encode(), b""
            case Form.NTRIPLES:
                lines = [_ntriple(fact) for fact in facts]
                lines += _relation_ntriples(page)
                return "".join(lines).encode(), b""
            case Form.JSONLD:
                return self._jsonld(facts, page)

    def stream_document(self, stream: EventStream, form: Form) -> bytes:
        """Return the event stream's own document: its full context, and exactly one view."""
        facts = stream_statements(stream, node_iri(stream, ROOT), full=True)
        match form:
            case Form.TURTLE:
                return self._turtle(facts, stream.iri, None).encode()
            case Form.NTRIPLES:
                return "".join(_ntriple(fact) for fact in facts).encode()
            case Form.JSONLD:
                document = {
                    "@context": self._context_iri,
                    **_objects(facts)[stream.iri],
                }
                return msgspec.json.encode(document)

    def separator(self, form: Form) -> bytes:
        """Return the bytes between two member blocks."""
        return b",\n" if form is Form.JSONLD else b""

    def _turtle(self, facts: Sequence[PageFact], base: str, page: NodeHypermedia | None) -> str:
        parts = [f"@base <{base}> .\n", self._prologue, "\n"]
        subjects: dict[str, list[str]] = {}
        for fact in facts:
            pair = f"{_turtle_iri(fact.predicate, base)} {_turtle_value(fact, base)}"
            subjects.setdefault(fact.subject, []).append(pair)
        for subject, pairs in subjects.items():
            joined = " ;\n    ".join(pairs)
            parts.append(f"{_turtle_iri(subject, base)} {joined} .\n")
        if page is not None and page.relations:
            relations = ",\n".join(_turtle_relation(page, r) for r in page.relations)
            parts.append(f"<> tree:relation\n{relations} .\n")
        parts.append("\n")
        return "".join(parts)

    def _jsonld(self, facts: Sequence[PageFact], page: NodeHypermedia) -> tuple[bytes, bytes]:
        objects = _objects(facts)
        stream = objects.pop(page.stream.iri)
        node = objects.pop(page.iri)
        if page.relations:
            node["relation"] = [
                {
                    "@type": kind,
                    "node": node_iri(page.stream, relation.path),
                    "path": TIMESTAMP_PATH,
                    "value": format_milliseconds(bound),
                }
                for relation in page.relations
                for kind, bound in _bounds(relation)
            ]
        # The stream's object comes last and stays open: members are elements of its array.
        others = [node, *objects.values()]
        head = msgspec.json.encode(
            {"@context": [self._context_iri, {"@base": page.iri}], "@graph": others}
        )
        stream_object = msgspec.json.encode(stream)
        prefix = head[:-2] + b",\n" + stream_object[:-1] + b',"member":[\n'
        return prefix, b"\n]}]}"


def _bounds(relation: Relation) -> tuple[tuple[str, int], tuple[str, int]]:
    return (
        ("GreaterThanOrEqualToRelation", relation.lower_ms),
        ("LessThanRelation", relation.upper_ms),
    )


def _ntriple(fact: PageFact) -> str:
    if fact.language:
        value = f'"{escape(fact.value)}"@{fact.language}'
    elif fact.datatype:
        value = f'"{fact.value}"^^<{XSD}{fact.datatype}>'
    else:
        value = f"<{fact.value}>"
    return f"<{fact.subject}> <{fact.predicate}> {value} .\n"


def _relation_ntriples(page: NodeHypermedia) -> list[str]:
    lines: list[str] = []
    for number, relation in enumerate(page.relations):
        for kind, bound in _bounds(relation):
            node = f"_:r{number}{kind[0].lower()}"
            lines += [
                f"<{page.iri}> <{TREE}relation> {node} .\n",
                f"{node} <{RDF_TYPE}> <{TREE}{kind}> .\n",
                f"{node} <{TREE}node> <{node_iri(page.stream, relation.path)}> .\n",
                f"{node} <{TREE}path> <{TIMESTAMP_PATH}> .\n",
                f'{node} <{TREE}value> "{format_milliseconds(bound)}"^^<{XSD}dateTime> .\n',
            ]
    return lines


def _turtle_iri(iri: str, base: str) -> str:
    if iri == RDF_TYPE:
        return "a"
    if iri == base:
        return "<>"
    if iri.startswith(base + "#"):
        return f"<{iri[len(base) :]}>"
    for prefix, namespace in PREFIXES.items():
        local = iri.removeprefix(namespace)
        if local != iri and local.isalnum():
            return f"{prefix}:{local}"
    return f"<{iri}>"


def _turtle_value(fact: PageFact, base: str) -> str:
    if fact.language:
        return f'"{escape(fact.value)}"@{fact.language}'
    if fact.datatype:
        return fact.value
    return _turtle_iri(fact.value, base)


def _turtle_relation(page: NodeHypermedia, relation: Relation) -> str:
    # Relative to the page, so that a copy of the tree at another URL still works (Primer,
    # section 4): references resolve from the last segment of the page's own URL.
    target = node_iri(page.stream, relation.path)
    reference = target[page.iri.rfind("/") + 1 :]
    return ",\n".join(
        f"    [ a tree:{kind} ; tree:node <{reference}> ; tree:path prov:generatedAtTime ;"
        f' tree:value "{format_milliseconds(bound)}"^^xsd:dateTime ]'
        for kind, bound in _bounds(relation)
    )


_JSON_KEYS: Final = {
    TREE + "view": "view",
    TREE + "shape": "shape",
    TREE + "viewDescription": "viewDescription",
    TREE + "rootNode": "rootNode",
    LDES + "timestampPath": "timestampPath",
    LDES + "versionOfPath": "versionOfPath",
    LDES + "sequencePath": "sequencePath",
    LDES + "versionTimestampPath": "versionTimestampPath",
    LDES + "versionSequencePath": "versionSequencePath",
    LDES + "versionDeleteObject": "versionDeleteObject",
    LDES + "pollingInterval": "pollingInterval",
    LDES + "immutable": "immutable",
    DCTERMS + "isPartOf": "isPartOf",
    DCTERMS + "conformsTo": "conformsTo",
    DCAT + "accessURL": "accessURL",
    DCAT + "downloadURL": "downloadURL",
}
_TEXT_KEYS: Final = {
    (DCTERMS + "title", "nl"): "titel",
    (DCTERMS + "title", "en"): "titelEn",
    (DCTERMS + "description", "nl"): "beschrijving",
    (DCTERMS + "description", "en"): "beschrijvingEn",
}
JsonObject = dict[str, "str | list[str] | list[dict[str, str]]"]


def _objects(facts: Sequence[PageFact]) -> dict[str, JsonObject]:
    """Return the facts as JSON-LD objects by subject, in the terms of our context."""
    objects: dict[str, JsonObject] = {}
    for fact in facts:
        target = objects.setdefault(fact.subject, {"@id": fact.subject})
        if fact.predicate == RDF_TYPE:
            target["@type"] = fact.value.rpartition("#")[2]
        elif fact.language:
            target[_TEXT_KEYS[fact.predicate, fact.language]] = fact.value
        elif fact.predicate == DCTERMS + "conformsTo":
            present = target.get("conformsTo")
            values = present if isinstance(present, list) else []
            target["conformsTo"] = [*(v for v in values if isinstance(v, str)), fact.value]
        else:
            target[_JSON_KEYS[fact.predicate]] = fact.value
    return objects
