"""N-Triples beside a Turtle file say what the Turtle says, or count for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib.compare import isomorphic

from ldes_shok.rdf.companion import companion_path, read_companion
from ldes_shok.rdf.graphs import read_statements
from ldes_shok.rdf.parse import companion_of, graph_of, load_turtle

SHAPES = Path(__file__).parents[3] / "shapes"
TURTLE = """@prefix x: <http://x.test/> .
<> x:p <a/b#c> , [ x:q ( "1" "<http://base.invalid/>" ) ] , "v"^^<d> , "w"@nl , <http://x.test/o> .
"""


def _file(directory: Path, text: str = TURTLE) -> Path:
    path = directory / "proef.ttl"
    path.write_text(text, encoding="utf-8")
    companion_path(path).write_text(companion_of(text.encode(), path.name), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(path.name for path in SHAPES.glob("*.ttl")))
@pytest.mark.parametrize("base", ["http://a.test/", "https://b.example/shok/"])
def test_what_ships_says_the_same_as_the_turtle(name: str, base: str) -> None:
    triples = read_companion(SHAPES / name, base)
    assert triples is not None
    assert isomorphic(graph_of(triples), load_turtle(SHAPES / name, base))


def test_every_kind_of_term_is_kept(tmp_path: Path) -> None:
    path = _file(tmp_path)
    triples = read_companion(path, "http://a.test/z/")
    assert triples is not None
    assert isomorphic(graph_of(triples), load_turtle(path, "http://a.test/z/"))
    assert "<http://a.test/z/a/b#c>" in {o for _, _, o in triples}
    assert '"v"^^<http://a.test/z/d>' in {o for _, _, o in triples}


def test_a_companion_is_the_same_text_every_time() -> None:
    assert len({companion_of(TURTLE.encode(), "proef.ttl") for _ in range(3)}) == 1


def test_a_companion_of_another_text_counts_for_nothing(tmp_path: Path) -> None:
    path = _file(tmp_path)
    path.write_text(TURTLE + "<new> <urn:p> <urn:o> .\n", encoding="utf-8")
    assert read_companion(path, "http://a.test/") is None
    assert any("new" in s for s, _, _ in read_statements(path, "http://a.test/"))


def test_a_companion_of_another_file_counts_for_nothing(tmp_path: Path) -> None:
    path = _file(tmp_path)
    renamed = path.rename(tmp_path / "anders.ttl")
    companion_path(path).rename(companion_path(renamed))
    assert read_companion(renamed, "http://a.test/") is None


def test_without_a_companion_the_turtle_is_parsed(tmp_path: Path) -> None:
    path = _file(tmp_path)
    with_companion = read_statements(path, "http://a.test/")
    companion_path(path).unlink()
    assert read_companion(path, "http://a.test/") is None
    parsed = read_statements(path, "http://a.test/")
    assert isomorphic(graph_of(parsed), graph_of(with_companion))


def test_a_damaged_companion_is_an_error(tmp_path: Path) -> None:
    path = _file(tmp_path)
    with companion_path(path).open("a", encoding="utf-8") as file:
        file.write("<a> <b> .\n")
    with pytest.raises(ValueError, match="is not N-Quads"):
        read_companion(path, "http://a.test/")


@pytest.mark.parametrize("iri", ["../x", "/x", "//x.test/y"])
def test_an_iri_that_does_not_just_follow_the_base_has_no_companion(iri: str) -> None:
    with pytest.raises(ValueError, match="relative IRI"):
        companion_of(f"<{iri}> <urn:p> <urn:o> .".encode(), "proef.ttl")
