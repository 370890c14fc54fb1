"""Checks on one term alone: kind, datatype, lexical form, length, pattern, list.

Each check may pass only terms that pyshacl passes. Where pyshacl is laxer, because it uses Python's
parsers (`1_000` is a decimal, `2026-01-01` a dateTime), these checks fail, and pyshacl decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Term
from ldes_shok.rdf.syntax import RDF_LANG_STRING, XSD_STRING, RdfTermKind, TermParts, split
from ldes_shok.rdf.terms import XSD
from ldes_shok.validation.source import SH, ShapesSource, sh

TextTest = Callable[[str], object]
"""A test of a text alone; its result is true or false."""


class TermCheck(Protocol):
    """One SHACL parameter with its value."""

    def passes(self, term: Term, parts: TermParts) -> bool:
        """Whether `term`, with the parts `parts`, surely satisfies the parameter."""
        ...


@dataclass(frozen=True, slots=True)
class LexicalForm:
    """The texts that are a value of a datatype.

    Attributes:
        accepts: tests whether a text is such a value.
        is_plain: True when it accepts nothing that N-Triples would have to escape.
    """

    accepts: TextTest
    is_plain: bool


@dataclass(frozen=True, slots=True)
class TermKind:
    """`sh:nodeKind`."""

    kinds: frozenset[RdfTermKind]

    def passes(self, term: Term, parts: TermParts) -> bool:  # noqa: ARG002 - a TermCheck
        """See `TermCheck.passes`."""
        return parts.kind in self.kinds


@dataclass(frozen=True, slots=True)
class Datatype:
    """`sh:datatype`."""

    datatype: str
    form: LexicalForm

    def passes(self, term: Term, parts: TermParts) -> bool:  # noqa: ARG002 - a TermCheck
        """See `TermCheck.passes`."""
        return parts.datatype == self.datatype and bool(self.form.accepts(parts.value))


@dataclass(frozen=True, slots=True)
class TextCheck:
    """A parameter on the text of a literal or an IRI: pattern, length."""

    accepts: TextTest

    def passes(self, term: Term, parts: TermParts) -> bool:  # noqa: ARG002 - a TermCheck
        """See `TermCheck.passes`."""
        return parts.kind is not RdfTermKind.BLANK_NODE and bool(self.accepts(parts.value))


@dataclass(frozen=True, slots=True)
class LanguageIn:
    """`sh:languageIn`; tags in lower case."""

    languages: frozenset[str]

    def passes(self, term: Term, parts: TermParts) -> bool:  # noqa: ARG002 - a TermCheck
        """See `TermCheck.passes`."""
        return parts.language != "" and parts.language.lower() in self.languages


@dataclass(frozen=True, slots=True)
class OneOf:
    """`sh:in`, and `sh:hasValue` on a single value."""

    listed: frozenset[Term]

    def passes(self, term: Term, parts: TermParts) -> bool:  # noqa: ARG002 - a TermCheck
        """See `TermCheck.passes`."""
        return term in self.listed


_KINDS: Final = {
    "IRI": frozenset({RdfTermKind.IRI}),
    "BlankNode": frozenset({RdfTermKind.BLANK_NODE}),
    "Literal": frozenset({RdfTermKind.LITERAL}),
    "BlankNodeOrIRI": frozenset({RdfTermKind.BLANK_NODE, RdfTermKind.IRI}),
    "BlankNodeOrLiteral": frozenset({RdfTermKind.BLANK_NODE, RdfTermKind.LITERAL}),
    "IRIOrLiteral": frozenset({RdfTermKind.IRI, RdfTermKind.LITERAL}),
}
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z", re.ASCII
)
_INTEGER: Final = re.compile(r"-?[0-9]+", re.ASCII)
_DECIMAL: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


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


ANYTHING: Final = LexicalForm(_is_anything, is_plain=False)
_FORMS: Final[dict[str, LexicalForm]] = {
    XSD_STRING: ANYTHING,
    RDF_LANG_STRING: ANYTHING,
    XSD + "dateTime": LexicalForm(_is_date_time, is_plain=True),
    XSD + "integer": LexicalForm(_INTEGER.fullmatch, is_plain=True),
    XSD + "decimal": LexicalForm(_DECIMAL.fullmatch, is_plain=True),
}


def _node_kind(_source: ShapesSource, value: Term) -> TermCheck:
    return TermKind(_KINDS[split(value).value[len(SH) :]])


def _datatype(_source: ShapesSource, value: Term) -> TermCheck:
    datatype = split(value).value
    form = _FORMS.get(datatype)
    if form is None:
        if datatype.startswith((XSD, RDF_LANG_STRING.rpartition("#")[0])):
            raise ShapesError(f"sh:datatype {value} is not compiled")
        form = ANYTHING  # pyshacl does not check unknown datatypes either
    return Datatype(datatype, form)


def _pattern(_source: ShapesSource, value: Term) -> TermCheck:
    return TextCheck(re.compile(split(value).value).search)


def _length(value: Term) -> int:
    return int(split(value).value)


def _min_length(_source: ShapesSource, value: Term) -> TermCheck:
    minimum = _length(value)
    return TextCheck(lambda text: len(text) >= minimum)


def _max_length(_source: ShapesSource, value: Term) -> TermCheck:
    maximum = _length(value)
    return TextCheck(lambda text: len(text) <= maximum)


def _language_in(source: ShapesSource, value: Term) -> TermCheck:
    return LanguageIn(frozenset(split(item).value.lower() for item in source.items(value)))


def _in(source: ShapesSource, value: Term) -> TermCheck:
    return OneOf(frozenset(source.items(value)))


PARAMETERS: Final[dict[Term, Callable[[ShapesSource, Term], TermCheck]]] = {
    sh("nodeKind"): _node_kind,
    sh("datatype"): _datatype,
    sh("pattern"): _pattern,
    sh("minLength"): _min_length,
    sh("maxLength"): _max_length,
    sh("languageIn"): _language_in,
    sh("in"): _in,
}
"""The SHACL parameters that concern one term alone."""


def term_checks(source: ShapesSource, shape: Term) -> tuple[TermCheck, ...]:
    """The checks of `shape` on its value nodes that need only the term.

    Raises:
        ShapesError: a parameter has a value that is not compiled.
    """
    statements = source.statements(shape)
    return tuple(
        compile_parameter(source, value)
        for parameter, compile_parameter in PARAMETERS.items()
        for value in statements.get(parameter, [])
    )


def passes_all(checks: tuple[TermCheck, ...], term: Term) -> bool:
    """Whether `term` is well-formed and passes all of `checks`."""
    try:
        parts = split(term)
    except ValueError:
        return False
    return all(check.passes(term, parts) for check in checks)


class Remembering:
    """All of `checks` on a term, with a bounded cache of the terms that passed."""

    def __init__(self, checks: tuple[TermCheck, ...], remembered: int = 4096) -> None:
        self._checks = tuple(check.passes for check in checks)
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
        for passes in self._checks:
            if not passes(term, parts):
                return False
        if len(self._passed) >= self._limit:
            self._passed.clear()
        self._passed.add(term)
        return True
