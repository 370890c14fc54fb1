"""A shapes graph as plain lookups over N-Triples terms, for code that does not use pyshacl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf.syntax import split

SH = "http://www.w3.org/ns/shacl#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_TYPE = f"<{_RDF}type>"
_FIRST, _REST, _NIL = f"<{_RDF}first>", f"<{_RDF}rest>", f"<{_RDF}nil>"
_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"


def sh(name: str) -> Term:
    """The term `sh:name`."""
    return f"<{SH}{name}>"


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Shapes of which a node can conform to at most one; one property distinguishes them.

    Each demands with `sh:hasValue` another value of `predicate`.
    """

    predicate: Term
    shapes: Mapping[Term, Term]


class ShapesSource:
    """Lookups in one shapes graph."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._index: dict[Term, dict[Term, list[Term]]] = {}
        for subject, predicate, value in triples:
            self._index.setdefault(subject, {}).setdefault(predicate, []).append(value)

    def statements(self, shape: Term) -> Mapping[Term, list[Term]]:
        """All statements about `shape`."""
        return self._index.get(shape, {})

    def subjects(self) -> Iterable[Term]:
        """All subjects of statements."""
        return self._index.keys()

    def values(self, shape: Term, parameter: str) -> list[Term]:
        """The values of `sh:parameter`."""
        return self._index.get(shape, {}).get(sh(parameter), [])

    def text(self, shape: Term, parameter: str, language: str = "") -> str:
        """The text of `sh:parameter` in `language`; empty if there is none."""
        for value in self.values(shape, parameter):
            parts = split(value)
            if parts.language == language:
                return parts.value
        return ""

    def label(self, shape: Term) -> str:
        """The Dutch `rdfs:label`; empty if there is none."""
        for value in self._index.get(shape, {}).get(_LABEL, []):
            parts = split(value)
            if parts.language == "nl":
                return parts.value
        return ""

    def items(self, head: Term) -> list[Term]:
        """The members of an RDF list.

        Raises:
            ValueError: `head` is not a well-formed list.
        """
        result: list[Term] = []
        seen: set[Term] = set()
        while head != _NIL:
            node = self._index.get(head, {})
            first, rest = node.get(_FIRST, []), node.get(_REST, [])
            if len(first) != 1 or len(rest) != 1 or head in seen:
                raise ValueError(f"{head} is not an RDF list")
            seen.add(head)
            result.append(first[0])
            head = rest[0]
        return result

    def missing_shapes(self) -> list[Term]:
        """Missing shapes that others refer to: pyshacl would pass anything for them."""
        referred: set[Term] = set()
        for subject in self._index:
            for parameter in ("property", "node", "not", "qualifiedValueShape"):
                referred.update(self.values(subject, parameter))
            for parameter in ("xone", "or", "and"):
                for head in self.values(subject, parameter):
                    referred.update(self.items(head))
        return sorted(referred - self._index.keys())

    def alternatives(self, shape: Term) -> Alternatives | None:
        """What distinguishes the `sh:xone` alternatives of `shape`; None if no property does."""
        lists = self.values(shape, "xone")
        if len(lists) != 1:
            return None
        listed = self.items(lists[0])
        demands = [self._demands(alternative) for alternative in listed]
        shared = set(demands[0]).intersection(*demands[1:]) if demands else set()
        for predicate in sorted(shared):
            shapes = {d[predicate]: alt for d, alt in zip(demands, listed, strict=True)}
            if len(shapes) == len(listed):
                return Alternatives(predicate, shapes)
        return None

    def _demands(self, shape: Term) -> dict[Term, Term]:
        """Predicate to the one value that a direct property shape demands for it."""
        result: dict[Term, Term] = {}
        for prop in self.values(shape, "property"):
            path, value = self.values(prop, "path"), self.values(prop, "hasValue")
            if len(path) == 1 and path[0][0] == "<" and len(value) == 1 and "\\" not in value[0]:
                result[path[0]] = value[0]
        return result
