"""A trial of a shape with pyshacl, before it judges members."""

from __future__ import annotations

from collections.abc import Collection

from pyshacl.pytypes import SHACLExecutor
from pyshacl.shapes_graph import ShapesGraph

from ldes_shok.ldes.member import Term
from ldes_shok.rdf.parse import Graph, graph_of, node_of
from ldes_shok.validation.stream_shape import StreamShape


def graph_of_shape(shape: StreamShape, last: Collection[Term] = ()) -> Graph:
    """A new graph of the shape, because pyshacl adds triples to its input.

    rdflib returns a subject's predicates in the order of insertion. Those in `last` come last.
    """
    graph = graph_of(sorted(shape.triples, key=lambda triple: triple[1] in last))
    for prefix, namespace in shape.prefixes.items():
        graph.bind(prefix, namespace)
    return graph


def try_out(shape: StreamShape) -> None:
    """Apply every shape to an empty graph: pyshacl reads parameters only when it runs.

    Raises:
        Exception: pyshacl cannot use the shape; pyshacl, rdflib and re each have their own errors.
    """
    empty, executor, focus = Graph(), SHACLExecutor(), node_of("<urn:ldes-shok:nothing>")
    for each in list(ShapesGraph(graph_of_shape(shape)).shapes):
        each.validate(executor, empty, focus=focus)
