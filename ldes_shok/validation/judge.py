"""The questions that the pipeline asks before it publishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ldes_shok.ldes.member import Triple
from ldes_shok.ldes.template import Outline
from ldes_shok.validation.verdict import Verdict


class Judge(Protocol):
    """Judges one member alone.

    A batch in one graph is another judgement: a neighbour's triples could fill a gap, and blank
    nodes with the same label would become one.
    """

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """Whether the member `iri` may be published in `stream`.

        Args:
            stream: name of an event stream that has a shape.
            iri: absolute IRI of the member.
            triples: everything that is published of the member, its own terms and no others.

        Raises:
            KeyError: `stream` has no shape.
            NotJudged: there can be no verdict on this member.
            ValidationUnavailable: there is no verdict now.
        """
        ...


class OutlineJudge(Judge, Protocol):
    """Judges members that were drafted as an outline and its values."""

    def judge_values(self, stream: str, outline: Outline, values: Sequence[str]) -> Verdict:
        """As `judge`, of the member that `outline.fill(values)` states; its IRI is `values[0]`."""
        ...


class Authority(Judge, Protocol):
    """Whose verdict and report count."""

    def submit(
        self,
        stream: str,
        iri: str,
        triples: Sequence[Triple],
        then: Callable[[Verdict], None],
    ) -> bool:
        """Judge when there is time, and tell `then`, on any thread.

        Returns:
            False when it will not be done: too many wait.
        """
        ...
