"""The concepts and concept schemes that we coin: each of their IRIs is a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf.graphs import document, read_turtle
from ldes_shok.rdf.rows import PropertyRow, rows_of
from ldes_shok.rdf.syntax import RdfTermKind, split
from ldes_shok.rdf.terms import iri, value_of
from ldes_shok.rdf.vocab import NOTATION, PREF_LABEL, PREFIXES, TYPE

_SKOS = PREFIXES["skos"]
_SCHEME_CLASS = iri(f"{_SKOS}ConceptScheme")
_IN_SCHEME = iri(f"{_SKOS}inScheme")


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept or a concept scheme.

    Attributes:
        path: below `/id/`: `concept/kasttype/marktkast`, `conceptscheme/kasttype`.
        iri: absolute IRI.
        is_scheme: True for a concept scheme.
        label_nl, label_en: names; empty if there is none in that language.
        notation: its code; may be empty.
        scheme_path: path of the scheme it is in; None for schemes and for loose concepts.
        concept_paths: paths of the concepts of a scheme, in order of their labels.
    """

    path: str
    iri: str
    is_scheme: bool
    label_nl: str
    label_en: str
    notation: str
    scheme_path: str | None
    concept_paths: tuple[str, ...]


class ConceptDocuments:
    """All coined concepts by path, read once."""

    def __init__(self, triples: Sequence[Triple], base: str) -> None:
        self._id_base = f"{base}id/"
        self._stars: dict[str, list[Triple]] = {}
        for triple in triples:
            path = self._path_of(triple[0])
            if path is not None:
                self._stars.setdefault(path, []).append(triple)
        members = self._members_of_schemes()
        self._concepts: Mapping[str, Concept] = {
            path: self._concept(path, star, members.get(path, ()))
            for path, star in self._stars.items()
        }

    @classmethod
    def load(cls, path: Path, base: str) -> Self:
        """Read `concepts.ttl`, whose relative IRIs are resolved against `base`.

        Args:
            path: the Turtle file.
            base: the public URL with a slash at its end.

        Raises:
            ShapesError: the file cannot be read as Turtle, or holds blank nodes.
        """
        return cls(read_turtle(path, base), base)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all concepts and schemes, sorted."""
        return tuple(sorted(self._concepts))

    def get(self, path: str) -> Concept | None:
        """Return the concept or scheme at `path` below `/id/`, without slashes at the ends."""
        return self._concepts.get(path)

    def label(self, iri_value: str) -> str | None:
        """Return the Dutch name of a coined concept, by its absolute IRI; None for other IRIs."""
        concept = self._concepts.get(iri_value.removeprefix(self._id_base))
        return (concept.label_nl or None) if concept else None

    def rows(self, path: str) -> tuple[PropertyRow, ...]:
        """Return the statements about a concept, for a page.

        Raises:
            KeyError: nothing is defined at `path`.
        """
        return rows_of(self._stars[path], iri(self._id_base + path), self.label)

    def document(self, path: str, form: str) -> bytes:
        """Return the concept, or the scheme with all its concepts, as RDF.

        Args:
            path: below `/id/`.
            form: `ttl`, `trig`, `nt`, `nq` or `jsonld`.

        Raises:
            KeyError: nothing is defined at `path`.
            ValueError: an unknown form.
        """
        concept = self._concepts[path]
        triples = list(self._stars[path])
        for member in concept.concept_paths:
            triples += self._stars[member]
        return document(triples, form)

    def _path_of(self, term: Term) -> str | None:
        value = value_of(term)
        return value[len(self._id_base) :] if value.startswith(self._id_base) else None

    def _members_of_schemes(self) -> dict[str, tuple[str, ...]]:
        members: dict[str, list[tuple[str, str]]] = {}
        for path, star in self._stars.items():
            name = _text(star, PREF_LABEL, "nl")
            for _, predicate, term in star:
                scheme = self._path_of(term) if predicate == _IN_SCHEME else None
                if scheme is not None:
                    members.setdefault(scheme, []).append((name, path))
        return {scheme: tuple(p for _, p in sorted(many)) for scheme, many in members.items()}

    def _concept(self, path: str, star: Sequence[Triple], members: tuple[str, ...]) -> Concept:
        schemes = [self._path_of(o) for _, predicate, o in star if predicate == _IN_SCHEME]
        return Concept(
            path=path,
            iri=self._id_base + path,
            is_scheme=any(p == TYPE and o == _SCHEME_CLASS for _, p, o in star),
            label_nl=_text(star, PREF_LABEL, "nl"),
            label_en=_text(star, PREF_LABEL, "en"),
            notation=_text(star, NOTATION, ""),
            scheme_path=next(iter(schemes), None),
            concept_paths=members,
        )


def _text(star: Sequence[Triple], predicate: Term, language: str) -> str:
    for _, other, term in star:
        parts = split(term)
        if other == predicate and parts.kind is RdfTermKind.LITERAL and parts.language == language:
            return parts.value
    return ""
