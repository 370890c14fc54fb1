"""Builds the HTML page of a stream's SHACL shape from the shape itself."""

from __future__ import annotations

from collections.abc import Iterator

from ldes_shok.http.handlers.node_pages import format_links
from ldes_shok.http.serving.services import ShapeDocument
from ldes_shok.ldes.member import Term
from ldes_shok.ldes.stream import EventStream
from ldes_shok.rdf.rows import short_name
from ldes_shok.rdf.syntax import split
from ldes_shok.rdf.terms import iri, value_of
from ldes_shok.rdf.vocab import PREFIXES
from ldes_shok.representation.html.pages import Link, ShapePage, ShapePart, ShapeRow
from ldes_shok.validation.source import ShapesSource

_COMMENT = iri(f"{PREFIXES['rdfs']}comment")


def shape_page(public_url: str, stream: EventStream, shape: ShapeDocument) -> ShapePage:
    """The page of the shape that every member of `stream` conforms to."""
    whole, source = iri(shape.iri), shape.source
    return ShapePage(
        stream_title=stream.title_nl,
        stream_url=stream.iri,
        url=shape.iri,
        notes=tuple(split(note).value for note in source.statements(whole).get(_COMMENT, [])),
        parts=tuple(part for part in _parts(source, whole) if part.rows),
        breadcrumb=(
            Link("Catalogus", f"{public_url}/"),
            Link(stream.title_nl, stream.iri),
            Link("SHACL-shape", shape.iri),
        ),
        formats=format_links(shape.iri),
    )


def _parts(source: ShapesSource, whole: Term) -> Iterator[ShapePart]:
    yield ShapePart("Elk lid", "", tuple(_rows(source, whole)))
    classes = [shape for head in source.values(whole, "xone") for shape in source.items(head)]
    named = [shape for shape in source.subjects() if shape.startswith("<") and shape != whole]
    for shape in dict.fromkeys((*classes, *named)):
        anchor = value_of(shape).partition("#")[2]
        yield ShapePart(source.label(shape) or anchor, anchor, tuple(_rows(source, shape)))


def _rows(source: ShapesSource, shape: Term) -> Iterator[ShapeRow]:
    for constraint in source.values(shape, "property"):
        (path, *_) = (*source.values(constraint, "path"), "")
        path_iri = value_of(path) if path.startswith("<") else ""
        path_name = short_name(path_iri) if path_iri else "pad"
        name = source.text(constraint, "name") or path_name
        message = source.text(constraint, "message", "nl") or source.text(constraint, "message")
        yield ShapeRow(name, path_name, path_iri, message or _how_many(source, constraint))


def _how_many(source: ShapesSource, constraint: Term) -> str:
    least = source.text(constraint, "minCount") or "0"
    most = source.text(constraint, "maxCount") or "*"
    return f"{least}..{most}"
