"""Turtle text from triples of N-Triples terms. Also for TriG: all is in the default graph."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf.vocab import PREFIXES, TYPE

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\Z")
_TYPED = re.compile(r'(".*")\^\^<([^<>]*)>\Z', re.DOTALL)
_CACHE_LIMIT = 4096


class TurtleWriter:
    """Writes one subject's star with its blank nodes nested.

    Keeps a bounded table of shortened terms, because predicates and code-list values repeat in
    every member.
    """

    def __init__(self, prefixes: Mapping[str, str] = PREFIXES) -> None:
        self._namespaces = {namespace: prefix for prefix, namespace in prefixes.items()}
        self._short: dict[Term, str] = {}
        self.prologue = "".join(f"@prefix {p}: <{n}> .\n" for p, n in prefixes.items())

    def term(self, term: Term) -> str:
        """`term` in Turtle, with a prefix where one fits."""
        short = self._short.get(term)
        if short is None:
            short = self._shorten(term)
            if term[0] == "<" and len(self._short) < _CACHE_LIMIT:
                self._short[term] = short
        return short

    def star(self, triples: Sequence[Triple]) -> str:
        """The statement about the first subject, ending in ` .`.

        Args:
            triples: the star and its blank nodes, each of one parent; the first triple's subject
                is the focus.
        """
        by_subject: dict[Term, list[Triple]] = {}
        for triple in triples:
            by_subject.setdefault(triple[0], []).append(triple)
        focus = triples[0][0]
        predicates = self._predicates(by_subject[focus], by_subject, " ;\n    ")
        return f"{self.term(focus)} {predicates} ."

    def _predicates(
        self,
        triples: Sequence[Triple],
        by_subject: Mapping[Term, Sequence[Triple]],
        separator: str,
    ) -> str:
        objects: dict[Term, list[str]] = {}
        for _, predicate, term in triples:
            if term.startswith("_:"):
                nested = self._predicates(by_subject[term], by_subject, " ; ")
                text = f"[ {nested} ]"
            else:
                text = self.term(term)
            objects.setdefault(predicate, []).append(text)
        return separator.join(
            f"{'a' if predicate == TYPE else self.term(predicate)} {', '.join(texts)}"
            for predicate, texts in objects.items()
        )

    def _shorten(self, term: Term) -> str:
        if term[0] == '"':
            typed = _TYPED.match(term)
            return f"{typed[1]}^^{self.term(f'<{typed[2]}>')}" if typed else term
        if term[0] != "<":
            return term
        value = term[1:-1]
        cut = max(value.rfind("#"), value.rfind("/")) + 1
        prefix = self._namespaces.get(value[:cut])
        if prefix is not None and _LOCAL.match(value, cut):
            return f"{prefix}:{value[cut:]}"
        return term
