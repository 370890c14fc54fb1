"""JSON-LD objects from triples of N-Triples terms, in the terms of our context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf.context import NOTATION_OF_NODE, JsonLdContext, TermDefinition
from ldes_shok.rdf.syntax import XSD_STRING, split
from ldes_shok.rdf.vocab import NOTATION, TYPE

Json = str | int | bool | list["Json"] | dict[str, "Json"]
"""A JSON value: what this module makes and hands to the encoder."""


class JsonLdWriter:
    """Writes one member as a JSON object in the terms of the context."""

    def __init__(self, context: JsonLdContext) -> None:
        self._properties = context.properties
        self._classes = context.classes

    def member(self, triples: Sequence[Triple]) -> bytes:
        """The object of the first subject, blank nodes nested, as UTF-8 JSON.

        Args:
            triples: the star and its blank nodes, each of one parent; the first triple's subject
                is the focus.
        """
        by_subject: dict[Term, list[Triple]] = {}
        for triple in triples:
            by_subject.setdefault(triple[0], []).append(triple)
        return msgspec.json.encode(self._object(triples[0][0], by_subject))

    def _object(
        self, subject: Term, by_subject: Mapping[Term, Sequence[Triple]]
    ) -> dict[str, Json]:
        result: dict[str, Json] = {}
        if subject[0] == "<":
            result["@id"] = subject[1:-1]
        for _, predicate, term in by_subject[subject]:
            if predicate == TYPE:
                self._add(result, "@type", self._classes.get(term, term[1:-1]), many=False)
                continue
            definition = self._properties.get(predicate) or TermDefinition(predicate[1:-1])
            key = definition.key
            value: Json
            if term.startswith("_:"):
                if predicate == NOTATION:
                    key = NOTATION_OF_NODE
                value = self._object(term, by_subject)
            elif term[0] == "<":
                value = term[1:-1] if definition.type == "@id" else {"@id": term[1:-1]}
            else:
                value = _literal(term, definition)
            self._add(result, key, value, many=definition.is_set)
        return result

    @staticmethod
    def _add(result: dict[str, Json], key: str, value: Json, *, many: bool) -> None:
        present = result.get(key)
        if present is None:
            result[key] = [value] if many else value
        elif isinstance(present, list):
            present.append(value)
        else:
            result[key] = [present, value]


def _literal(term: Term, definition: TermDefinition) -> Json:
    parts = split(term)
    if parts.language:
        if definition.language == parts.language:
            return parts.value
        return {"@value": parts.value, "@language": parts.language}
    uncoerced = definition.type is None and definition.language is None
    if definition.type == parts.datatype or (uncoerced and parts.datatype == XSD_STRING):
        return parts.value
    return {"@value": parts.value, "@type": parts.datatype}
