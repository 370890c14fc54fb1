"""The shapes of all streams, loaded once and served as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyshacl.pytypes import SHACLExecutor
from pyshacl.shapes_graph import ShapesGraph

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Form, Term
from ldes_shok.rdf.parse import Graph, copy_of, load_turtle, node_of, serialise, triples_of
from ldes_shok.rdf.syntax import split
from ldes_shok.validation.source import RDF_TYPE, ShapesSource, sh

_NOT_A_STREAM = frozenset({"concepts.ttl"})


@dataclass(frozen=True, slots=True)
class _StreamShape:
    iri: str
    graph: Graph
    source: ShapesSource
    texts: Mapping[Form, bytes]


class Shapes:
    """One SHACL shape per stream, with every IRI absolute."""

    def __init__(self, shapes: Mapping[str, _StreamShape]) -> None:
        self._shapes = shapes
        self._terms = _names(shapes)

    @classmethod
    def load(cls, directory: Path, base: str) -> Shapes:
        """The shapes in `directory`: each `.ttl` file but `concepts.ttl` is a stream's.

        Each is tried on an empty member, so that what pyshacl cannot use is found now.

        Args:
            directory: where the shape files are.
            base: the public URL; relative IRIs are resolved against it with a slash behind it.

        Raises:
            ShapesError: a file cannot be read, is not Turtle, has no shape for its stream, or
                is not SHACL that pyshacl accepts. Names the file and the reason.
        """
        root = base.rstrip("/") + "/"
        paths = sorted(p for p in directory.glob("*.ttl") if p.name not in _NOT_A_STREAM)
        if not paths:
            raise ShapesError(f"{directory}: no shape files (*.ttl) here")
        return cls({path.stem: _load(path, root) for path in paths})

    @property
    def streams(self) -> tuple[str, ...]:
        """The names of the streams that have a shape, sorted."""
        return tuple(self._shapes)

    def shape_iri(self, stream: str) -> str:
        """The absolute IRI that `tree:shape` points to."""
        return self._shapes[stream].iri

    def graph(self, stream: str) -> Graph:
        """The shapes graph itself: not to be changed."""
        return self._shapes[stream].graph

    def source(self, stream: str) -> ShapesSource:
        """Lookups in the shapes graph."""
        return self._shapes[stream].source

    def turtle(self, stream: str) -> bytes:
        """The shape as Turtle, for serving."""
        return self._shapes[stream].texts[Form.TURTLE]

    def ntriples(self, stream: str) -> bytes:
        """The shape as N-Triples (and N-Quads), for serving."""
        return self._shapes[stream].texts[Form.NTRIPLES]

    def jsonld(self, stream: str) -> bytes:
        """The shape as JSON-LD without a context, for serving."""
        return self._shapes[stream].texts[Form.JSONLD]

    def name_of(self, path: Term) -> str:
        """The term of the application profile for a predicate; the IRI itself if it has none."""
        return self._terms.get(path, path)


def _load(path: Path, root: str) -> _StreamShape:
    try:
        graph = load_turtle(path, root)
    except (OSError, ValueError) as error:
        raise ShapesError(f"{path}: {error}") from error
    iri = f"{root}shapes/{path.stem}"
    source = ShapesSource(triples_of(graph))
    if sh("NodeShape") not in source.statements(f"<{iri}>").get(RDF_TYPE, []):
        raise ShapesError(f"{path}: it must hold the sh:NodeShape <shapes/{path.stem}>")
    try:
        missing = source.missing_shapes()
    except ValueError as error:
        raise ShapesError(f"{path}: {error}") from error
    if missing:
        raise ShapesError(f"{path}: it refers to {missing[0]}, which it does not describe")
    try:
        _try_out(graph)
    except Exception as error:  # pyshacl, rdflib and re each have their own tree of errors
        raise ShapesError(f"{path}: pyshacl cannot use it: {error}") from error
    return _StreamShape(iri, graph, source, {form: serialise(graph, form) for form in Form})


def _try_out(graph: Graph) -> None:
    """Judge nothing by every shape: pyshacl reads a constraint's parameters only when it runs."""
    empty, executor, focus = Graph(), SHACLExecutor(), node_of("<urn:ldes-shok:nothing>")
    for shape in list(ShapesGraph(copy_of(graph)).shapes):
        shape.validate(executor, empty, focus=focus)


def _names(shapes: Mapping[str, _StreamShape]) -> dict[Term, str]:
    names: dict[Term, set[str]] = {}
    for shape in shapes.values():
        for subject in shape.source.subjects():
            for path in shape.source.values(subject, "path"):
                for name in shape.source.values(subject, "name"):
                    names.setdefault(path, set()).add(split(name).value)
    return {path: min(found) for path, found in names.items()}
