"""Templates: gaps filled, nothing else touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.ldes.form import Form
from ldes_shok.ldes.template import GAP, IRI_GAP, GapText, Outline, Template
from tests.support.templates import verbatim

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=GAP), max_size=6)


@given(st.lists(_texts, min_size=1, max_size=6), st.data())
def test_a_layout_is_its_pieces_with_values_between(pieces: list[str], data: st.DataObject) -> None:
    values = data.draw(st.lists(_texts, min_size=3, max_size=3))
    holes = tuple(data.draw(st.integers(0, 2)) for _ in pieces[1:])
    layout = GapText("%s".join(piece.replace("%", "%%") for piece in pieces), holes)
    expected = pieces[0]
    for hole, piece in zip(holes, pieces[1:], strict=True):
        expected += values[hole] + piece
    assert layout.fill(values).decode() == expected
    assert (layout.text % tuple(values[hole] for hole in holes)) == expected


def test_a_layout_has_a_value_for_each_gap() -> None:
    with pytest.raises(ValueError, match="1 holes for 2 gaps"):
        GapText("%s and %s", (0,))


def test_an_outline_is_filled_in_the_order_of_its_gaps() -> None:
    outline = Outline(
        (
            (IRI_GAP, "<urn:type>", "<urn:Kast>"),
            ("_:b0", "<urn:label>", f'"{GAP}"@nl'),
            (IRI_GAP, "<urn:of>", IRI_GAP),
        )
    )
    assert outline.fill(["urn:m", "naam", "urn:e"]) == (
        ("<urn:m>", "<urn:type>", "<urn:Kast>"),
        ("_:b0", "<urn:label>", '"naam"@nl'),
        ("<urn:m>", "<urn:of>", "<urn:e>"),
    )
    assert outline == Outline(outline.triples)
    assert hash(outline) == hash(Outline(outline.triples))


def test_a_template_is_recognised_by_its_layouts_alone() -> None:
    one, same = verbatim(), verbatim()
    other = Template({**one.layouts, Form.TURTLE: GapText("%s ", (0,))})
    swapped = Template({**one.layouts, Form.TURTLE: GapText("%s", (1,))})
    assert one.key == same.key
    assert len({one.key, other.key, swapped.key}) == 3
    assert len(one.key) == 16
