"""Lookups in a graph of shapes."""

from __future__ import annotations

import pytest

from ldes_shok.ldes.member import Triple
from ldes_shok.validation.source import ShapesSource

SH = "http://www.w3.org/ns/shacl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NIL = f"<{RDF}nil>"


def listed(head: str, *items: str) -> list[Triple]:
    """An RDF list whose first node is `head`."""
    nodes = [head, *(f"{head}{n}" for n in range(1, len(items))), NIL]
    return [
        triple
        for node, item, rest in zip(nodes, items, nodes[1:], strict=False)
        for triple in ((node, f"<{RDF}first>", item), (node, f"<{RDF}rest>", rest))
    ]


def parameter(name: str) -> str:
    return f"<{SH}{name}>"


def test_the_items_of_a_list_in_order() -> None:
    assert ShapesSource(listed("_:l", "<a>", "<b>", "<c>")).items("_:l") == ["<a>", "<b>", "<c>"]
    assert ShapesSource([]).items(NIL) == []


@pytest.mark.parametrize(
    "more",
    [
        [("_:l", f"<{RDF}first>", "<x>")],
        [("_:l1", f"<{RDF}rest>", NIL), ("_:l1", f"<{RDF}rest>", "_:l")],
    ],
)
def test_a_node_with_two_items_or_two_rests_is_no_list(more: list[Triple]) -> None:
    with pytest.raises(ValueError, match="is not an RDF list"):
        ShapesSource([*listed("_:l", "<a>", "<b>"), *more]).items("_:l")


def test_a_list_without_an_end_is_none() -> None:
    circle = [*listed("_:l", "<a>")[:1], ("_:l", f"<{RDF}rest>", "_:l")]
    for triples in (circle, circle[:1], circle[1:], []):
        with pytest.raises(ValueError, match="is not an RDF list"):
            ShapesSource(triples).items("_:l")


@pytest.mark.parametrize("name", ["property", "node", "not", "qualifiedValueShape"])
def test_a_shape_that_another_one_refers_to_is_missed(name: str) -> None:
    """Pyshacl would pass anything there."""
    source = ShapesSource([("<s>", parameter(name), "<gone>"), ("<s>", parameter(name), "<s>")])
    assert source.missing_shapes() == ["<gone>"]


@pytest.mark.parametrize("name", ["xone", "or", "and"])
def test_a_shape_that_stands_in_a_list_is_missed(name: str) -> None:
    triples: list[Triple] = [("<s>", parameter(name), "_:l"), *listed("_:l", "<s>", "<gone>")]
    assert ShapesSource(triples).missing_shapes() == ["<gone>"]
