"""A city's members through the real judge: the fast passes take them all, and pyshacl agrees."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ldes_shok.ldes.member import Triple
from ldes_shok.ldes.template import Outline
from ldes_shok.validation.fast import FastJudge
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.verdict import CONFORMS, Verdict
from tests.fixtures.outlines import altered
from tests.support.city import city_life
from tests.support.vertical import BASE, deliveries, open_vertical

SHAPES = Path(__file__).parents[3] / "shapes"


class _Never:
    """An authority that is not to be asked."""

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:  # noqa: ARG002 - a Judge
        pytest.fail(f"the fast passes do not pass {iri}")

    def submit(
        self, stream: str, iri: str, triples: Sequence[Triple], then: Callable[[Verdict], None]
    ) -> bool:
        pytest.fail(f"{stream} {iri} {triples} {then}: no samples are asked for")


class _Noting(FastJudge):
    """Notes the members of each outline."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__(shapes, _Never(), 0, lambda *_: pytest.fail("no disagreement"))
        self.members: dict[tuple[str, Outline], list[tuple[str, ...]]] = {}

    def judge_values(self, stream: str, outline: Outline, values: Sequence[str]) -> Verdict:
        self.members.setdefault((stream, outline), []).append(tuple(values))
        return super().judge_values(stream, outline, values)


def test_a_city_passes_by_its_values_alone(tmp_path: Path) -> None:
    """Every outline that the mapping makes is specialised, and mutated members fool nobody."""
    shapes = Shapes.load(SHAPES, BASE)
    judge, authority, chance = _Noting(shapes), ShaclJudge(shapes), random.Random(7)
    vertical = open_vertical(tmp_path, judge)
    vertical.writer.write(deliveries(*city_life(cabinets=3, days=0.5).payloads))
    vertical.close()
    assert len(judge.members) > 10
    passed = refused = 0
    for (stream, outline), members in judge.members.items():
        lane = judge._lanes[stream]
        check = lane.checks[outline]
        assert check is not None
        assert all(check.conforms(values) for values in members)
        pool = tuple({value for values in members for value in values})
        for _ in range(40):
            values = altered(chance.choice(members), pool, chance)
            triples = outline.fill(values)
            if not check.conforms(values):
                refused += 1
                continue
            assert lane.shape.conforms(values[0], triples)
            passed += 1
            if passed % 5 == 0:
                assert authority.judge(stream, values[0], triples) == CONFORMS
    assert passed > 50
    assert refused > 50
