"""Small graphs as whole documents: the catalogue and the coined concepts.

Members are not written here but rendered once, in `blocks`. Triples keep their order, so a document
has the same bytes every time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf import terms
from ldes_shok.rdf.companion import read_companion
from ldes_shok.rdf.syntax import XSD_STRING, split
from ldes_shok.rdf.turtle import TurtleWriter
from ldes_shok.rdf.vocab import PREFIXES, TYPE

FORMS = ("ttl", "trig", "nt", "nq", "jsonld")
"""The forms `document` knows, by the word in `?format=`."""

Json = str | list["Json"] | dict[str, "Json"]


def document(triples: Sequence[Triple], form: str, prefixes: Mapping[str, str] = PREFIXES) -> bytes:
    """The triples as one UTF-8 document.

    TriG is written as Turtle and N-Quads as N-Triples: everything is in the default graph.

    Args:
        triples: N-Triples terms, no blank nodes; grouped by subject in order of appearance.
        form: one of `FORMS`.
        prefixes: prefix to namespace, for Turtle, TriG and JSON-LD.

    Raises:
        ValueError: an unknown form.
    """
    match form:
        case "nt" | "nq":
            return "".join(f"{s} {p} {o} .\n" for s, p, o in triples).encode()
        case "ttl" | "trig":
            return _turtle(triples, prefixes)
        case "jsonld":
            return _json_ld(triples, prefixes)
        case _:
            raise ValueError(f"not a form of RDF: {form!r}; one of {', '.join(FORMS)}")


def read_turtle(path: Path, base: str) -> tuple[Triple, ...]:
    """The triples of a Turtle file, sorted, types first in each subject.

    Args:
        path: the file.
        base: absolute IRI that its relative IRIs are resolved against.

    Raises:
        ShapesError: the file cannot be read, is not Turtle, or holds blank nodes.
    """
    try:
        triples = read_statements(path, base)
    except (OSError, ValueError) as error:
        raise ShapesError(f"{path}: {error}") from error
    if any(term.startswith("_:") for triple in triples for term in triple):
        raise ShapesError(
            f"{path}: holds a blank node; give it an IRI, so that it can be looked up"
        )
    return tuple(sorted(triples, key=lambda t: (t[0], t[1] != TYPE, t[1], t[2])))


def read_statements(path: Path, base: str) -> list[Triple]:
    """The triples of a Turtle file, sorted: from its companion, or by a parser without one.

    Args:
        path: the file.
        base: absolute IRI, with a slash at its end, that its relative IRIs are resolved against.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not Turtle, or its companion is damaged.
    """
    triples = read_companion(path, base)
    if triples is not None:
        return triples
    from ldes_shok.rdf.parse import load_turtle, triples_of  # noqa: PLC0415  half a second

    return triples_of(load_turtle(path, base))


def expanded(triples: Sequence[Triple]) -> bytes:
    """The triples as JSON-LD without a context; they may hold blank nodes."""
    nodes: list[Json] = []
    for subject, group in _by_subject(triples).items():
        values: dict[str, list[Json]] = {}
        for _, predicate, term in group:
            if predicate == TYPE:
                values.setdefault("@type", []).append(_id(term))
                continue
            value = _json_value(term)
            value = {"@value": value} if isinstance(value, str) else value
            values.setdefault(terms.value_of(predicate), []).append(value)
        node: dict[str, Json] = {"@id": _id(subject)}
        node.update(values)
        nodes.append(node)
    return msgspec.json.format(msgspec.json.encode(nodes), indent=2) + b"\n"


def _id(term: Term) -> str:
    return term if term.startswith("_:") else terms.value_of(term)


def _by_subject(triples: Sequence[Triple]) -> dict[Term, list[Triple]]:
    groups: dict[Term, list[Triple]] = {}
    for triple in triples:
        groups.setdefault(triple[0], []).append(triple)
    return groups


def _turtle(triples: Sequence[Triple], prefixes: Mapping[str, str]) -> bytes:
    used = {
        prefix: namespace
        for prefix, namespace in prefixes.items()
        if any(f"<{namespace}" in term for triple in triples for term in triple)
    }
    writer = TurtleWriter(used)
    stars = (writer.star(group) for group in _by_subject(triples).values())
    return (writer.prologue + "\n" + "\n\n".join(stars) + "\n").encode()


def _json_ld(triples: Sequence[Triple], prefixes: Mapping[str, str]) -> bytes:
    namespaces = sorted(prefixes.items(), key=lambda item: -len(item[1]))
    used: dict[str, str] = {}

    def compact(term: Term) -> str:
        value = terms.value_of(term)
        for prefix, namespace in namespaces:
            if value.startswith(namespace) and len(value) > len(namespace):
                used[prefix] = namespace
                return f"{prefix}:{value[len(namespace) :]}"
        return value

    nodes: list[Json] = []
    for subject, group in _by_subject(triples).items():
        values: dict[str, list[Json]] = {}
        for _, predicate, term in group:
            if predicate == TYPE:
                values.setdefault("@type", []).append(compact(term))
            else:
                values.setdefault(compact(predicate), []).append(_json_value(term))
        node: dict[str, Json] = {"@id": terms.value_of(subject)}
        node.update({key: many[0] if len(many) == 1 else many for key, many in values.items()})
        nodes.append(node)
    context: Json = dict(sorted(used.items()))
    encoded = msgspec.json.encode({"@context": context, "@graph": nodes})
    return msgspec.json.format(encoded, indent=2) + b"\n"


def _json_value(term: Term) -> Json:
    if term.startswith(("<", "_:")):
        return {"@id": _id(term)}
    parts = split(term)
    if parts.language:
        return {"@value": parts.value, "@language": parts.language}
    if parts.datatype == XSD_STRING:
        return parts.value
    return {"@value": parts.value, "@type": parts.datatype}
