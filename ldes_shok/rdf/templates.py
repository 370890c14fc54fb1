"""Templates: an outline written in every form once, with gaps where its members differ.

The writers of whole members also write the outline. Its gaps hold marks that escaping does not
change, and the text is cut at the marks. So there is one writer for each form.
"""

from __future__ import annotations

import re
from typing import Final

from ldes_shok.ldes.form import Form
from ldes_shok.ldes.member import Triple
from ldes_shok.ldes.template import GAP, IRI_GAP, GapText, Outline, Template
from ldes_shok.rdf import vocab
from ldes_shok.rdf.context import JsonLdContext
from ldes_shok.rdf.jsonld import JsonLdWriter
from ldes_shok.rdf.terms import iri
from ldes_shok.rdf.turtle import TurtleWriter

_OPEN: Final = "\ue000"
_CLOSE: Final = "\ue001"
_MARK: Final = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


class TemplateWriter:
    """Writes the three texts of an outline.

    In Turtle and N-Triples a block begins with the `tree:member` triple, as the TREE profile
    wants it; in JSON-LD it is an element of the stream's `member` array.
    """

    def __init__(self, turtle: TurtleWriter, context: JsonLdContext) -> None:
        self._turtle = turtle
        self._jsonld = JsonLdWriter(context)

    def template(self, outline: Outline, stream_iri: str) -> Template:
        """The template of the members of one outline in one stream.

        Args:
            outline: with the gap of the position last.
            stream_iri: absolute IRI of the event stream.

        Raises:
            ValueError: a constant holds a character that is used as a mark, or the statements are
                no tree under the member.
        """
        if any(_OPEN in term or _CLOSE in term for triple in outline.triples for term in triple):
            raise ValueError(f"U+E000 and U+E001 cannot stand in an outline: {outline.triples!r}")
        _check_tree(outline)
        gaps = 1 + sum(GAP in term for _, _, term in outline.triples)
        marks = [f"{_OPEN}{number}{_CLOSE}" for number in range(gaps)]
        triples = outline.fill(marks)
        label = f"m{marks[-1]}"
        membership = (iri(stream_iri), vocab.TREE_MEMBER, iri(marks[0]))
        turtle = (
            f"{membership[0]} {self._turtle.term(membership[1])} {membership[2]} .\n"
            f"{self._turtle.star(triples)}\n"
        )
        return Template(
            {
                Form.TURTLE: _layout(turtle),
                Form.NTRIPLES: _layout(ntriples((membership, *triples), label)),
                Form.JSONLD: _layout(self._jsonld.member(triples).decode()),
            }
        )


def ntriples(triples: tuple[Triple, ...], label: str) -> str:
    """N-Triples lines (also N-Quads: default graph), blank nodes prefixed with `label`."""
    lines: list[str] = []
    for subject, predicate, term in triples:
        left = f"_:{label}{subject[2:]}" if subject[0] == "_" else subject
        right = f"_:{label}{term[2:]}" if term[0] == "_" else term
        lines.append(f"{left} {predicate} {right} .\n")
    return "".join(lines)


def _check_tree(outline: Outline) -> None:
    """Check that every statement has as subject the member or a blank node with one parent.

    RDF does not require this. But other servers refuse a blank node that two statements point to,
    and JSON-LD framing may lose its content.
    """
    reached = [IRI_GAP]
    for parent in reached:
        for subject, _, term in outline.triples:
            if subject == parent and term.startswith("_:"):
                if term in reached:
                    raise ValueError(f"{term} has two parents: {outline.triples!r}")
                reached.append(term)
    subjects = {subject for subject, _, _ in outline.triples}
    if strays := sorted(subjects - set(reached)):
        raise ValueError(f"nothing leads to {', '.join(strays)}: {outline.triples!r}")
    if empty := sorted(set(reached) - subjects):
        raise ValueError(f"it says nothing of {', '.join(empty)}: {outline.triples!r}")


def _layout(text: str) -> GapText:
    pieces = _MARK.split(text)
    return GapText(
        "%s".join(piece.replace("%", "%%") for piece in pieces[::2]),
        tuple(int(number) for number in pieces[1::2]),
    )
