"""The interfaces of the judges that the pipeline calls before it publishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ldes_shok.ldes.member import Triple
from ldes_shok.ldes.template import Outline
from ldes_shok.validation.verdict import Verdict


class Judge(Protocol):
    """Judges one member alone.

    It never judges a batch in one graph: a neighbour's triples could satisfy a shape, and blank
    nodes with the same label would become one.
    """

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """Whether the member `iri` may be published in `stream`.

        Args:
            stream: name of an event stream that has a shape.
            iri: absolute IRI of the member.
            triples: all published triples of the member, and no others.

        Raises:
            KeyError: `stream` has no shape.
            NotJudged: there can be no verdict on this member.
            ValidationUnavailable: there is no verdict now.
        """
        ...


class OutlineJudge(Judge, Protocol):
    """Judges members that consist of an outline and its values."""

    def judge_values(self, stream: str, outline: Outline, values: Sequence[str]) -> Verdict:
        """Judge the member that `outline.fill(values)` states; its IRI is `values[0]`."""
        ...


class Authority(Judge, Protocol):
    """The judge with the decisive verdict and report."""

    def submit(
        self,
        stream: str,
        iri: str,
        triples: Sequence[Triple],
        then: Callable[[Verdict], None],
    ) -> bool:
        """Judge when there is time, and call `then` with the verdict, on any thread.

        Returns:
            False when the member will not be judged: too many members wait.
        """
        ...
