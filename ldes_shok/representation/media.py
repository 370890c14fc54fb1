"""The formats of a node, and the choice of a format and coding for a request.

Never 406: a client that asks for another type gets Turtle, because real clients ask for only one
type and parse what they get (checklist 12, clients' behaviour).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ldes_shok.ldes.member import Form
from ldes_shok.representation.coding import Coding

TREE_PROFILE: Final = "https://w3id.org/tree/profile"


class Format(StrEnum):
    """The values of `?format=`."""

    TURTLE = "ttl"
    TRIG = "trig"
    NTRIPLES = "nt"
    NQUADS = "nq"
    JSONLD = "jsonld"
    HTML = "html"


FORM_OF: Final = {
    Format.TURTLE: Form.TURTLE,
    Format.TRIG: Form.TURTLE,
    Format.NTRIPLES: Form.NTRIPLES,
    Format.NQUADS: Form.NTRIPLES,
    Format.JSONLD: Form.JSONLD,
}
"""The text of the members that a format uses: all triples are in the default graph."""

MEDIA_TYPES: Final = {
    Format.TURTLE: "text/turtle",
    Format.TRIG: "application/trig",
    Format.NTRIPLES: "application/n-triples",
    Format.NQUADS: "application/n-quads",
    Format.JSONLD: "application/ld+json",
    Format.HTML: "text/html",
}
_FORMATS: Final = {media: format_ for format_, media in MEDIA_TYPES.items()} | {
    "application/xhtml+xml": Format.HTML,
    "application/json": Format.JSONLD,
    "application/x-turtle": Format.TURTLE,
    "application/metadata+trig": Format.TRIG,
}
_NAMES: Final = {
    format_: frozenset(media for media, known in _FORMATS.items() if known is format_)
    for format_ in Format
}
_KINDS: Final = {format_: f"{media.split('/')[0]}/*" for format_, media in MEDIA_TYPES.items()}
_DEFAULT: Final = Format.TURTLE
_PREFERENCE: Final = (
    Format.TURTLE, Format.NQUADS, Format.TRIG, Format.JSONLD, Format.NTRIPLES, Format.HTML,
)  # fmt: skip

_MOST_RANGES: Final = 64
_QUALITY: Final = re.compile(r"0?\.[0-9]+|0\.?|1(?:\.0*)?")
"""RFC 9110, section 12.4.2, and variants that some clients write: `.8`, four digits."""

_CODINGS: Final[tuple[Coding, ...]] = ("br", "gzip", "identity")
_CODING_NAMES: Final = {"x-gzip": "gzip"}


@dataclass(frozen=True, slots=True)
class _Range:
    """One element of an Accept header."""

    media: str
    quality: float


def content_type(format_: Format, *, profile: bool) -> str:
    """Return the Content-Type of a format; `profile` means that the page keeps the TREE profile."""
    if format_ is Format.HTML:
        return "text/html; charset=utf-8"
    media = MEDIA_TYPES[format_]
    if format_ in (Format.TURTLE, Format.TRIG):
        media += "; charset=utf-8"
    if profile and format_ is not Format.JSONLD:
        media += f'; profile="{TREE_PROFILE}"'
    return media


def negotiate(accept: str | None) -> Format:
    """Return the format for an Accept header (RFC 9110, section 12.5.1); Turtle if none fits.

    At equal weight, a named type comes before `*/*`; then our own preference decides.
    """
    if not accept or accept.strip() == "*/*":
        return _DEFAULT
    ranges = _parse(accept)
    best, most = _DEFAULT, (0.0, True)
    for format_ in _PREFERENCE:
        weight = _weight(format_, ranges)
        if weight > most:
            best, most = format_, weight
    return best


def accepts_encoding(accept_encoding: str | None) -> Coding:
    """Return the coding for an Accept-Encoding header (RFC 9110, section 12.5.3).

    At equal weight, the smaller coding wins. A header without identity accepts identity but does
    not ask for it. Identity is also the answer if the header refuses all codings: never 415.
    """
    if not accept_encoding:
        return "identity"
    qualities: dict[str, float] = {}
    for accepted in _parse(accept_encoding):
        name = _CODING_NAMES.get(accepted.media, accepted.media)
        qualities[name] = max(accepted.quality, qualities.get(name, 0.0))
    others = qualities.get("*", 0.0)
    best: Coding = "identity"
    most = 0.0
    for coding in _CODINGS:
        quality = qualities.get(coding, others)
        if quality > most:
            best, most = coding, quality
    return best


def _parse(header: str) -> list[_Range]:
    """Return the elements of a list with weights; an invalid weight counts as 0."""
    ranges: list[_Range] = []
    for element in _split(header, ",")[:_MOST_RANGES]:
        media, *parameters = _split(element, ";")
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                quality = float(value) if _QUALITY.fullmatch(value.strip()) else 0.0
        ranges.append(_Range(media.strip().lower(), quality))
    return ranges


def _split(text: str, at: str) -> list[str]:
    """Split a header at `at` outside of quotes (RFC 9110, section 5.6.4)."""
    if '"' not in text:
        return text.split(at)
    parts, start, quoted, escaped = [], 0, False, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == at and not quoted:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _weight(format_: Format, ranges: list[_Range]) -> tuple[float, bool]:
    """Return the quality of a format by the most specific range, and whether it is named."""
    names, kind = _NAMES[format_], _KINDS[format_]
    named = [r.quality for r in ranges if r.media in names]
    named = named or [r.quality for r in ranges if r.media == kind]
    if named:
        return max(named), True
    return max((r.quality for r in ranges if r.media == "*/*"), default=0.0), False
