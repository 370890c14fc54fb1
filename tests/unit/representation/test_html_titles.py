"""Paths in plain words."""

from __future__ import annotations

import pytest

from ldes_shok.representation.html.pages import Link
from ldes_shok.representation.html.titles import breadcrumb, node_title, segment_label


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("", "Kasten, alles in de tijd"),
        ("2026", "Kasten, 2026"),
        ("2026/05", "Kasten, mei 2026"),
        ("2026/05/p2", "Kasten, mei 2026, blad 2"),
        ("2026/05/12", "Kasten, 12 mei 2026"),
        ("2026/05/12/18", "Kasten, 12 mei 2026 18–19 u (UTC)"),
        ("2026/05/12/23", "Kasten, 12 mei 2026 23–24 u (UTC)"),
        ("2026/05/12/18/p3", "Kasten, 12 mei 2026 18–19 u (UTC), blad 3"),
        ("2026/05/12/18/05", "Kasten, 12 mei 2026 18:05 (UTC)"),
        ("2026/05/12/18/05/09/p1", "Kasten, 12 mei 2026 18:05:09 (UTC), blad 1"),
        ("p1", "Kasten, blad 1"),
        ("noord/2026", "Kasten, noord/2026"),
    ],
)
def test_a_node_has_a_title_in_plain_words(path: str, title: str) -> None:
    assert node_title("Kasten", path) == title


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("2026", "2026"),
        ("2026/01", "januari"),
        ("2026/05/02", "2 mei"),
        ("2026/05/12/00", "0–1 u (UTC)"),
        ("2026/05/12/18/05", "18:05 (UTC)"),
        ("2026/05/12/18/p3", "blad 3"),
        ("noord", "noord"),
        ("noord/antwerpen", "antwerpen"),
    ],
)
def test_a_step_has_a_label(path: str, label: str) -> None:
    assert segment_label(path) == label


def test_the_breadcrumb_goes_down_to_the_page() -> None:
    trail = breadcrumb(
        Link("Catalogus", "/"), Link("Kasten", "/kasten"), Link("in de tijd", "/kasten/by-time"),
        "2026/05/12/p1",
    )  # fmt: skip
    assert [link.label for link in trail] == [
        "Catalogus", "Kasten", "in de tijd", "2026", "mei", "12 mei", "blad 1",
    ]  # fmt: skip
    assert trail[-1].url == "/kasten/by-time/2026/05/12/p1"
    assert trail[3].url == "/kasten/by-time/2026"
