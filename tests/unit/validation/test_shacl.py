"""Every constraint bites, the sentence names it, and a neighbour never notices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyshacl
import pytest
import rdflib

from ldes_shok.ldes.member import Triple
from ldes_shok.rdf.parse import graph_of
from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.fast import FastJudge
from ldes_shok.validation.judge import Judge
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.trial import graph_of_shape
from ldes_shok.validation.verdict import CONFORMS, Verdict
from tests.fixtures.members import KEY16, MemberFixture, valid_members
from tests.fixtures.mutations import MUTATIONS, Mutation

MEMBERS = valid_members()


@dataclass(frozen=True, slots=True)
class NoSamples:
    """An authority that judges only while one waits."""

    judge_here: ShaclJudge

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        return self.judge_here.judge(stream, iri, triples)

    def submit(self, *_: object) -> bool:
        return False


@pytest.fixture(params=["pyshacl", "fast"])
def judge(request: pytest.FixtureRequest, shapes: Shapes, authority: ShaclJudge) -> Judge:
    if request.param == "pyshacl":
        return authority
    return FastJudge(
        shapes, NoSamples(authority), 0, lambda *_: pytest.fail("no member is re-judged")
    )


@pytest.fixture
def _normalisation_restored() -> Iterator[None]:
    before = rdflib.NORMALIZE_LITERALS
    yield
    rdflib.NORMALIZE_LITERALS = before


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_a_valid_member_conforms(judge: Judge, member: MemberFixture) -> None:
    assert judge.judge(member.stream, member.iri, member.triples) == CONFORMS


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_mutation_is_rejected_and_named(
    judge: Judge, compiled: dict[str, CompiledShape], mutation: Mutation
) -> None:
    member = MEMBERS[mutation.member]
    triples = mutation.damage(member)
    verdict = judge.judge(member.stream, member.iri, triples)
    assert not verdict.conforms
    assert mutation.names in verdict.sentence
    assert verdict.sentence.endswith(".")
    assert "\n" not in verdict.sentence
    report = rdflib.Graph().parse(data=verdict.report, format="turtle")
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    (root,) = report.subjects(rdflib.RDF.type, sh.ValidationReport)
    assert (root, sh.conforms, rdflib.Literal(False)) in report
    assert report.value(root, sh.result) is not None
    assert not compiled[member.stream].conforms(member.iri, triples)


def test_there_are_enough_mutations_and_each_has_its_own_name() -> None:
    assert len(MUTATIONS) >= 60
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


def test_a_neighbour_in_the_same_batch_is_not_affected(judge: Judge) -> None:
    """Same blank node labels, one of three bad: exactly that one is refused."""
    good = MEMBERS["kast-kasten"]
    bad = next(m for m in MUTATIONS if m.name == "point without WKT")
    neighbour = MEMBERS["stopcontact-kasten"]
    verdicts = [
        judge.judge("kasten", member.iri, triples).conforms
        for member, triples in (
            (good, good.triples),
            (good, bad.damage(good)),
            (neighbour, neighbour.triples),
        )
    ]
    assert verdicts == [True, False, True]


def test_a_neighbour_does_not_fill_a_gap(judge: Judge) -> None:
    """The identifier node that is missing here exists, with the same label, in a neighbour."""
    member, neighbour = MEMBERS["kast-kasten"], MEMBERS["organisatie"]
    gap = tuple(t for t in member.triples if t[0] != "_:b0")
    assert judge.judge("kasten", neighbour.iri, neighbour.triples).conforms
    assert not judge.judge("kasten", member.iri, gap).conforms


def test_the_member_is_the_focus_not_what_the_triples_are_about(judge: Judge) -> None:
    member = MEMBERS["kast-kasten"]
    other = member.iri.replace(KEY16, "aaaaaaaaaaaaaaaa")
    assert not judge.judge("kasten", other, member.triples).conforms


def test_a_member_in_the_wrong_stream_is_told_what_the_stream_takes(judge: Judge) -> None:
    member = MEMBERS["meter"]
    verdict = judge.judge("kasten", member.iri, member.triples)
    assert "expected exactly one of Activiteit, Kast, Nutsvoorzieningnetwerk" in verdict.sentence


@pytest.mark.parametrize("term", ['"unclosed', "<no iri>", "bare", '"x"@', '"a"b"', "_:"])
def test_what_is_not_a_term_is_refused(judge: Judge, term: str) -> None:
    member = MEMBERS["kast-kasten"]
    predicate = "<http://www.w3.org/2000/01/rdf-schema#label>"
    triples = tuple((s, p, term) if p == predicate else (s, p, o) for s, p, o in member.triples)
    verdict = judge.judge("kasten", member.iri, triples)
    assert not verdict.conforms
    assert "not an RDF term" in verdict.sentence


def test_a_member_iri_of_another_form_is_refused(judge: Judge) -> None:
    member = MEMBERS["kast-kasten"]
    iri = member.iri + "/jan-verzonnen"
    triples = tuple((f"<{iri}>" if s[0] == "<" else s, p, o) for s, p, o in member.triples)
    verdict = judge.judge("kasten", iri, triples)
    assert verdict.sentence.startswith("Kast: the member is <http://shok.test/id/kast/")


def test_an_unknown_stream_is_a_mistake_of_the_caller(judge: Judge) -> None:
    with pytest.raises(KeyError):
        judge.judge("onbekend", "http://shok.test/x", ())


def test_rdflib_keeps_lexical_forms_after_a_judgement(authority: ShaclJudge) -> None:
    member = MEMBERS["kast-kasten"]
    before = rdflib.NORMALIZE_LITERALS
    authority.judge(member.stream, member.iri, member.triples)
    assert before == rdflib.NORMALIZE_LITERALS


@pytest.mark.usefixtures("_normalisation_restored")
def test_the_verdict_is_that_of_pyshacl_validate(shapes: Shapes, authority: ShaclJudge) -> None:
    """The kept shapes graph, asked directly, says what the public entry point says."""
    chosen = MUTATIONS[::6]
    cases = [(member, member.triples) for member in MEMBERS.values()]
    cases += [(MEMBERS[m.member], m.damage(MEMBERS[m.member])) for m in chosen]
    cases = [case for case in cases if "beside the member" not in str(case)]
    for member, triples in cases:
        targeted = graph_of_shape(shapes.by_stream[member.stream])
        shape = rdflib.URIRef(shapes.shape_iri(member.stream))
        targeted.add((shape, rdflib.SH.targetNode, rdflib.URIRef(member.iri)))
        conforms, _, _ = pyshacl.validate(graph_of(triples), shacl_graph=targeted)
        assert authority.judge(member.stream, member.iri, triples).conforms == conforms


def test_a_refusal_of_our_own_is_a_violation_in_the_form_of_pyshacl(authority: ShaclJudge) -> None:
    member = next(iter(valid_members().values()))
    stray = ("<http://x.test/person>", "<http://x.test/p>", '"x"')
    verdict = authority.judge(member.stream, member.iri, (*member.triples, stray))
    assert not verdict.conforms
    assert re.search(r":resultSeverity \w+:Violation\b", verdict.report)
    assert re.search(r":sourceConstraintComponent \w+:ClosedConstraintComponent\b", verdict.report)
