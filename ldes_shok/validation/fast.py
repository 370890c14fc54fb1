"""The judge of the hot path: compiled passes first; pyshacl for the rest, and for a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Triple
from ldes_shok.ldes.template import Outline
from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.judge import Authority
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.slots import SlotCheck
from ldes_shok.validation.verdict import CONFORMS, Verdict

Disagreement = Callable[[str, str, Verdict], None]
"""(stream, member IRI, the authority's verdict): called for each, on the authority's thread."""

Recheck = Callable[[str], None]
"""Called with the end of each sample: AGREED or DISAGREED (authority's thread), or DROPPED."""

AGREED: Final = "agreed"
DISAGREED: Final = "disagreed"
DROPPED: Final = "dropped"

_KEPT_OUTLINES: Final = 4096


def _ignore_recheck(_: str) -> None:
    """Do nothing, for a caller that does not count samples."""


@dataclass(slots=True)
class _Lane:
    """One stream while its compiled passes are trusted. None: the outline gets no check."""

    shape: CompiledShape
    checks: dict[Outline, SlotCheck | None] = field(default_factory=dict)
    passes: int = 0


class FastJudge:
    """Passes members that surely conform; asks the authority about all others.

    Every n-th passed member also goes to the authority. So does the first member of each outline,
    because the check of the others is derived from its pass. No caller waits for these samples.
    When the authority disagrees, `on_disagreement` is called, and the stream's compiled passes are
    not used again.

    For one thread, beside the authority's thread.
    """

    def __init__(
        self,
        shapes: Shapes,
        authority: Authority,
        recheck_every: int,
        on_disagreement: Disagreement,
        on_recheck: Recheck = _ignore_recheck,
    ) -> None:
        """Compile the shapes.

        Args:
            shapes: the streams' shapes.
            authority: gives the decisive verdict and report.
            recheck_every: 1 re-judges every pass, 1000 one in a thousand, 0 none.
            on_disagreement: called when a compiled pass was wrong.
            on_recheck: called with the end of each sample.
        """
        self._authority = authority
        self._recheck_every = recheck_every
        self._on_disagreement = on_disagreement
        self._on_recheck = on_recheck
        self._lanes: dict[str, _Lane] = {}
        for stream in shapes.streams:
            # For a stream whose shape cannot be compiled, the authority judges every member.
            with suppress(ShapesError):
                shape = CompiledShape(shapes.source(stream), shapes.shape_iri(stream))
                self._lanes[stream] = _Lane(shape)

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """See `Judge.judge`."""
        lane = self._lanes.get(stream)
        if lane is None or not lane.shape.conforms(iri, triples):
            return self._authority.judge(stream, iri, triples)
        if self._is_sample(lane):
            self._recheck(stream, iri, triples)
        return CONFORMS

    def judge_values(self, stream: str, outline: Outline, values: Sequence[str]) -> Verdict:
        """See `OutlineJudge.judge_values`.

        Args:
            stream: name of an event stream that has a shape.
            outline: best always the same object for the same statements.
            values: one per gap.
        """
        lane = self._lanes.get(stream)
        if lane is None:
            return self._authority.judge(stream, values[0], outline.fill(values))
        check = lane.checks.get(outline)
        if check is not None and check.conforms(values):
            if self._is_sample(lane):
                self._recheck(stream, values[0], outline.fill(values))
            return CONFORMS
        triples = outline.fill(values)
        if not lane.shape.conforms(values[0], triples):
            return self._authority.judge(stream, values[0], triples)
        is_first = outline not in lane.checks
        if is_first:
            self._specialise(lane, outline, values)
        if self._is_sample(lane) or (is_first and self._recheck_every):
            is_judged_again = self._recheck(stream, values[0], triples)
            if is_first and not is_judged_again:
                # Too many samples wait for pyshacl: the next member of this outline counts as the
                # first.
                lane.checks.pop(outline, None)
        return CONFORMS

    def _specialise(self, lane: _Lane, outline: Outline, values: Sequence[str]) -> None:
        if len(lane.checks) >= _KEPT_OUTLINES:
            lane.checks.clear()
        lane.checks[outline] = lane.shape.specialise(outline, values)

    def _is_sample(self, lane: _Lane) -> bool:
        lane.passes += 1
        return self._recheck_every > 0 and lane.passes % self._recheck_every == 0

    def _recheck(self, stream: str, iri: str, triples: Sequence[Triple]) -> bool:
        """Submit a member to the authority; returns whether the authority will judge it."""
        accepted = self._authority.submit(stream, iri, triples, partial(self._compare, stream, iri))
        if not accepted:
            self._on_recheck(DROPPED)
        return accepted

    def _compare(self, stream: str, iri: str, verdict: Verdict) -> None:
        self._on_recheck(AGREED if verdict.conforms else DISAGREED)
        if verdict.conforms:
            return
        self._lanes.pop(stream, None)
        self._on_disagreement(stream, iri, verdict)
