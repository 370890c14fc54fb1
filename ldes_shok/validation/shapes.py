"""The shapes of all streams, loaded once and served unchanged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf.companion import read_companion
from ldes_shok.rdf.graphs import expanded
from ldes_shok.rdf.syntax import split
from ldes_shok.validation.source import RDF_TYPE, ShapesSource, sh
from ldes_shok.validation.stream_shape import StreamShape

_NOT_A_STREAM: Final = frozenset({"concepts.ttl"})
_PREFIX: Final = re.compile(rb"^@prefix ([A-Za-z0-9_-]*): <([^>]*)> \.", re.MULTILINE)


class Shapes:
    """One SHACL shape per stream, with every IRI absolute."""

    def __init__(self, shapes: Mapping[str, StreamShape]) -> None:
        self._shapes = dict(shapes)
        self._terms = _names(self._shapes)

    @classmethod
    def load(cls, directory: Path, base: str) -> Shapes:
        """The shapes in `directory`: each `.ttl` file but `concepts.ttl` is a stream's.

        The statements come from the file's companion (`ldes_shok.rdf.companion`). The shapes of the
        package have one, and the tests try them out. A file without a companion, or changed since,
        is parsed and tried on an empty member, so that a shape that pyshacl cannot use is found
        now.

        Args:
            directory: where the shape files are.
            base: the public URL; relative IRIs are resolved against it with a slash at its end.

        Raises:
            ShapesError: a file cannot be read, is not Turtle, has no shape for its stream, or is
                not SHACL that pyshacl accepts. Names the file and the reason.
        """
        root = base.rstrip("/") + "/"
        paths = sorted(p for p in directory.glob("*.ttl") if p.name not in _NOT_A_STREAM)
        if not paths:
            raise ShapesError(f"{directory}: no shape files (*.ttl) here")
        return cls({path.stem: _load(path, root) for path in paths})

    def with_successors(self, kinds: Mapping[str, str]) -> Shapes:
        """These shapes, and for each stream that succeeds another the shape of the other stream."""
        return Shapes(self._shapes | {name: self._shapes[kind] for name, kind in kinds.items()})

    @property
    def streams(self) -> tuple[str, ...]:
        """The names of the streams that have a shape, sorted."""
        return tuple(self._shapes)

    @property
    def by_stream(self) -> Mapping[str, StreamShape]:
        """The shapes themselves."""
        return dict(self._shapes)

    def shape_iri(self, stream: str) -> str:
        """The absolute IRI that `tree:shape` points to."""
        return self._shapes[stream].iri

    def source(self, stream: str) -> ShapesSource:
        """Lookups in the shapes graph."""
        return self._shapes[stream].source

    def turtle(self, stream: str) -> bytes:
        """The shape as Turtle, for serving: the original text, with its base."""
        return self._shapes[stream].turtle

    def ntriples(self, stream: str) -> bytes:
        """The shape as N-Triples (and N-Quads), for serving."""
        return "".join(f"{s} {p} {o} .\n" for s, p, o in self._shapes[stream].triples).encode()

    def jsonld(self, stream: str) -> bytes:
        """The shape as JSON-LD without a context, for serving."""
        return expanded(self._shapes[stream].triples)

    def name_of(self, path: Term) -> str:
        """The term of the application profile for a predicate; the IRI itself if it has none."""
        return self._terms.get(path, path)


def _load(path: Path, root: str) -> StreamShape:
    try:
        turtle = path.read_bytes()
        triples = read_companion(path, root)
    except (OSError, ValueError) as error:
        raise ShapesError(f"{path}: {error}") from error
    is_new = triples is None
    if triples is None:
        triples = _parse(path, root)
    shape = StreamShape(
        f"{root}shapes/{path.stem}",
        tuple(triples),
        f"@base <{root}> .\n".encode() + turtle,
        {prefix.decode(): iri.decode() for prefix, iri in _PREFIX.findall(turtle)},
    )
    if sh("NodeShape") not in shape.source.statements(f"<{shape.iri}>").get(RDF_TYPE, []):
        raise ShapesError(f"{path}: it must hold the sh:NodeShape <shapes/{path.stem}>")
    try:
        missing = shape.source.missing_shapes()
    except ValueError as error:
        raise ShapesError(f"{path}: {error}") from error
    if missing:
        raise ShapesError(f"{path}: it refers to {missing[0]}, which it does not describe")
    if is_new:
        _try_out(path, shape)
    return shape


# Only for other shapes than the package's: this import takes a second.


def _parse(path: Path, root: str) -> list[Triple]:
    from ldes_shok.rdf.parse import load_turtle, triples_of  # noqa: PLC0415

    try:
        return triples_of(load_turtle(path, root))
    except (OSError, ValueError) as error:
        raise ShapesError(f"{path}: {error}") from error


def _try_out(path: Path, shape: StreamShape) -> None:
    from ldes_shok.validation.trial import try_out  # noqa: PLC0415

    try:
        try_out(shape)
    except Exception as error:  # pyshacl, rdflib and re each have their own tree of errors
        raise ShapesError(f"{path}: pyshacl cannot use it: {error}") from error


def _names(shapes: Mapping[str, StreamShape]) -> dict[Term, str]:
    names: dict[Term, set[str]] = {}
    for shape in shapes.values():
        for subject in shape.source.subjects():
            for path in shape.source.values(subject, "path"):
                for name in shape.source.values(subject, "name"):
                    names.setdefault(path, set()).add(split(name).value)
    return {path: min(found) for path, found in names.items()}
