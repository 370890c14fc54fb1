"""The constrained strings of the settings, and a hint for each."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import Meta

_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*\Z"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
_PREFIX = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z"
_STATION = r"^[A-Za-z0-9][A-Za-z0-9*_=:+@.-]{0,63}\Z"
_CONNECTOR = r"^[A-Za-z0-9][A-Za-z0-9*_=:+@.-]{0,63}/[0-9]{1,4}\Z"
_LINE = r"^[^\x00-\x1f\x7f\ud800-\udfff]+\Z"
_IRI = r"^(https?://[^\s<>\"{}|\\^`\x00-\x1f]+|urn:[^\s<>\"{}|\\^`\x00-\x1f]+)\Z"
_URL_TEMPLATE = r"^https?://[^\s<>\"|\\^`\x00-\x1f]+\Z"
_PATH = r"^[^\s.\x00-\x1f]+(\.[^\s.\x00-\x1f]+)*\Z"
_HEADER = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z"
_VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*\Z"
_CSV_FIELD = r"^[a-z]+(_[a-z]+)*\Z"
_KBO = r"^[01][0-9]{9}\Z"
_DECIMAL = r"^-?[0-9]{1,12}(\.[0-9]{1,12})?\Z"
_WORD = r"^[^\x00-\x1f\x7f\ud800-\udfff]{0,200}\Z"
_INSTANT = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z\Z"
)

Slug = Annotated[str, Meta(pattern=_SLUG, max_length=64)]
"""Part of IRIs and of the `source` of an event."""

Name = Annotated[str, Meta(pattern=_NAME)]
"""An identifier that the city chose itself: safe in a path segment of an IRI."""

Prefix = Annotated[str, Meta(pattern=_PREFIX)]
"""The beginning of another city's identifiers in this service."""

DecimalWord = Annotated[str, Meta(pattern=_DECIMAL)]
"""A factor: text, so that it is exactly as it was written."""

Word = Annotated[str, Meta(pattern=_WORD)]
"""A vendor's own value; may be empty."""

WORD_KEYS: Final[dict[str, Any]] = {"propertyNames": {"pattern": _WORD}}
"""The JSON Schema of keys that are more than words, such as paths."""

Station = Annotated[str, Meta(pattern=_STATION)]
"""The identity of an OCPP station, as our addresses may hold it."""

Connector = Annotated[str, Meta(pattern=_CONNECTOR)]
"""A connector of an OCPP station; 0 is the whole station."""

Line = Annotated[str, Meta(pattern=_LINE, max_length=200)]
Iri = Annotated[str, Meta(pattern=_IRI, max_length=500)]
UrlTemplate = Annotated[str, Meta(pattern=_URL_TEMPLATE, max_length=2000)]
"""A URL to request; may have gaps such as `{cursor}`."""

BodyPath = Annotated[str, Meta(pattern=_PATH, max_length=200)]
"""A path into a JSON body: `data.items`."""

HeaderName = Annotated[str, Meta(pattern=_HEADER, max_length=100)]
VariableName = Annotated[str, Meta(pattern=_VARIABLE)]
Kbo = Annotated[str, Meta(pattern=_KBO)]
Instant = Annotated[str, Meta(pattern=_INSTANT)]
CsvField = Annotated[str, Meta(pattern=_CSV_FIELD)]
"""The content of a table's column, such as `import_register`."""

Secret16 = Annotated[str, Meta(min_length=16)]

OfflineAfter = Annotated[
    Annotated[int, Meta(ge=30, le=2_678_400)] | None,
    Meta(description="Silence after which a cabinet is offline; default: learned from it."),
]
"""For a source whose cabinets report at their own pace."""

SourceLane = Annotated[
    Literal["auto", "live", "replay"],
    Meta(description="Who goes first under load; auto: decided from what is sent."),
]

Corrects = Annotated[
    bool, Meta(description="Whether it sends a reading again to correct it; else that is odd.")
]
"""For a source that may correct a reading; a device sends each reading once."""

HINTS: Final[dict[str, str]] = {
    _SLUG: "1 to 64 lower-case letters and digits, with single dashes between them, "
    "such as oude-markt",
    _NAME: "1 to 64 letters, digits, dots, dashes or underscores, and start with a letter or digit",
    _PREFIX: "1 to 32 letters, digits, dots, dashes or underscores, the first a letter or digit",
    _STATION: "the identity of a station: 1 to 64 letters, digits and * _ = : + @ . -",
    _CONNECTOR: "a station, a slash and the number of a connector, such as VBS-001/3",
    _LINE: "one line of text, at most 200 characters",
    _DECIMAL: 'a decimal number in quotes, such as "0.001"',
    _WORD: "one line of text in quotes, at most 200 characters",
    _IRI: "an absolute IRI that starts with http://, https:// or urn:",
    _URL_TEMPLATE: "a URL that starts with http:// or https://",
    _PATH: "names with dots between them, such as data.items",
    _HEADER: "the name of an HTTP header, such as X-Signature",
    _VARIABLE: "the name of an environment variable: letters, digits and underscores",
    _CSV_FIELD: "the name of a field, such as cabinet; `ldes-shok import --help` lists them",
    _KBO: 'an enterprise number: 10 digits without dots, in quotes, such as "0123456789"',
    _INSTANT: "a UTC time that ends in Z, such as 2026-01-01T00:00:00Z",
}
"""The valid values of each pattern, as text after "must be"."""
