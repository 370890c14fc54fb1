"""pyshacl, the authority: its verdict is decisive, and it writes every report.

This module does not call `pyshacl.validate`, which reads the shapes anew for each member and
changes how the whole process makes literals. It keeps the shapes graph and calls its shape
directly, as `validate` does. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyshacl.pytypes import SHACLExecutor
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator

from ldes_shok.ldes.member import Form, Term, Triple
from ldes_shok.rdf import terms
from ldes_shok.rdf.parse import (
    Graph,
    Node,
    graph_of,
    node_of,
    serialise,
    term_of,
    triples_of,
)
from ldes_shok.validation.foreign_subjects import stray_triple
from ldes_shok.validation.sentence import describe, short
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.source import RDF_TYPE, ShapesSource, sh
from ldes_shok.validation.trial import graph_of_shape
from ldes_shok.validation.verdict import CONFORMS, Verdict

_COSTLY = (sh("property"), sh("node"), sh("or"), sh("xone"))
_REPORT_NODE = "_:report"
_RESULT_NODE = "_:result"


class ShaclJudge:
    """Judges each member alone with pyshacl. Not for several threads at once."""

    def __init__(self, shapes: Shapes) -> None:
        self._streams = {stream: _StreamJudge(shapes, stream) for stream in shapes.streams}

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """See `Judge.judge`."""
        return self._streams[stream].judge(iri, triples)


class _StreamJudge:
    def __init__(self, shapes: Shapes, stream: str) -> None:
        self._stream = stream
        self._source = shapes.source(stream)
        self._name_of = shapes.name_of
        self._graph = ShapesGraph(graph_of_shape(shapes.by_stream[stream], last=_COSTLY))
        self._shape_term = terms.iri(shapes.shape_iri(stream))
        # Two calls. "Does it conform" may stop at the first violation, which saves most of the work
        # on the sh:xone alternatives that do not fit the member. "What is wrong" may not.
        self._asks_whether = SHACLExecutor(abort_on_first=True)
        self._asks_what = SHACLExecutor()
        self._shapes = {term_of(shape.node): shape for shape in self._graph.shapes}

    def judge(self, iri: str, triples: Sequence[Triple]) -> Verdict:
        try:
            focus = terms.iri(iri)
            data = graph_of(triples)
        except ValueError as error:
            return self._refusal(Term(f"<urn:ldes-shok:{self._stream}>"), str(error), ())
        node = node_of(focus)
        shape = self._shapes[self._shape_term]
        conforms, _ = shape.validate(self._asks_whether, data, focus=node)
        if conforms:
            stray = stray_triple(focus, triples)
            if stray is None:
                return CONFORMS
            reason = f"{short(stray[0])} is described inside the member {short(focus)}"
            return self._refusal(focus, reason, stray)
        _, results = shape.validate(self._asks_what, data, focus=node)
        report = self._report(results)
        self._add_details(report, data)
        return Verdict(
            conforms=False,
            report=serialise(report, Form.TURTLE).decode(),
            sentence=self._sentence(report, node, data),
        )

    def _sentence(self, report: Graph, focus: Node, data: Graph) -> str:
        meant = self._meant(self._shape_term, focus, data)
        if meant is not None:
            source = ShapesSource(triples_of(report))
            return describe(source, self._source, self._name_of, self._source.label(meant))
        alternatives = self._source.alternatives(self._shape_term)
        labels = map(self._source.label, alternatives.shapes.values() if alternatives else ())
        types = ", ".join(map(short, sorted(map(term_of, data.objects(focus, node_of(RDF_TYPE))))))
        return (
            f"A member of {self._stream}: rdf:type is {types or 'missing'}; "
            f"expected exactly one of {', '.join(sorted(labels))}."
        )

    def _report(self, results: Sequence[tuple[object, ...]]) -> Graph:
        report: Graph = Validator.create_validation_report(self._graph, False, list(results))[0]
        return report

    def _add_details(self, report: Graph, data: Graph) -> None:
        """Add, under each failed `sh:xone`, the findings of the intended alternative.

        pyshacl reports only that the `sh:xone` failed.
        """
        component, xone = (
            node_of(sh("sourceConstraintComponent")),
            node_of(sh("XoneConstraintComponent")),
        )
        has_result, detail = node_of(sh("result")), node_of(sh("detail"))
        waiting = list(report.subjects(component, xone))
        while waiting:
            result = waiting.pop()
            shape = report.value(result, node_of(sh("sourceShape")))
            value = report.value(result, node_of(sh("value")))
            if shape is None or value is None:
                continue
            meant = self._meant(term_of(shape), value, data)
            if meant is None:
                continue
            _, results = self._shapes[meant].validate(self._asks_what, data, focus=value)
            if not results:
                continue
            details = self._report(results)
            root = details.value(None, node_of(RDF_TYPE), node_of(sh("ValidationReport")))
            for subject, predicate, obj in details:
                if subject != root:
                    report.add((subject, predicate, obj))
                elif predicate == has_result:
                    report.add((result, detail, obj))
            waiting += details.subjects(component, xone)

    def _meant(self, shape: Term, value: Node, data: Graph) -> Term | None:
        """The alternative of `shape` that `value` claims to be; None if it claims none."""
        alternatives = self._source.alternatives(shape)
        if alternatives is None:
            return None
        claims = sorted(map(term_of, data.objects(value, node_of(alternatives.predicate))))
        return next(
            (alternatives.shapes[claim] for claim in claims if claim in alternatives.shapes), None
        )

    def _refusal(self, focus: Term, reason: str, stray: tuple[Term, ...]) -> Verdict:
        """A verdict of this module, in the form of pyshacl's."""
        triples = [
            (_REPORT_NODE, RDF_TYPE, sh("ValidationReport")),
            (_REPORT_NODE, sh("conforms"), terms.literal("false", terms.XSD + "boolean")),
            (_REPORT_NODE, sh("result"), _RESULT_NODE),
            (_RESULT_NODE, RDF_TYPE, sh("ValidationResult")),
            (_RESULT_NODE, sh("resultSeverity"), sh("Violation")),
            (_RESULT_NODE, sh("focusNode"), focus),
            (_RESULT_NODE, sh("sourceShape"), self._shape_term),
            (_RESULT_NODE, sh("sourceConstraintComponent"), sh("ClosedConstraintComponent")),
            (_RESULT_NODE, sh("resultMessage"), terms.text(reason, "en")),
        ]
        if stray:
            triples.append((_RESULT_NODE, sh("resultPath"), stray[1]))
        report = serialise(graph_of(triples), Form.TURTLE).decode()
        name = f" ({self._name_of(stray[1])})" if stray else ""
        return Verdict(False, report, f"{self._stream}: {reason}{name}.")
