"""Reads an RDF document from outside, in any form, as statements. It fetches nothing for it.

The caller bounds the bytes of a document; this module bounds the statements. Input that may take
far more memory than its bytes is refused, before it is read or during that: lines without an end,
lists without statements, names that repeat a long prefix, contexts within the document.

rdflib's switch for literals is of the whole process (`ldes_shok.rdf.parse`). So two documents that
are neither N-Quads nor N-Triples must not be read at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ldes_shok.rdf.context import JsonLdContext
from ldes_shok.rdf.lines import Quad, read_lines

LINES: Final = frozenset({"application/n-quads", "application/n-triples"})
JSON_LD: Final = "application/ld+json"
_RDFLIB: Final = {"text/turtle": "turtle", "application/trig": "trig"}
MEDIA_TYPES: Final = (
    "application/n-quads",
    "application/n-triples",
    "application/trig",
    "text/turtle",
    JSON_LD,
)
"""The readable media types, the fastest first."""

MOST_STATEMENTS: Final = 1_000_000

_MAX_LINE_BYTES: Final = 65_536
"""Of a statement in N-Quads; our longest ones have a thousand."""

_SIGNS_PER_STATEMENT: Final = 16
"""Characters that a term can begin or end with; our pages have 13 for each statement."""

_MAX_PREFIXED_BYTES: Final = 67_108_864
"""Limit of all names together: each prefix is at most as long as the document."""

_SIGNS: Final = b" \t\r\n,;.()[]{}<>\":'@^"
_MAX_BASE_CHARACTERS: Final = 2_000
_CONTEXT: Final = "@context"
_BASE: Final = "@base"
_SHIPPED: Final = "/context.jsonld"


def read_quads(
    body: bytes,
    media_type: str,
    base: str,
    context: JsonLdContext,
    most_statements: int = MOST_STATEMENTS,
) -> list[Quad]:
    """The statements of a document.

    Args:
        body: UTF-8.
        media_type: one of MEDIA_TYPES.
        base: absolute IRI that relative IRIs are resolved against.
        context: stands for every JSON-LD context of a SHOK stream (`.../context.jsonld`); a
            document that names another one, or has one of its own, is refused.
        most_statements: the limit of statements.

    Raises:
        ValueError: it is not of this form, the form is none of MEDIA_TYPES, or it is over a limit.
    """
    if media_type in LINES:
        return list(_lines(body, most_statements))
    if media_type != JSON_LD and media_type not in _RDFLIB:
        raise ValueError(f"{media_type or 'no content type'} is no form of RDF that is read here")
    most_signs = most_statements * _SIGNS_PER_STATEMENT
    signs = len(body) - len(body.translate(None, _SIGNS))
    if signs > most_signs:
        raise ValueError(f"{_too_many(most_statements)}: it has {signs} signs between terms")
    if media_type == JSON_LD:
        return list(_lines(_json_ld(body, base, context), most_statements))
    return _parsed(body, _RDFLIB[media_type], base, most_statements)


def _lines(body: bytes, most_statements: int) -> Iterator[Quad]:
    # Before the lines become objects: a million empty lines are a megabyte, and more as a list.
    lines = body.count(b"\n")
    if lines > 2 * most_statements:
        raise ValueError(f"{_too_many(most_statements)}: it has {lines} lines")
    start = 0
    while start >= 0:
        end = body.find(b"\n", start)
        size_bytes = (len(body) if end < 0 else end) - start
        if size_bytes > _MAX_LINE_BYTES:
            raise ValueError(
                f"a line has {size_bytes} bytes, and a statement at most {_MAX_LINE_BYTES}"
            )
        start = end + 1 if end >= 0 else -1
    for number, quad in enumerate(read_lines(body), start=1):
        if number > most_statements:
            raise ValueError(_too_many(most_statements))
        yield quad


def _too_many(most_statements: int) -> str:
    return f"it has more statements than {most_statements}, and no more are read of a document"


def _parsed(body: bytes, syntax: str, base: str, most_statements: int) -> list[Quad]:
    prefixes = body.lower().count(b"prefix")
    if prefixes * (len(body) + len(base)) > _MAX_PREFIXED_BYTES:
        raise ValueError(f"{prefixes} prefixes in {len(body)} bytes may make names too long")
    # A service that receives only N-Quads never loads these libraries.
    from rdflib import Dataset, Graph  # noqa: PLC0415

    from ldes_shok.rdf.counted import CountedStore, TooLongNames, TooManyStatements  # noqa: PLC0415
    from ldes_shok.rdf.parse import literals_as_written, term_of  # noqa: PLC0415

    dataset = Dataset(CountedStore(most_statements, _MAX_PREFIXED_BYTES), default_union=False)
    graph: Graph = dataset if syntax == "trig" else dataset.default_graph
    try:
        with literals_as_written():
            graph.parse(data=body, format=syntax, publicID=base)
    except TooManyStatements as error:
        raise ValueError(_too_many(most_statements)) from error
    except TooLongNames as error:
        most_bytes = _MAX_PREFIXED_BYTES
        raise ValueError(f"what it says has more than {most_bytes} bytes, written out") from error
    except Exception as error:  # rdflib's parsers raise what they like: SyntaxError, KeyError ...
        raise ValueError(f"it is not {syntax}: {' '.join(str(error).split())[:200]}") from error
    default = dataset.default_graph.identifier
    return [
        (
            term_of(subject),
            term_of(predicate),
            term_of(value),
            "" if name is None or name == default else term_of(name),
        )
        for subject, predicate, value, name in dataset.quads()
    ]


def _json_ld(body: bytes, base: str, context: JsonLdContext) -> bytes:
    from pyld import jsonld  # noqa: PLC0415  see above

    refused: list[str] = []

    def load(url: str, _: Any) -> dict[str, Any]:
        if not url.endswith(_SHIPPED):
            refused.append(url)
            raise ValueError("none is fetched")
        return {
            "contentType": JSON_LD,
            "contextUrl": None,
            "documentUrl": url,
            "document": msgspec.json.decode(context.document),
        }

    options = {"format": "application/n-quads", "documentLoader": load, "base": base}
    try:
        document = msgspec.json.decode(body)
        _check_contexts(document)
        return str(jsonld.to_rdf(document, options)).encode()
    except Exception as error:  # PyLD meets whatever the document holds, in the middle of its work
        if refused:
            # PyLD nests the reason two causes deep.
            reason = f"it asks for the context {refused[0][:200]}, and none is fetched"
            raise ValueError(reason) from error
        raise ValueError(f"it is not JSON-LD: {' '.join(str(error).split())[:200]}") from error


def _check_contexts(document: object) -> None:
    """Refuse contexts within the document, except a short base.

    A few terms in them can make names of any length.

    Raises:
        ValueError: there is such a context.
    """
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for name, held in value.items():
                if name == _CONTEXT:
                    _check_context(held)
                else:
                    waiting.append(held)


def _check_context(context: object) -> None:
    for part in context if isinstance(context, list) else [context]:
        if not isinstance(part, dict):
            continue
        if part.keys() != {_BASE} or len(str(part[_BASE])) > _MAX_BASE_CHARACTERS:
            imported = part.get("@import")
            if imported is not None:
                raise ValueError(f"it imports the context {str(imported)[:200]}: none is fetched")
            raise ValueError("it has a context of its own, and only that of SHOK is read")
