"""The constrained values of the canonical event, and the hint to the sender for each.

Each kind of string has one pattern. So the answer to a refused value can name what to send, instead
of a regular expression.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta

_INSTANT = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z\Z"
)
NAME_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_NAME = rf"^{NAME_PATTERN}\Z"
_DECIMAL = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?\Z"
_SOURCE = r"^[a-z0-9]+(:[a-z0-9._-]+)+\Z"
_KEY = r"^[amstrcf]:[0-9a-z]{26}\Z"
_FLAG = r"^[a-z][a-z_]{2,31}\Z"
_EAN = r"^54[0-9]{16}\Z"
_PSEUDONYM = r"^p1:[0-9a-z]{26}\Z"
_RAW = r"^(hmac-)?sha256:[0-9a-f]{64}\Z"
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*\Z"

Instant = Annotated[str, Meta(pattern=_INSTANT)]
"""UTC, ends in Z, at most six decimals. Kept as text: a device's time is not rewritten."""

Name = Annotated[str, Meta(pattern=_NAME)]
"""A cabinet, outlet, meter or activity identifier: safe in a path segment of an IRI."""

DecimalText = Annotated[str, Meta(pattern=_DECIMAL)]
"""A reading. Text, because its lexical form must not change (OCMF)."""

Source = Annotated[str, Meta(pattern=_SOURCE, max_length=96)]
Key = Annotated[str, Meta(pattern=_KEY)]
Flag = Annotated[str, Meta(pattern=_FLAG)]
Ean = Annotated[str, Meta(pattern=_EAN)]
Pseudonym = Annotated[str, Meta(pattern=_PSEUDONYM)]
RawDigest = Annotated[str, Meta(pattern=_RAW)]

Label = Annotated[str, Meta(pattern=_PRINTABLE, min_length=1, max_length=120)]
Text40 = Annotated[str, Meta(pattern=_PRINTABLE, max_length=40)]
Text64 = Annotated[str, Meta(pattern=_PRINTABLE, max_length=64)]
Text80 = Annotated[str, Meta(pattern=_PRINTABLE, max_length=80)]
Text200 = Annotated[str, Meta(pattern=_PRINTABLE, max_length=200)]
Identifier64 = Annotated[str, Meta(pattern=_PRINTABLE, min_length=1, max_length=64)]

Sequence = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""A counter that every JSON reader keeps exactly (RFC 8259, section 6)."""

_IS_NAME: Final = re.compile(NAME_PATTERN).fullmatch


def is_name(text: str) -> bool:
    """Whether a text can be the name of a cabinet, outlet or meter."""
    return _IS_NAME(text) is not None


HINTS: Final[dict[str, str]] = {
    _INSTANT: "must be a UTC time that ends in Z, with at most 6 decimals, "
    "such as 2026-05-01T05:45:00Z",
    _NAME: "must be 1 to 64 letters, digits, dots, dashes or underscores, and start with "
    "a letter or digit",
    _DECIMAL: 'must be a decimal number as text, such as "1284.530": at most 12 digits, '
    "a point, 6 decimals; no exponent, no NaN",
    _SOURCE: "must be adapter:tenant[:name] in lower case, such as http:voorbeeldstad:push",
    _KEY: "must be the letter of the kind, a colon and 26 lower-case letters or digits; "
    "leave it out and the service makes it",
    _FLAG: "must be 3 to 32 lower-case letters or underscores",
    _EAN: "must be an 18-digit Belgian EAN that starts with 54",
    _PSEUDONYM: "must be a pseudonym, p1: and 26 lower-case letters or digits; "
    "never send a card number or a name",
    _RAW: "must be sha256: and 64 hexadecimal digits; leave it out and the service makes it",
    _PRINTABLE: "must hold no control characters",
}


def wrong(field: str, reason: str) -> ValueError:
    """The error for `__post_init__` to raise: msgspec knows only the struct, this adds the field.

    Args:
        field: path from the struct, in the names of the JSON, such as `readings[0]`.
        reason: what the sender must do; starts with a verb.
    """
    return ValueError(f"{field}: {reason}")


def check_distinct(field: str, words: tuple[str, ...]) -> None:
    """Raise ValueError if `words` holds one word twice."""
    if len(set(words)) != len(words):
        raise wrong(field, "must be different words")


def check_number(
    field: str, value: Decimal, limits: tuple[Decimal, Decimal], decimals: int
) -> None:
    """Raise ValueError if `value` is outside `limits`, both included.

    Decimal also reads NaN, Infinity and 1e999999999, which takes a gigabyte when it is written in
    full. So the exponent has a limit too.
    """
    low, high = limits
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not -decimals <= exponent <= 0 or not low <= value <= high:
        raise wrong(
            field,
            f"must be a number from {low} to {high} with at most {decimals} decimals "
            "and no exponent",
        )
