"""Statements about something else than the member are found."""

from __future__ import annotations

from ldes_shok.validation.foreign_subjects import stray_triple

MEMBER, P = "<http://x.test/m>", "<http://x.test/p>"


def test_the_star_and_its_blank_nodes_are_the_member() -> None:
    triples = ((MEMBER, P, "_:a"), ("_:b", P, '"x"'), ("_:a", P, "_:b"), ("_:b", P, "_:a"))
    assert stray_triple(MEMBER, triples) is None


def test_another_iri_is_stray_even_if_the_member_links_to_it() -> None:
    stray = ("<http://x.test/person>", P, '"Jan Verzonnen"')
    assert stray_triple(MEMBER, ((MEMBER, P, stray[0]), stray)) == stray


def test_an_unreachable_blank_node_is_stray() -> None:
    assert stray_triple(MEMBER, ((MEMBER, P, '"_:a"'), ("_:a", P, '"x"'))) == ("_:a", P, '"x"')
