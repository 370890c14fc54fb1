"""A Turtle file's statements as N-Triples beside it: a start reads them without an RDF library.

The companion of `kasten.ttl` is `kasten.nt`. Its first line has the SHA-256 of its Turtle file. If
the file has changed since, the companion is not used. N-Triples has no relative IRIs, so those of
the Turtle file have a base that is replaced when the companion is read.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf.lines import read_lines

BASE: Final = "http://base.invalid/"
"""Stands for the public URL (RFC 2606: no such host will ever exist)."""


def companion_path(turtle: Path) -> Path:
    """The path of the companion of a Turtle file."""
    return turtle.with_suffix(".nt")


def heading(name: str, turtle: bytes) -> str:
    """The first line of the companion of the file `name` that holds `turtle`."""
    return f"# The statements of {name}, sha256 {hashlib.sha256(turtle).hexdigest()}\n"


def read_companion(turtle: Path, base: str) -> list[Triple] | None:
    """The statements of a Turtle file, from its companion; sorted.

    Args:
        turtle: the Turtle file.
        base: absolute IRI, with a slash at its end, that relative IRIs are resolved against.

    Returns:
        None when there is no companion, or it was made of another text.

    Raises:
        OSError: the Turtle file cannot be read.
        ValueError: the companion is damaged.
    """
    path = companion_path(turtle)
    data = turtle.read_bytes()
    if not path.is_file():
        return None
    body = path.read_bytes()
    if not body.startswith(heading(turtle.name, data).encode()):
        return None
    return sorted(
        (rebased(s, base), rebased(p, base), rebased(o, base)) for s, p, o, _ in read_lines(body)
    )


def rebased(term: Term, base: str) -> Term:
    """The term with `base` where `BASE` stands in its IRI, or in the IRI of its datatype."""
    if term.startswith(f"<{BASE}"):
        return f"<{base}{term[len(BASE) + 1 :]}"
    if term.endswith(">") and term.startswith('"'):
        text, _, datatype = term.rpartition("^^")
        return f"{text}^^{rebased(datatype, base)}"
    return term
