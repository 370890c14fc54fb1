"""The one question that the pipeline asks before it publishes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ldes_shok.ldes.member import Triple
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
        """
        ...
