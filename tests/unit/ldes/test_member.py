"""Members and nodes as values."""

from __future__ import annotations

import dataclasses

import pytest

from ldes_shok.ldes.member import FIRST_POSITION, Form, Member, Stamp, Summary
from ldes_shok.ldes.node import ROOT, Node, NodeKind
from tests.support.templates import verbatim

MEMBER = Member(
    "kasten", "urn:m", "urn:e", Stamp(FIRST_POSITION, 1), Summary("Kast", "x", "", ""),
    verbatim(), ("turtle", "ntriples", "jsonld"),
)  # fmt: skip


@pytest.mark.parametrize("form", Form)
def test_a_member_has_a_text_in_every_form(form: Form) -> None:
    assert MEMBER.text(form) == form.value.encode()


def test_positions_sort_as_text_as_they_do_as_numbers() -> None:
    positions = [FIRST_POSITION + step for step in (0, 1, 9, 10, 99, 10**6, 8 * 10**15)]
    assert sorted(map(str, positions)) == list(map(str, positions))


def test_values_do_not_change() -> None:
    node = Node(ROOT, None, NodeKind.INTERIOR, 0, None, 0, 0, 0, 0, split=True, sealed=False)
    with pytest.raises(AttributeError):
        MEMBER.iri = "urn:other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        node.sealed = True  # type: ignore[misc]
