"""Terms with a gap: what the pattern alone settles, and how a value is put in.

Grammar: https://www.w3.org/TR/n-triples/#n-triples-grammar. The text of a literal is a sequence of
units (a character or a whole escape) and an IRI a sequence of characters, so a well-formed value
between well-formed pieces gives a well-formed term of the same kind, datatype and language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ldes_shok.ldes.member import Term
from ldes_shok.ldes.template import GAP
from ldes_shok.rdf.syntax import RdfTermKind, TermParts, split

PLAIN: Final = {
    RdfTermKind.IRI: re.compile(r'[^\x00-\x20<>"{}|^`\\]*'),
    RdfTermKind.LITERAL: re.compile(r'[^\x00-\x1f"\\\ud800-\udfff]*'),
}
"""Values that need nothing undone; all that an IRI may hold, most of what a literal does."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A term with one gap.

    Attributes:
        pattern: the term, U+0000 in the gap.
        parts: the term's parts; `value` is what stands before the gap.
        after: what stands behind the gap, its escapes undone.
    """

    pattern: Term
    parts: TermParts
    after: str

    @property
    def kind(self) -> RdfTermKind:
        """An IRI or a literal."""
        return self.parts.kind

    @property
    def is_whole(self) -> bool:
        """Whether the text of the term is the value and nothing else."""
        return not self.parts.value and not self.after

    def fill(self, value: str) -> Term:
        """The term with `value` in the gap."""
        return self.pattern.replace(GAP, value, 1)

    def value_of(self, term: Term) -> str | None:
        """The value that makes this `term`; None if none does."""
        before, _, after = self.pattern.partition(GAP)
        if len(term) < len(before) + len(after):
            return None
        if not (term.startswith(before) and term.endswith(after)):
            return None
        return term[len(before) : len(term) - len(after)]


def hole_of(pattern: Term) -> Hole | None:
    """The hole in `pattern`; None where it is not within an IRI or a literal's text."""
    before, _, after = pattern.partition(GAP)
    opening = before[:1]
    closing = {"<": ">", '"': '"'}.get(opening)
    if closing is None or GAP in after:
        return None
    try:
        # The first piece closed here must be a term: so the gap stands where it is still open.
        first = split(before + closing)
        whole = split(before + after)
        last = split(opening + after)
    except ValueError:
        return None
    return Hole(
        pattern, TermParts(whole.kind, first.value, whole.datatype, whole.language), last.value
    )
