"""The judge of the hot path: the compiled pass first, pyshacl for the rest, and for a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Triple
from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.judge import Judge
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.verdict import CONFORMS, Verdict

Disagreement = Callable[[str, str, Verdict], None]
"""(stream, member IRI, what the authority says): called once for each disagreement."""


class FastJudge:
    """Passes what surely conforms; asks the authority about everything else.

    Every n-th member that the compiled pass lets through is judged by the authority as well. If
    that one disagrees, its word counts, and the stream's compiled pass is not used again.
    """

    def __init__(
        self,
        shapes: Shapes,
        authority: Judge,
        recheck_every: int,
        on_disagreement: Disagreement,
    ) -> None:
        """Compile the shapes.

        Args:
            shapes: the streams' shapes.
            authority: whose verdict and report count.
            recheck_every: 1 re-judges every pass, 1000 one in a thousand, 0 none.
            on_disagreement: told when the compiled pass was wrong.
        """
        self._authority = authority
        self._recheck_every = recheck_every
        self._on_disagreement = on_disagreement
        self._passes: dict[str, int] = dict.fromkeys(shapes.streams, 0)
        self._compiled: dict[str, CompiledShape] = {}
        self._not_compiled: dict[str, str] = {}
        for stream in shapes.streams:
            try:
                self._compiled[stream] = CompiledShape(
                    shapes.source(stream), shapes.shape_iri(stream)
                )
            except ShapesError as error:
                self._not_compiled[stream] = str(error)

    @property
    def not_compiled(self) -> Mapping[str, str]:
        """The streams where the authority judges everything, and why."""
        return dict(self._not_compiled)

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """See `Judge.judge`."""
        compiled = self._compiled.get(stream)
        if compiled is None or not compiled.conforms(iri, triples):
            return self._authority.judge(stream, iri, triples)
        self._passes[stream] += 1
        if not self._recheck_every or self._passes[stream] % self._recheck_every:
            return CONFORMS
        verdict = self._authority.judge(stream, iri, triples)
        if not verdict.conforms:
            del self._compiled[stream]
            self._not_compiled[stream] = f"it passed {iri}, and the authority does not"
            self._on_disagreement(stream, iri, verdict)
        return verdict
