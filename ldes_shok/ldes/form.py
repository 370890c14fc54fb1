"""The forms in which members and nodes are written."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """One form for each family of syntaxes: Turtle also serves TriG, N-Triples also N-Quads."""

    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    JSONLD = "jsonld"
