"""Every kind of member, compared with one that was written by hand.

The files also pin the IRIs: a release that mints others publishes everything a second time.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat

from ldes_shok.clock import to_milliseconds
from ldes_shok.ldes.member import FIRST_POSITION, Stamp
from ldes_shok.rdf.blocks import stamped
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes
from tests.support.rdf import graph_of_triples, read
from tests.support.vertical import BASE, NOON
from tests.unit.mapping.examples import DIRECTORY, EXAMPLES

STAMP = Stamp(FIRST_POSITION, to_milliseconds(NOON))


@pytest.fixture(scope="module")
def authority() -> ShaclJudge:
    return ShaclJudge(Shapes.load(Path(__file__).parents[3] / "shapes", BASE))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_member_says_exactly_what_it_must(name: str) -> None:
    expected = read((DIRECTORY / f"{name}.ttl").read_bytes(), RdfFormat.TURTLE)
    assert graph_of_triples(stamped(EXAMPLES[name](), STAMP)) == expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_member_conforms_to_the_shape_of_its_stream(name: str, authority: ShaclJudge) -> None:
    draft = EXAMPLES[name]()
    assert authority.judge(draft.stream, draft.iri, stamped(draft, STAMP)).sentence == ""


def test_every_file_is_compared() -> None:
    assert {path.stem for path in DIRECTORY.glob("*.ttl")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_event_gives_the_same_member_again(name: str) -> None:
    """P2: delivered once or a thousand times, it is one member with one IRI."""
    assert EXAMPLES[name]() == EXAMPLES[name]()
