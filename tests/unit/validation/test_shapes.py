"""Loading and serving the shapes."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from rdflib.compare import isomorphic

from ldes_shok.errors import ShapesError
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.trial import try_out
from tests.fixtures.members import BASE

SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> .
<shapes/proef> a sh:NodeShape ; sh:property [ sh:path <http://x.test/p> ; %s ] .
"""


def test_each_stream_has_its_shape(shapes: Shapes) -> None:
    assert set(shapes.streams) == set(STREAMS)
    assert shapes.shape_iri("kasten") == f"{BASE}/shapes/kasten"


@pytest.mark.parametrize("base", ["http://a.test", "http://a.test/", "http://a.test/shok"])
def test_relative_iris_become_absolute(base: str) -> None:
    shapes = Shapes.load(Path(__file__).parents[3] / "shapes", base)
    root = base.rstrip("/") + "/"
    assert shapes.shape_iri("techniek") == f"{root}shapes/techniek"
    assert shapes.turtle("techniek").startswith(f"@base <{root}> .\n".encode())
    assert f"<{root}id/concept/kasttype/marktkast>".encode() in shapes.ntriples("techniek")
    assert b".invalid" not in shapes.ntriples("techniek")
    assert b"file:" not in shapes.ntriples("techniek")


def test_all_forms_are_the_same_graph(shapes: Shapes) -> None:
    for stream in shapes.streams:
        turtle = rdflib.Graph().parse(data=shapes.turtle(stream), format="turtle")
        ntriples = rdflib.Graph().parse(data=shapes.ntriples(stream), format="nt")
        jsonld = rdflib.Graph().parse(data=shapes.jsonld(stream), format="json-ld")
        assert isomorphic(turtle, ntriples)
        assert isomorphic(turtle, jsonld)
        assert len(turtle) > 100


def test_what_is_served_has_nothing_that_pyshacl_added(shapes: Shapes) -> None:
    assert b"owl#" not in shapes.ntriples("kasten")


def test_no_shape_points_outside(shapes: Shapes) -> None:
    for stream in shapes.streams:
        assert b"owl:imports" not in shapes.turtle(stream)
        assert b"sh:sparql" not in shapes.turtle(stream)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<a> <b>", "is not Turtle"),
        ("<a> <b> <c> .", "must hold the sh:NodeShape <shapes/proef>"),
        (SHAPE % 'sh:minCount "1"', "sh:minCount must be"),
        (SHAPE % 'sh:pattern "("', "pyshacl cannot use it"),
        (SHAPE % "sh:node <shapes/elders>", "refers to <http://shok.test/shapes/elders>"),
        (SHAPE % "sh:or ( <shapes/elders> )", "refers to <http://shok.test/shapes/elders>"),
        (SHAPE % "sh:or <shapes/elders>", "is not an RDF list"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "proef.ttl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ShapesError) as caught:
        Shapes.load(tmp_path, BASE)
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)


def test_an_empty_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ShapesError, match="no shape files"):
        Shapes.load(tmp_path, BASE)


def test_pyshacl_takes_the_shapes_that_ship(shapes: Shapes) -> None:
    """They are read from their companions, so nothing tries them out at start-up."""
    for shape in shapes.by_stream.values():
        try_out(shape)


def test_a_shape_that_was_changed_since_is_parsed_and_tried_out(tmp_path: Path) -> None:
    directory = Path(__file__).parents[3] / "shapes"
    for name in ("kasten.ttl", "kasten.nt"):
        (tmp_path / name).write_bytes((directory / name).read_bytes())
    assert Shapes.load(tmp_path, BASE).streams == ("kasten",)
    with (tmp_path / "kasten.ttl").open("a", encoding="utf-8") as file:
        file.write('<shapes/kasten#Kast> sh:pattern "(" .\n')
    with pytest.raises(ShapesError, match="pyshacl cannot use it"):
        Shapes.load(tmp_path, BASE)
