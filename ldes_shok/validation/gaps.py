"""Terms with a gap: what the pattern alone determines, and how a value fills the gap.

Grammar: https://www.w3.org/TR/n-triples/#n-triples-grammar. The text of a literal is a sequence of
units (a character or a whole escape), and an IRI is a sequence of characters. So a well-formed
value between well-formed parts gives a well-formed term of the same kind, datatype and language.
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
"""Values without escapes: all that an IRI may hold, and most of what a literal holds."""


@dataclass(frozen=True, slots=True)
class GapTerm:
    """A term with one gap.

    Attributes:
        pattern: the term, U+0000 in the gap.
        parts: the term's parts; `value` is the text before the gap.
        after: the text after the gap, its escapes undone.
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
        """The value that fills the gap to this `term`; None if there is no such value."""
        before, _, after = self.pattern.partition(GAP)
        if len(term) < len(before) + len(after):
            return None
        if not (term.startswith(before) and term.endswith(after)):
            return None
        return term[len(before) : len(term) - len(after)]


def gap_term_of(pattern: Term) -> GapTerm | None:
    """The `pattern` taken apart; None if the gap is not within an IRI or a literal's text."""
    before, _, after = pattern.partition(GAP)
    opening = before[:1]
    closing = {"<": ">", '"': '"'}.get(opening)
    if closing is None or GAP in after:
        return None
    try:
        # The text before the gap, closed here, must be a term: so the gap is inside the IRI or
        # literal.
        first = split(before + closing)
        whole = split(before + after)
        last = split(opening + after)
    except ValueError:
        return None
    return GapTerm(
        pattern, TermParts(whole.kind, first.value, whole.datatype, whole.language), last.value
    )
