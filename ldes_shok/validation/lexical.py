"""Checks on one term alone: kind, datatype, lexical form, length, pattern, list.

Each may only say yes where pyshacl says yes. Where pyshacl is laxer (it asks Python: `1_000` is a
decimal, `2026-01-01` a dateTime), these say no, and pyshacl is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Term
from ldes_shok.rdf.syntax import RDF_LANG_STRING, XSD_STRING, Kind, TermParts, split
from ldes_shok.rdf.terms import XSD
from ldes_shok.validation.source import SH, ShapesSource, sh

TermCheck = Callable[[Term, TermParts], bool]

_KINDS: Final = {
    "IRI": {Kind.IRI},
    "BlankNode": {Kind.BLANK_NODE},
    "Literal": {Kind.LITERAL},
    "BlankNodeOrIRI": {Kind.BLANK_NODE, Kind.IRI},
    "BlankNodeOrLiteral": {Kind.BLANK_NODE, Kind.LITERAL},
    "IRIOrLiteral": {Kind.IRI, Kind.LITERAL},
}
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z", re.ASCII
)
_INTEGER: Final = re.compile(r"-?[0-9]+", re.ASCII)
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def _is_date_time(text: str) -> bool:
    if _DATE_TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_anything(_: str) -> bool:
    return True


_FORMS: Final[dict[str, Callable[[str], bool]]] = {
    XSD_STRING: _is_anything,
    RDF_LANG_STRING: _is_anything,
    XSD + "dateTime": _is_date_time,
    XSD + "integer": lambda text: _INTEGER.fullmatch(text) is not None,
    XSD + "decimal": lambda text: _DECIMAL.fullmatch(text) is not None,
}


def _node_kind(_source: ShapesSource, value: Term) -> TermCheck:
    kinds = _KINDS[split(value).value[len(SH) :]]
    return lambda _, parts: parts.kind in kinds


def _datatype(_source: ShapesSource, value: Term) -> TermCheck:
    datatype = split(value).value
    form = _FORMS.get(datatype)
    if form is None:
        if datatype.startswith((XSD, RDF_LANG_STRING.rpartition("#")[0])):
            raise ShapesError(f"sh:datatype {value} is not compiled")
        form = _is_anything  # pyshacl does not look into datatypes that it does not know either
    return lambda _, parts: parts.datatype == datatype and form(parts.value)


def _pattern(_source: ShapesSource, value: Term) -> TermCheck:
    search = re.compile(split(value).value).search
    return lambda _, parts: parts.kind is not Kind.BLANK_NODE and search(parts.value) is not None


def _length(value: Term) -> int:
    return int(split(value).value)


def _min_length(_source: ShapesSource, value: Term) -> TermCheck:
    minimum = _length(value)
    return lambda _, parts: parts.kind is not Kind.BLANK_NODE and len(parts.value) >= minimum


def _max_length(_source: ShapesSource, value: Term) -> TermCheck:
    maximum = _length(value)
    return lambda _, parts: parts.kind is not Kind.BLANK_NODE and len(parts.value) <= maximum


def _language_in(source: ShapesSource, value: Term) -> TermCheck:
    languages = {split(item).value.lower() for item in source.items(value)}
    return lambda _, parts: parts.language.lower() in languages and parts.language != ""


def _in(source: ShapesSource, value: Term) -> TermCheck:
    listed = frozenset(source.items(value))
    return lambda term, _: term in listed


PARAMETERS: Final[dict[Term, Callable[[ShapesSource, Term], TermCheck]]] = {
    sh("nodeKind"): _node_kind,
    sh("datatype"): _datatype,
    sh("pattern"): _pattern,
    sh("minLength"): _min_length,
    sh("maxLength"): _max_length,
    sh("languageIn"): _language_in,
    sh("in"): _in,
}
"""The SHACL parameters that look at one term alone."""


def term_checks(source: ShapesSource, shape: Term) -> list[TermCheck]:
    """The checks of `shape` on its value nodes that need nothing but the term.

    Raises:
        ShapesError: a parameter has a value that is not compiled.
    """
    statements = source.statements(shape)
    return [
        compile_parameter(source, value)
        for parameter, compile_parameter in PARAMETERS.items()
        for value in statements.get(parameter, [])
    ]


class Remembering:
    """All of `checks` on a term, with a bounded memory of the terms that passed."""

    def __init__(self, checks: list[TermCheck], remembered: int = 4096) -> None:
        self._checks = tuple(checks)
        self._passed: set[Term] = set()
        self._limit = remembered

    def __call__(self, term: Term) -> bool:
        """Whether `term` is well-formed and passes."""
        if term in self._passed:
            return True
        try:
            parts = split(term)
        except ValueError:
            return False
        for check in self._checks:
            if not check(term, parts):
                return False
        if len(self._passed) >= self._limit:
            self._passed.clear()
        self._passed.add(term)
        return True
