"""The fast judge: when it asks, when it re-asks, and what it does when it was wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from ldes_shok.ldes.member import Triple
from ldes_shok.validation import fast
from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.fast import AGREED, DISAGREED, DROPPED, FastJudge
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.verdict import CONFORMS, Verdict
from tests.fixtures.members import valid_members
from tests.fixtures.outlines import outlined

MEMBERS = valid_members()
KAST, METER = MEMBERS["kast-kasten"], MEMBERS["meter"]
OUTLINED = outlined(KAST)
REFUSED = Verdict(conforms=False, report="r", sentence="Kast: no.")
Ask = Callable[[FastJudge], Verdict]


class FakeAuthority:
    """Says what it is told to, samples at once, and counts."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked: list[str] = []
        self.is_busy = False
        self.sampled: list[str] = []

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:  # noqa: ARG002 - a Judge
        self.asked.append(stream)
        return self.verdict

    def submit(
        self,
        stream: str,
        iri: str,
        triples: Sequence[Triple],
        then: Callable[[Verdict], None],
    ) -> bool:
        assert len(triples) > 3
        self.sampled.append(f"{stream} {iri}")
        if not self.is_busy:
            then(self.verdict)
        return not self.is_busy


class Disagreements(list[tuple[str, str, Verdict]]):
    def __call__(self, stream: str, iri: str, verdict: Verdict) -> None:
        self.append((stream, iri, verdict))


def _by_triples(judge: FastJudge) -> Verdict:
    return judge.judge("kasten", KAST.iri, KAST.triples)


def _by_values(judge: FastJudge) -> Verdict:
    return judge.judge_values("kasten", OUTLINED.outline, OUTLINED.values)


@pytest.fixture(params=[_by_triples, _by_values], ids=["triples", "values"])
def ask(request: pytest.FixtureRequest) -> Ask:
    found: Ask = request.param
    return found


def test_every_stream_is_compiled(shapes: Shapes) -> None:
    for stream in shapes.streams:
        CompiledShape(shapes.source(stream), shapes.shape_iri(stream))


def test_the_authority_is_not_asked_about_what_passes(shapes: Shapes, ask: Ask) -> None:
    authority = FakeAuthority(REFUSED)
    judge = FastJudge(shapes, authority, 0, Disagreements())
    for _ in range(10):
        assert ask(judge) == CONFORMS
    assert authority.asked == authority.sampled == []


def test_the_authority_decides_about_what_does_not_pass(shapes: Shapes) -> None:
    for verdict in (REFUSED, CONFORMS):
        authority = FakeAuthority(verdict)
        judge = FastJudge(shapes, authority, 0, Disagreements())
        assert judge.judge("kasten", KAST.iri, KAST.triples[1:]) == verdict
        odd = (*OUTLINED.values[:-1], "x")
        assert judge.judge_values("kasten", OUTLINED.outline, odd) == verdict
        assert _by_values(judge) == CONFORMS  # a first member that is odd costs the others nothing
        assert judge.judge_values("kasten", OUTLINED.outline, odd) == verdict
        assert authority.asked == ["kasten"] * 3


def test_every_nth_pass_is_judged_again(shapes: Shapes) -> None:
    authority = FakeAuthority(CONFORMS)
    judge = FastJudge(shapes, authority, 3, Disagreements())
    for _ in range(7):
        _by_triples(judge)
    assert len(authority.sampled) == 2
    for _ in range(5):
        _by_values(judge)
    assert len(authority.sampled) == 2 + 1 + 2  # the first of its outline as well
    assert authority.asked == []


def test_a_disagreement_is_told_and_ends_the_fast_pass_of_that_stream(
    shapes: Shapes, ask: Ask
) -> None:
    authority, disagreements = FakeAuthority(CONFORMS), Disagreements()
    judge = FastJudge(shapes, authority, 2, disagreements)
    first = ask(judge)
    authority.verdict = REFUSED
    second, third = ask(judge), ask(judge)
    # The second was passed before the authority was heard; from the third on it decides.
    assert (first, second, third) == (CONFORMS, CONFORMS, REFUSED)
    assert disagreements == [("kasten", KAST.iri, REFUSED)]
    assert judge.judge("techniek", METER.iri, METER.triples) == CONFORMS


def test_how_each_sample_ended_is_counted(shapes: Shapes) -> None:
    authority, ended = FakeAuthority(CONFORMS), list[str]()
    judge = FastJudge(shapes, authority, 1, Disagreements(), ended.append)
    _by_triples(judge)
    authority.is_busy = True
    _by_triples(judge)
    authority.is_busy, authority.verdict = False, REFUSED
    _by_triples(judge)
    assert ended == [AGREED, DROPPED, DISAGREED] == ["agreed", "dropped", "disagreed"]


def test_an_outline_is_trusted_once_its_first_member_is_judged_again(shapes: Shapes) -> None:
    authority = FakeAuthority(CONFORMS)
    judge = FastJudge(shapes, authority, 1_000, Disagreements())
    authority.is_busy = True
    assert [_by_values(judge) for _ in range(3)] == [CONFORMS] * 3
    assert len(authority.sampled) == 3  # each of them the first
    authority.is_busy = False
    assert [_by_values(judge) for _ in range(3)] == [CONFORMS] * 3
    assert len(authority.sampled) == 4


def test_what_is_kept_of_outlines_is_bounded(
    shapes: Shapes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "_KEPT_OUTLINES", 3)
    judge = FastJudge(shapes, FakeAuthority(REFUSED), 0, Disagreements())
    for member in (m for m in MEMBERS.values() if m.stream == "techniek"):
        kind = outlined(member)
        for _ in range(3):
            assert judge.judge_values("techniek", kind.outline, kind.values) == CONFORMS
        assert 1 <= len(judge._lanes["techniek"].checks) <= 3
