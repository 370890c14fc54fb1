"""The compiled pass may only pass what pyshacl passes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Triple
from ldes_shok.rdf.parse import load_turtle, triples_of
from ldes_shok.rdf.terms import literal, plain, text
from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.source import ShapesSource
from tests.fixtures.members import BASE, MemberFixture, valid_members
from tests.support.terms import date_time

MEMBERS = tuple(valid_members().values())
XSD = "http://www.w3.org/2001/XMLSchema#"
PREFIX = "@prefix sh: <http://www.w3.org/ns/shacl#> .\n@prefix xsd: <" + XSD + "> .\n"
EXTRA_TERMS = (
    plain(""), plain("vrij\n"), plain("9999"), text("Ander", "nl"), text("Ander", "NL"),
    text("Ander", "nl-BE"), date_time("2026-05-12T18:00:00.751Z"),
    date_time("2026-02-30T18:00:00.751Z"), date_time("2026-05-12T24:00:00.000Z"),
    date_time("2026-05-12T18:00:60.000Z"), date_time("2026-05-12T18:00:00.000000Z"),
    date_time("0000-05-12T18:00:00.000Z"), date_time("2026-05-12T18:00:00Z\\n"),
    literal("1000000000000002", XSD + "integer"), literal(" 5 ", XSD + "integer"),
    literal("١٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٢", XSD + "integer"),
    literal("+12.5", XSD + "decimal"), literal("12.", XSD + "decimal"),
    literal("12.50", XSD + "decimal"), literal("1e5", XSD + "decimal"),
    literal("12.5\n", XSD + "decimal"), literal("x", XSD + "string"),
    '"\\u0039999"', "<http://x.test/>", "_:b0", "_:b1", "_:nieuw",
)  # fmt: skip
POOL = tuple({t[2] for member in MEMBERS for t in member.triples} | set(EXTRA_TERMS))
PREDICATES = tuple({t[1] for member in MEMBERS for t in member.triples})


def damaged(member: MemberFixture, chance: random.Random) -> tuple[Triple, ...]:
    """`member` after one to three random edits, some of them harmless."""
    triples = list(member.triples)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(triples))
        subject, predicate, value = triples[at]
        similar = [t[2] for m in MEMBERS for t in m.triples if t[1] == predicate]
        match chance.randrange(8):
            case 0:
                del triples[at]
            case 1 | 2:
                triples[at] = (subject, predicate, chance.choice(similar))
            case 3:
                triples[at] = (subject, predicate, chance.choice(POOL))
            case 4:
                triples.append((subject, predicate, chance.choice(similar)))
            case 5:
                triples.append((subject, chance.choice(PREDICATES), chance.choice(POOL)))
            case 6:
                chance.shuffle(triples)
            case _:
                triples[at] = (subject, predicate, _retouched(value, chance))
        if not triples:
            return member.triples
    return tuple(triples)


def _retouched(term: str, chance: random.Random) -> str:
    at = chance.randrange(1, max(2, len(term) - 1))
    return term[:at] + chance.choice("09aZ.-+:T ") + term[at + chance.randrange(2) :]


def _differences(
    count: int, seed: int, compiled: dict[str, CompiledShape], authority: ShaclJudge, ask: int
) -> tuple[int, int]:
    """(members both pass, members both refuse), asking pyshacl about every pass.

    About what the compiled pass refuses, pyshacl is asked once in `ask` times.
    """
    chance = random.Random(seed)
    passed = refused = 0
    for number in range(count):
        member = MEMBERS[number % len(MEMBERS)]
        triples = damaged(member, chance)
        if compiled[member.stream].conforms(member.iri, triples):
            verdict = authority.judge(member.stream, member.iri, triples)
            assert verdict.conforms, (member.name, number, verdict.sentence)
            passed += 1
        elif number % ask == 0:
            refused += not authority.judge(member.stream, member.iri, triples).conforms
    return passed, refused


def test_whatever_it_passes_pyshacl_passes(
    compiled: dict[str, CompiledShape], authority: ShaclJudge
) -> None:
    passed, refused = _differences(400, 1, compiled, authority, ask=5)
    assert passed > 40
    assert refused > 30


@pytest.mark.nightly
def test_whatever_it_passes_pyshacl_passes_at_length(
    compiled: dict[str, CompiledShape], authority: ShaclJudge
) -> None:
    passed, refused = _differences(20_000, 2, compiled, authority, ask=1)
    assert passed > 2_000
    assert refused > 10_000


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: m.name)
def test_a_valid_member_passes_in_any_order(
    compiled: dict[str, CompiledShape], member: MemberFixture
) -> None:
    chance = random.Random(3)
    for _ in range(5):
        triples = list(member.triples)
        chance.shuffle(triples)
        assert compiled[member.stream].conforms(member.iri, [*triples, triples[0]])


def _compile(directory: Path, body: str) -> CompiledShape:
    path = directory / "proef.ttl"
    path.write_text(PREFIX + body, encoding="utf-8")
    graph = load_turtle(path, BASE + "/")
    return CompiledShape(ShapesSource(triples_of(graph)), f"{BASE}/shapes/proef")


@pytest.mark.parametrize(
    "body",
    [
        "<shapes/proef> sh:not [ sh:nodeKind sh:IRI ] .",
        '<shapes/proef> sh:sparql [ sh:select "SELECT ?this {}" ] .',
        "<shapes/proef> sh:deactivated true .",
        "<shapes/proef> sh:property [ sh:path ( <p> <q> ) ; sh:minCount 1 ] .",
        "<shapes/proef> sh:property [ sh:path [ sh:inversePath <p> ] ] .",
        "<shapes/proef> sh:property [ sh:path <p> ; sh:minCount 2 ] .",
        "<shapes/proef> sh:property [ sh:path <p> ; sh:class <c> ] .",
        "<shapes/proef> sh:property [ sh:path <p> ; sh:datatype xsd:double ] .",
        '<shapes/proef> sh:property [ sh:path <p> ; sh:pattern "a" ; sh:flags "i" ] .',
        "<shapes/proef> sh:property [ sh:path <p> ; sh:uniqueLang true ] .",
        "<shapes/proef> sh:property [ sh:path <p> ; sh:node <shapes/proef> ] .",
        "<shapes/proef> sh:xone ( [ sh:nodeKind sh:IRI ] [ sh:nodeKind sh:Literal ] ) .",
        """<shapes/proef> sh:xone ( [ sh:property [ sh:path <p> ; sh:hasValue 1 ] ]
            [ sh:property [ sh:path <p> ; sh:hasValue 1 ] ] ) .""",
        """<shapes/proef> sh:property [ sh:path <p> ; sh:qualifiedMinCount 1 ;
            sh:qualifiedValueShape [ sh:nodeKind sh:IRI ] ] .""",
        "<shapes/proef> sh:in <geen-lijst> .",
        "<shapes/proef> sh:severity sh:Warning .",
        """<shapes/proef> sh:property [ sh:path <p> ;
            sh:datatype <http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML> ] .""",
    ],
)
def test_what_it_does_not_know_it_does_not_compile(tmp_path: Path, body: str) -> None:
    with pytest.raises(ShapesError, match=r"not compiled|not an RDF list|is not"):
        _compile(tmp_path, body)


def test_an_open_shape_passes_nothing(tmp_path: Path) -> None:
    """Something could stand in the member that nobody judged."""
    member = (("<http://x.test/m>", "<http://x.test/p>", '"x"'),)
    path = "sh:property [ sh:path <http://x.test/p> ]"
    closed = _compile(tmp_path, f"<shapes/proef> sh:closed true ; {path} .")
    assert closed.conforms("http://x.test/m", member)
    assert not _compile(tmp_path, f"<shapes/proef> {path} .").conforms("http://x.test/m", member)


def test_a_failed_alternative_judges_nothing(tmp_path: Path) -> None:
    """A node that only a failed sh:or alternative looked at counts as unjudged."""
    shape = _compile(
        tmp_path,
        """<shapes/proef> sh:closed true ; sh:property <a>, <b> ; sh:or ( <first> <second> ) .
        <a> sh:path <http://x.test/p> . <b> sh:path <http://x.test/q> .
        <first> sh:property [ sh:path <http://x.test/p> ; sh:node [ sh:closed true ;
                sh:property [ sh:path <http://x.test/r> ] ] ] ;
            sh:property [ sh:path <http://x.test/q> ; sh:in ( "no" ) ] .
        <second> sh:nodeKind sh:IRI .""",
    )
    member = (
        ("<http://x.test/m>", "<http://x.test/p>", "_:b"),
        ("_:b", "<http://x.test/r>", '"x"'),
        ("<http://x.test/m>", "<http://x.test/q>", '"yes"'),
    )
    assert not shape.conforms("http://x.test/m", member)


def test_a_term_that_is_not_well_formed_never_passes(tmp_path: Path) -> None:
    shape = _compile(
        tmp_path, "<shapes/proef> sh:closed true ; sh:property [ sh:path <http://x.test/p> ] ."
    )
    for term in ('"a"b"', '"a', "<a b>", "a", '"x"^^<y', '"new\nline"', "_:"):
        assert not shape.conforms(
            "http://x.test/m", (("<http://x.test/m>", "<http://x.test/p>", term),)
        )
    assert not shape.conforms("no iri", ())


def test_a_shape_that_refers_to_itself_is_named(tmp_path: Path) -> None:
    body = "<shapes/proef> sh:property [ sh:path <p> ; sh:node <shapes/proef> ] ."
    with pytest.raises(ShapesError, match=r"shapes/proef> refers to itself"):
        _compile(tmp_path, body)


@pytest.mark.parametrize(("value", "passes"), [('"a"', True), ('"b"', True), ('"c"', False)])
def test_exactly_one_of_the_choices_must_be_met(tmp_path: Path, value: str, passes: bool) -> None:
    shape = _compile(
        tmp_path,
        """<shapes/proef> sh:closed true ; sh:property [ sh:path <http://x.test/p> ] ;
            sh:node [ sh:xone ( <first> <second> ) ] .
        <first> sh:property [ sh:path <http://x.test/p> ; sh:hasValue "a" ] .
        <second> sh:property [ sh:path <http://x.test/p> ; sh:hasValue "b" ] .""",
    )
    member = (("<http://x.test/m>", "<http://x.test/p>", value),)
    assert shape.conforms("http://x.test/m", member) is passes
