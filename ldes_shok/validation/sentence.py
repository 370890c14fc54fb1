"""One sentence for a person, made from a `sh:ValidationReport`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ldes_shok.ldes.member import Term
from ldes_shok.rdf.syntax import XSD_STRING, RdfTermKind, split
from ldes_shok.rdf.terms import XSD
from ldes_shok.validation.source import SH, ShapesSource

_LIMIT = 100
_PROBLEMS = {
    "MinCountConstraintComponent": "is missing",
    "QualifiedMinCountConstraintComponent": "is missing",
    "MaxCountConstraintComponent": "has too many values",
    "QualifiedMaxCountConstraintComponent": "has too many values",
    "ClosedConstraintComponent": "may not be published here",
}
"""Constraint component to words, the most specific first. The value describes all others."""
_RANK = {component: rank for rank, component in enumerate(_PROBLEMS)}
_LEAST_TELLING = {
    "HasValueConstraintComponent": "does not have the value that it must have",
    "XoneConstraintComponent": "is none of the things that it may be",
}
_DOES_NOT_FIT = "does not fit with the rest"


@dataclass(frozen=True, slots=True, order=True)
class _Finding:
    rank: int
    path: tuple[str, ...]
    problem: str
    expected: str


def describe(
    report: ShapesSource, shapes: ShapesSource, name_of: Callable[[Term], str], class_label: str
) -> str:
    """The sentence for a report.

    Args:
        report: the validation report's triples, nested results under `sh:detail`.
        shapes: the shapes graph that the report refers to.
        name_of: predicate to the term of the application profile.
        class_label: the Dutch class of the member.
    """
    reader = _ReportReader(report, shapes, name_of)
    found: dict[tuple[str, ...], _Finding] = {}
    for node in report.subjects():
        for result in report.values(node, "result"):
            for finding in reader.findings(result, (), ""):
                current = found.get(finding.path)
                found[finding.path] = min(current, finding) if current else finding
    first, *others = sorted(found.values())
    what = " > ".join(first.path) or "the member"
    expected = f"; expected {first.expected}" if first.expected else ""
    more = f" ({len(others)} more: {_listed(others)})" if others else ""
    return f"{class_label}: {what} {first.problem}{expected}{more}."


def _listed(others: list[_Finding]) -> str:
    return ", ".join(other.path[-1] if other.path else "the member" for other in others)


@dataclass(frozen=True, slots=True)
class _ReportReader:
    """Walks the results of one report."""

    report: ShapesSource
    shapes: ShapesSource
    name_of: Callable[[Term], str]

    def findings(self, result: Term, path: tuple[str, ...], expected: str) -> Iterator[_Finding]:
        """The innermost findings of `result` and of the results under it."""
        shape = next(iter(self.report.values(result, "sourceShape")), "")
        predicates = "".join(map(self.name_of, self.report.values(result, "resultPath")))
        component = self._component(result)
        is_closed = component == "ClosedConstraintComponent"
        name = predicates if is_closed else self.shapes.text(shape, "name") or predicates
        here = (*path, name) if name else path
        wanted = "" if is_closed else self.shapes.text(shape, "message", "en") or expected
        details = self.report.values(result, "detail")
        for detail in details:
            yield from self.findings(detail, here, wanted)
        if not details:
            rank, problem = self._problem(result, component, has_path=bool(predicates))
            yield _Finding(rank, here, problem, wanted)

    def _component(self, result: Term) -> str:
        return split(self.report.values(result, "sourceConstraintComponent")[0]).value[len(SH) :]

    def _problem(self, result: Term, component: str, *, has_path: bool) -> tuple[int, str]:
        if component in _PROBLEMS:
            return _RANK[component], _PROBLEMS[component]
        if component in _LEAST_TELLING:
            return len(_RANK) + 1, _LEAST_TELLING[component]
        if component == "OrConstraintComponent" and not has_path:
            return len(_RANK) + 1, _DOES_NOT_FIT
        values = self.report.values(result, "value")
        return len(_RANK), f"is {short(values[0])}" if values else "is wrong"


def short(term: Term) -> str:
    """A term in readable form, cut when long."""
    parts = split(term)
    if parts.kind is RdfTermKind.BLANK_NODE:
        return "a blank node"
    if parts.kind is RdfTermKind.IRI:
        return f"<{parts.value[:_LIMIT]}>"
    text = parts.value if len(parts.value) <= _LIMIT else parts.value[:_LIMIT] + "..."
    if parts.language:
        return f'"{text}"@{parts.language}'
    if parts.datatype == XSD_STRING:
        return f'"{text}"'
    return f'"{text}" ({parts.datatype.replace(XSD, "xsd:")})'
