"""The documents around the streams: catalogue, front page, shapes, context, code lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from ldes_shok.export.portable import (
    CONTEXT_NAME,
    NOWHERE,
    SUFFIXES,
    portable_stream,
    shape_name,
    stream_name,
)
from ldes_shok.export.target import Item, Life, rdf_item
from ldes_shok.export.tree import FORMATS
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import ROOT
from ldes_shok.ldes.stream import EventStream
from ldes_shok.metadata.concepts import ConceptDocuments
from ldes_shok.metadata.dcat import Catalogue
from ldes_shok.representation.hypermedia import node_iri
from ldes_shok.representation.media import Format

MakeCatalogue = Callable[[str, Sequence[EventStream]], Catalogue]
"""Takes the base URL and the streams with the IRIs for the catalogue."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the documents are built from.

    Attributes:
        public_url: base of the published IRIs, no slash at the end.
        title: of the service.
        context: our JSON-LD context.
        shapes: each stream's shape in Turtle, every IRI absolute.
        concepts: the coined code lists.
        catalogue: builds the DCAT description.
    """

    public_url: str
    title: str
    context: bytes
    shapes: Mapping[str, bytes]
    concepts: ConceptDocuments
    catalogue: MakeCatalogue


def documents(
    sources: Sources, streams: Sequence[EventStream], forms: Sequence[Form]
) -> Iterator[Item]:
    """Yield the documents of an export of `streams`; a document comes after those it links to."""
    yield Item(CONTEXT_NAME, sources.context, "application/ld+json", Life.DOCUMENT)
    for path in sources.concepts.paths:
        for form in forms:
            body = sources.concepts.document(path, FORMATS[form].value)
            name = f"id/{path}{SUFFIXES[form]}"
            yield rdf_item(name, body, FORMATS[form], Life.DOCUMENT)
    for stream in streams:
        # A shape that names itself <> works under any URL.
        body = sources.shapes[stream.name]
        for end in (b">", b"#"):
            body = body.replace(b"<" + stream.shape_iri.encode() + end, b"<" + end)
        yield rdf_item(shape_name(stream), body, Format.TURTLE, Life.DOCUMENT)


def front(
    sources: Sources, streams: Sequence[EventStream], forms: Sequence[Form]
) -> Iterator[Item]:
    """Yield the catalogue and the page for people: they link to everything else."""
    for form in forms:
        described = [_in_catalogue(stream, form) for stream in streams]
        text = sources.catalogue(NOWHERE, described).document(FORMATS[form].value)
        name = f"index{SUFFIXES[form]}"
        yield rdf_item(name, _relative(text, form), FORMATS[form], Life.ENTRY)
    yield Item("index.html", _page(sources, streams, forms), "text/html; charset=utf-8", Life.ENTRY)


def _in_catalogue(stream: EventStream, form: Form) -> EventStream:
    portable = portable_stream(stream, form)
    return replace(portable, view_iri=node_iri(portable, ROOT), page_suffix="")


def _relative(text: bytes, form: Form) -> bytes:
    """Make the IRIs of the catalogue relative; it is at the top of the export."""
    quote = "<" if form is Form.TURTLE else '"'
    return text.replace(f"{quote}{NOWHERE}/".encode(), quote.encode())


def _page(sources: Sources, streams: Sequence[EventStream], forms: Sequence[Form]) -> bytes:
    rows = "".join(
        f"<li>{escape(stream.title_nl)}: "
        + ", ".join(
            f'<a href="{escape(stream_name(stream, form))}">{SUFFIXES[form][1:]}</a>'
            for form in forms
        )
        + f"<br>{escape(stream.description_nl)}</li>\n"
        for stream in streams
    )
    title = escape(sources.title)
    return (
        '<!doctype html>\n<html lang="nl">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<p>Een kopie van de event streams van <a href="{escape(sources.public_url)}/">'
        f"{escape(sources.public_url)}</a>, om met een LDES-client te lezen.</p>\n"
        f"<ul>\n{rows}</ul>\n"
        '<p><a href="index.ttl">Catalogus (DCAT)</a></p>\n</body>\n</html>\n'
    ).encode()
