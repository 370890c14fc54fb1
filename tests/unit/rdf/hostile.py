"""Members that mean harm: any text, any kind of value, nested blank nodes."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from ldes_shok.ldes.member import Draft, Summary, Term, Triple
from ldes_shok.rdf import terms
from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.vocab import TYPE
from tests.support import drafts

BASE: Final = "http://shok.test"
CONTEXT: Final = load_context()

_FRAGMENTS: Final = (
    '"', "'", '"""', "\\", "\\n", "\\u0041", "\\U0001F50C", "\n", "\r\n", "\t", "\x00", "\x08",
    "\x0b", "\x0c", "\x1c", "\x7f", "\x85", "\u2028", "\u2029", "\u202e\u2066", "\ufeff", "\ufffe",
    "\U0001f50c", "\U0010ffff", "é", "e\u0301", "<", ">", "<script>", "]]>", "&amp;", "{", "}",
    "@nl", '"@nl', "^^", '"^^<x>', "@context", "@id", "_:b0", "a", " .", " ;", ",", "%00", "http:",
)  # fmt: skip

hostile_texts = st.lists(
    st.sampled_from(_FRAGMENTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    max_size=6,
).map("".join)

_iris = st.builds(
    "{}{}".format,
    st.sampled_from(
        [f"{BASE}/id/", "https://elders.test/#", "urn:x:", "http://qudt.org/vocab/unit/"]
    ),
    st.text(st.sampled_from("azAZ09-._~:/()',;=+éλ電"), min_size=1, max_size=12),
).map(terms.iri)

_literals = st.one_of(
    hostile_texts.map(terms.plain),
    st.builds(terms.text, hostile_texts, st.sampled_from(["nl", "en", "nl-BE"])),
    st.builds(
        terms.literal,
        hostile_texts,
        st.sampled_from([f"{terms.XSD}decimal", f"{terms.XSD}dateTime", f"{terms.XSD}integer",
                         f"{terms.XSD}boolean", "urn:own:type"]),
    ),
)  # fmt: skip

_predicates = st.sampled_from(
    [*sorted(CONTEXT.properties), "<urn:x:unknown>", "<http://schema.org/name>"]
)
_classes = st.sampled_from([*sorted(CONTEXT.classes), "<urn:x:Unknown>"])


@st.composite
def members(draw: st.DrawFn) -> tuple[Triple, ...]:
    """A star with its blank nodes, the subject of the star first."""
    subject = draw(_iris)
    triples: list[Triple] = [(subject, TYPE, draw(_classes))]
    count = 0

    def describe(node: Term, depth: int) -> None:
        nonlocal count
        for _ in range(draw(st.integers(0, 4))):
            predicate = draw(_predicates)
            kind = draw(st.sampled_from(["iri", "literal", "literal", "node"]))
            if kind == "iri":
                triples.append((node, predicate, draw(_iris)))
            elif kind == "literal" or depth == 3:
                triples.append((node, predicate, draw(_literals)))
            else:
                label = f"_:b{count}"
                count += 1
                triples.append((node, predicate, label))
                triples.append((label, TYPE, draw(_classes)))
                describe(label, depth + 1)

    describe(subject, 0)
    return tuple(triples)


def draft_of(triples: tuple[Triple, ...]) -> Draft:
    """A member that says just this."""
    summary = Summary("Kast", "x", "", "")
    # Texts are never constants of an outline; of the other terms, about half.
    return drafts.draft_of(
        triples,
        "kasten",
        f"{BASE}/id/x",
        summary,
        lambda term: term[0] == '"' or len(term) % 2 > 0,
    )
