"""The shape of one stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ldes_shok.ldes.member import Triple
from ldes_shok.validation.source import ShapesSource


@dataclass(frozen=True)
class StreamShape:
    """The shape of one stream.

    Attributes:
        iri: what `tree:shape` points to.
        triples: the whole graph, IRIs absolute, sorted.
        turtle: the document that it was read from, with its base.
        prefixes: prefix to namespace, as the document has them.
    """

    iri: str
    triples: tuple[Triple, ...]
    turtle: bytes
    prefixes: Mapping[str, str]

    @cached_property
    def source(self) -> ShapesSource:
        """Lookups in the graph."""
        return ShapesSource(self.triples)
