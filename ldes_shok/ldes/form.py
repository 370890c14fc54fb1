"""The texts that members and nodes are written in."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """One text for each family of syntaxes: Turtle serves TriG too, N-Triples N-Quads."""

    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    JSONLD = "jsonld"
