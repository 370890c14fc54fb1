"""Pages as other people's tools read them: strictly by their Content-Type, with other parsers.

Knows nothing of the service's own code but the JSON-LD context, which it loads as a client would,
from the service itself.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import brotli
from pyld import jsonld
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
)

from tests.support.service import request

Node = NamedNode | BlankNode | Literal

LDES: Final = "https://w3id.org/ldes#"
TREE: Final = "https://w3id.org/tree#"
DCTERMS: Final = "http://purl.org/dc/terms/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
GENERATED_AT: Final = "http://www.w3.org/ns/prov#generatedAtTime"
POSITION: Final = "https://schema.org/position"
IMMUTABLE_CACHING: Final = "public, max-age=604800, immutable"

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "ttl": "text/turtle",
    "trig": "application/trig",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "jsonld": "application/ld+json",
}
"""What `?format=` and Accept take for the five RDF forms."""

_SYNTAX: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/trig": RdfFormat.TRIG,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
}


@dataclass(frozen=True)
class Page:
    """An answer. `raw` is the body as it came, `body` with its content coding undone."""

    url: str
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @cached_property
    def body(self) -> bytes:
        match self.headers.get("content-encoding", "identity"):
            case "gzip":
                return gzip.decompress(self.raw)
            case "br":
                return bytes(brotli.decompress(self.raw))
            case _:
                return self.raw

    @property
    def media_type(self) -> str:
        return self.headers["content-type"].partition(";")[0]

    @property
    def is_immutable(self) -> bool:
        return "immutable" in self.headers["cache-control"].split(", ")

    @cached_property
    def quads(self) -> Sequence[Quad]:
        """The statements in document order; JSON-LD in the order of its expansion."""
        if self.media_type == "application/ld+json":
            text = jsonld.to_rdf(
                json.loads(self.body),
                {"documentLoader": load_context, "base": self.url, "format": "application/n-quads"},
            )
            return list(parse(text, format=RdfFormat.N_QUADS))
        syntax = _SYNTAX[self.media_type]
        relative = syntax in (RdfFormat.TURTLE, RdfFormat.TRIG)
        return list(parse(self.body, format=syntax, base_iri=self.url if relative else None))

    @cached_property
    def graph(self) -> frozenset[str]:
        """The statements with canonical names for their blank nodes."""
        return canonical(self.quads)

    def objects(self, subject: object, predicate: str) -> list[Any]:
        """All objects, duplicates kept; `subject` is a term, or an IRI."""
        term = NamedNode(subject) if isinstance(subject, str) else subject
        return [
            q.object for q in self.quads if q.subject == term and q.predicate.value == predicate
        ]

    def subjects(self, predicate: str, value: str) -> list[Any]:
        return [
            q.subject
            for q in self.quads
            if q.predicate.value == predicate and q.object == NamedNode(value)
        ]

    @cached_property
    def stream(self) -> str:
        """The one event stream whose `tree:view` this page is."""
        (stream,) = self.subjects(f"{TREE}view", self.url)
        assert isinstance(stream, NamedNode)
        return stream.value

    @cached_property
    def children(self) -> list[str]:
        """The nodes that this page leads to, each once."""
        links = [self.objects(r, f"{TREE}node") for r in self.objects(self.url, f"{TREE}relation")]
        return list(dict.fromkeys(node.value for nodes in links for node in nodes))

    @cached_property
    def members(self) -> list[str]:
        """The members in document order."""
        found = [q.object for q in self.quads if q.predicate.value == f"{TREE}member"]
        return [member.value for member in found if isinstance(member, NamedNode)]

    def member(self, iri: str) -> list[Quad]:
        """A member by LDES 1.0, section 3.4: its star and its blank nodes, over and over."""
        found: list[Quad] = []
        waiting: list[object] = [NamedNode(iri)]
        seen = set(waiting)
        while waiting:
            focus = waiting.pop()
            for quad in self.quads:
                if quad.subject != focus or quad.predicate.value == f"{TREE}member":
                    continue
                found.append(quad)
                if isinstance(quad.object, BlankNode) and quad.object not in seen:
                    seen.add(quad.object)
                    waiting.append(quad.object)
        return found

    def value(self, subject: str, predicate: str) -> Any:
        """The one object.

        Raises:
            ValueError: there are none, or several.
        """
        (value,) = self.objects(subject, predicate)
        return value


def load_context(url: str, _: object) -> dict[str, object]:
    """A document loader for pyld: asks the service, which is on the loopback interface."""
    status, _, body = request(url)
    assert status == 200, url
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": json.loads(body),
    }


def canonical(quads: Iterable[Quad]) -> frozenset[str]:
    """Quads that can be compared: equal sets, equal graphs (RDFC-1.0)."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return frozenset(str(quad) for quad in dataset)


def get(
    url: str,
    accept: str | None = "text/turtle",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Page:
    """One request, not following redirects; `headers` are laid over Accept."""
    sent = {**({} if accept is None else {"Accept": accept}), **(headers or {})}
    status, answered, body = request(url, method=method, headers=sent)
    return Page(url, status, answered, body)


def crawl(root: str, accept: str = "text/turtle") -> Iterator[Page]:
    """Every node of a view, breadth first, each link followed: a node twice comes twice.

    Raises:
        AssertionError: a link does not answer 200, or there are more than 5,000 pages.
    """
    waiting = [root]
    for number in range(5_000):
        if number == len(waiting):
            return
        page = get(waiting[number], accept)
        assert page.status == 200, f"{page.url}: {page.status}"
        yield page
        waiting += page.children
    raise AssertionError(f"no end to {root}")
