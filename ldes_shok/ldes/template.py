"""Templates: what the members of one kind have in common, with gaps for the differences.

Ten thousand readings of one meter differ in a dozen values. So a member is stored as its template
and its values, and its texts are written by filling gaps. They are the same bytes every time,
because the template's own texts are stored with it, once.

A gap in a term is written U+0000, which no RDF term can hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ldes_shok.ldes.form import Form

Term = str
Triple = tuple[Term, Term, Term]

GAP: Final = "\0"
IRI_GAP: Final = f"<{GAP}>"
"""The term of an IRI to be filled in; the subject of a member's own statements is one."""

_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class Outline:
    """Statements with gaps, not yet written as text.

    Attributes:
        triples: the subject `IRI_GAP` is the member itself, gap 0. The other gaps are in object
            terms, at most one in each, and are numbered in their order.
    """

    triples: tuple[Triple, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(self.triples))

    def __hash__(self) -> int:
        """The stored hash: caches by outline look it up for each member."""
        return self._hash

    def fill(self, values: Sequence[str]) -> tuple[Triple, ...]:
        """The triples with `values` in the gaps.

        Args:
            values: one per gap, as it stands between the quotes or angle brackets: escaped
                (`ldes_shok.rdf.terms.escape`), or an IRI.
        """
        focus = f"<{values[0]}>"
        number = 0
        filled: list[Triple] = []
        for subject, predicate, term in self.triples:
            value = term
            if GAP in term:
                number += 1
                value = term.replace(GAP, values[number], 1)
            filled.append((focus if subject == IRI_GAP else subject, predicate, value))
        return tuple(filled)


@dataclass(frozen=True, slots=True)
class GapText:
    """One text with gaps.

    Attributes:
        text: a %-format with a `%s` for each gap.
        holes: the number of the value for each gap.
    """

    text: str
    holes: tuple[int, ...]
    _parts: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces = self.text.replace("%%", GAP).split("%s")
        if len(pieces) != len(self.holes) + 1:
            raise ValueError(f"{len(self.holes)} holes for {len(pieces) - 1} gaps")
        parts = [""] * (2 * len(pieces) - 1)
        parts[::2] = [piece.replace(GAP, "%") for piece in pieces]
        object.__setattr__(self, "_parts", tuple(parts))

    def fill(self, values: Sequence[str]) -> bytes:
        """The text with `values` in the gaps, as UTF-8.

        `join` takes 1.1 microseconds for an observation, a %-format 2.3.
        """
        parts = list(self._parts)
        parts[1::2] = [values[hole] for hole in self.holes]
        return "".join(parts).encode()


@dataclass(frozen=True, slots=True)
class Template:
    """The texts of the members of one kind, by form.

    Attributes:
        layouts: one for each form.
        key: 16 bytes that follow from the layouts alone.
    """

    layouts: Mapping[Form, GapText]
    key: bytes = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(digest_size=_KEY_BYTES)
        for form in Form:
            layout = self.layouts[form]
            digest.update(f"{form}{layout.holes}{len(layout.text)}\n{layout.text}\n".encode())
        object.__setattr__(self, "key", digest.digest())

    def text(self, form: Form, values: Sequence[str]) -> bytes:
        """A member's text."""
        return self.layouts[form].fill(values)
