"""The constrained strings of the settings, and what to write for each."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*\Z"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
_LINE = r"^[^\x00-\x1f\x7f\ud800-\udfff]+\Z"
_IRI = r"^(https?://[^\s<>\"{}|\\^`\x00-\x1f]+|urn:[^\s<>\"{}|\\^`\x00-\x1f]+)\Z"
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*\Z"
_CSV_FIELD = r"^[a-z]+(_[a-z]+)*\Z"
_KBO = r"^[01][0-9]{9}\Z"
_INSTANT = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z\Z"
)

Slug = Annotated[str, Meta(pattern=_SLUG, max_length=64)]
"""Stands in IRIs and in the `source` of an event."""

Name = Annotated[str, Meta(pattern=_NAME)]
"""An identifier that the city chose itself: safe in a path segment of an IRI."""

Line = Annotated[str, Meta(pattern=_LINE, max_length=200)]
Iri = Annotated[str, Meta(pattern=_IRI, max_length=500)]
VariableName = Annotated[str, Meta(pattern=_VARIABLE)]
Kbo = Annotated[str, Meta(pattern=_KBO)]
Instant = Annotated[str, Meta(pattern=_INSTANT)]
CsvField = Annotated[str, Meta(pattern=_CSV_FIELD)]
"""What a column of a table holds, such as `import_register`."""

Secret16 = Annotated[str, Meta(min_length=16)]

HINTS: Final[dict[str, str]] = {
    _SLUG: "1 to 64 lower-case letters and digits, with single dashes between them, "
    "such as oude-markt",
    _NAME: "1 to 64 letters, digits, dots, dashes or underscores, and start with a letter or digit",
    _LINE: "one line of text, at most 200 characters",
    _IRI: "an absolute IRI that starts with http://, https:// or urn:",
    _VARIABLE: "the name of an environment variable: letters, digits and underscores",
    _CSV_FIELD: "the name of a field, such as cabinet; `ldes-shok import --help` lists them",
    _KBO: 'an enterprise number: 10 digits without dots, in quotes, such as "0123456789"',
    _INSTANT: "a UTC time that ends in Z, such as 2026-01-01T00:00:00Z",
}
"""What a value of each pattern must be, to be read after "must be"."""
