"""The fast judge: when it asks, when it re-asks, and what it does when it was wrong."""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.ldes.member import Triple
from ldes_shok.validation.fast import FastJudge
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.verdict import CONFORMS, Verdict
from tests.fixtures.members import valid_members

MEMBERS = valid_members()
KAST, METER = MEMBERS["kast-kasten"], MEMBERS["meter"]
REFUSED = Verdict(conforms=False, report="r", sentence="Kast: no.")


class FakeAuthority:
    """Says what it is told to, and counts."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked: list[str] = []

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:  # noqa: ARG002 - a Judge
        self.asked.append(stream)
        return self.verdict


class Disagreements(list[tuple[str, str, Verdict]]):
    def __call__(self, stream: str, iri: str, verdict: Verdict) -> None:
        self.append((stream, iri, verdict))


def test_every_stream_is_compiled(shapes: Shapes) -> None:
    assert FastJudge(shapes, FakeAuthority(CONFORMS), 0, Disagreements()).not_compiled == {}


def test_the_authority_is_not_asked_about_what_passes(shapes: Shapes) -> None:
    authority = FakeAuthority(REFUSED)
    judge = FastJudge(shapes, authority, 0, Disagreements())
    for _ in range(10):
        assert judge.judge("kasten", KAST.iri, KAST.triples) == CONFORMS
    assert authority.asked == []


def test_the_authority_decides_about_what_does_not_pass(shapes: Shapes) -> None:
    for verdict in (REFUSED, CONFORMS):
        authority = FakeAuthority(verdict)
        judge = FastJudge(shapes, authority, 0, Disagreements())
        assert judge.judge("kasten", KAST.iri, KAST.triples[1:]) == verdict
        assert authority.asked == ["kasten"]


def test_every_nth_pass_is_judged_again(shapes: Shapes) -> None:
    authority = FakeAuthority(CONFORMS)
    judge = FastJudge(shapes, authority, 3, Disagreements())
    for _ in range(7):
        judge.judge("kasten", KAST.iri, KAST.triples)
    assert len(authority.asked) == 2


def test_a_disagreement_counts_and_ends_the_fast_pass_of_that_stream(shapes: Shapes) -> None:
    authority, disagreements = FakeAuthority(REFUSED), Disagreements()
    judge = FastJudge(shapes, authority, 2, disagreements)
    first, second, third = (judge.judge("kasten", KAST.iri, KAST.triples) for _ in range(3))
    assert (first, second, third) == (CONFORMS, REFUSED, REFUSED)
    assert disagreements == [("kasten", KAST.iri, REFUSED)]
    assert "kasten" in judge.not_compiled
    assert judge.judge("techniek", METER.iri, METER.triples) == CONFORMS
