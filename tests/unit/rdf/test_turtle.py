"""Turtle: prefixes where they fit, nested nodes where they can be."""

from __future__ import annotations

import pytest

from ldes_shok.rdf.turtle import TurtleWriter
from ldes_shok.rdf.vocab import PREFIXES, TYPE

PREFIX = {"ex": "http://x.test/", "us": PREFIXES["us"]}


@pytest.mark.parametrize(
    ("term", "written"),
    [
        ("<http://x.test/a>", "ex:a"),
        ("<http://x.test/a.b-c_1>", "ex:a.b-c_1"),
        ("<http://x.test/a.>", "<http://x.test/a.>"),
        ("<http://x.test/1a>", "<http://x.test/1a>"),
        ("<http://x.test/>", "<http://x.test/>"),
        ("<http://x.test/a/b>", "<http://x.test/a/b>"),
        ("<http://x.test/é>", "<http://x.test/é>"),
        ("<http://y.test/a>", "<http://y.test/a>"),
        ('"x"^^<http://x.test/type>', '"x"^^ex:type'),
        ('"x"^^<urn:t>', '"x"^^<urn:t>'),
        ('"\\"^^<http://x.test/t>"', '"\\"^^<http://x.test/t>"'),
        ('"x"@nl', '"x"@nl'),
    ],
)
def test_terms(term: str, written: str) -> None:
    writer = TurtleWriter(PREFIX)
    assert writer.term(term) == written
    assert writer.term(term) == written


def test_a_star_reads_as_it_was_said() -> None:
    star = TurtleWriter(PREFIX).star(
        [
            ("<http://x.test/s>", TYPE, "<http://x.test/T>"),
            ("<http://x.test/s>", "<http://x.test/p>", '"1"'),
            ("<http://x.test/s>", "<http://x.test/p>", "_:b0"),
            ("_:b0", "<http://x.test/q>", '"2"'),
            ("_:b0", "<http://x.test/r>", "_:b1"),
            ("_:b1", "<http://x.test/q>", '"3"'),
        ]
    )
    assert star == 'ex:s a ex:T ;\n    ex:p "1", [ ex:q "2" ; ex:r [ ex:q "3" ] ] .'


def test_the_prologue_declares_every_prefix() -> None:
    writer = TurtleWriter()
    assert writer.prologue.count("@prefix ") == len(PREFIXES)


def test_the_table_of_short_terms_is_bounded() -> None:
    writer = TurtleWriter(PREFIX)
    for number in range(5000):
        assert writer.term(f"<http://x.test/n{number}>") == f"ex:n{number}"
    assert len(writer._short) <= 4096
