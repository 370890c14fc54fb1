"""The content of a page: its events, and the link to the next page. Pure; bytes stay unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ldes_shok.cabinet.syntax import check_depth
from ldes_shok.errors import EventRejected, PayloadRejected, PositionRefused, SourceError
from ldes_shok.sources.common.payload import is_json, split_json, split_lines

_WHITESPACE: Final = b" \t\r\n"
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_SCALAR: Final = msgspec.json.Decoder(str)
_LINK: Final = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))', re.IGNORECASE)


def events_of(body: bytes) -> list[bytes]:
    """The canonical events of a page: an object, an array, or one a line.

    Raises:
        SourceError: it is not JSON.
    """
    if not body.strip(_WHITESPACE):
        return []
    try:
        return split_json(body)
    except PayloadRejected as error:
        lines = split_lines(body)
        if len(lines) > 1 and is_json(lines[0]):
            return lines
        raise SourceError(f"the answer holds no events: {error}") from error


def items_of(body: bytes, path: str) -> list[bytes]:
    """The elements of the array at `path`, each as it was sent.

    Raises:
        SourceError: there is no array.
    """
    found = value_at(body, path)
    if found == b"null":
        return []
    try:
        if found is not None:
            return [bytes(item) for item in _ARRAY.decode(found)]
    except msgspec.DecodeError:
        pass
    raise SourceError(f"items: the answer has no array at {path}; see what the server sends")


def cursor_of(body: bytes, path: str) -> str:
    """The text or number at `path`; empty when it is absent, null, false or empty: the last page.

    Raises:
        PositionRefused: it is something else.
        SourceError: the body cannot be read.
    """
    found = value_at(body, path)
    if found is None or found in {b"null", b"false"}:
        return ""
    if found[:1] in b"{[t":
        raise PositionRefused(f"next.path: at {path} stands no text and no number")
    try:
        text = _SCALAR.decode(found) if found[:1] == b'"' else found.decode()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PositionRefused(f"next.path: at {path} stands no UTF-8") from error
    return text


def value_at(body: bytes, path: str) -> bytes | None:
    """The JSON text at a dotted path (`data.0.next`), exactly as it was sent; None if absent.

    Raises:
        SourceError: the body is no JSON in UTF-8; only names on the way to the path are looked at.
    """
    value = body.strip(_WHITESPACE)
    try:
        check_depth(value)
        if not is_json(value):
            raise SourceError("the answer is not JSON, so nothing can be found in it")
        for name in path.split("."):
            inner = _step(value, name)
            if inner is None:
                return None
            value = inner
    except EventRejected as error:
        raise SourceError(f"the answer cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise SourceError("the answer cannot be read: its names are not UTF-8") from error
    return value


def _step(value: bytes, name: str) -> bytes | None:
    if value[:1] == b"{":
        inner = _OBJECT.decode(value).get(name)
        return None if inner is None else bytes(inner)
    if value[:1] == b"[" and name.isascii() and name.isdecimal():
        elements = _ARRAY.decode(value)
        return bytes(elements[int(name)]) if int(name) < len(elements) else None
    return None


def next_link(headers: Sequence[str]) -> str:
    """The target of the link with relation `next` (RFC 8288); empty if there is none.

    Args:
        headers: the values of all Link fields.
    """
    for target, relations in _links(", ".join(headers)):
        if "next" in relations:
            return target
    return ""


def _links(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    for match in _LINK.finditer(text):
        target, parameters = match.groups()
        relation = _RELATION.search(parameters)
        words = (relation[1] if relation[1] is not None else relation[2]) if relation else ""
        yield target.strip(), frozenset(words.lower().split())
