"""The one rule for URLs from a server: next pages, relations, redirects.

It is applied to a URL when it is received, before it is stored or requested, and again to URLs that
an earlier version stored. Only the server in the settings gets requests, with the user in the
settings.
"""

from __future__ import annotations

from typing import Final

from yarl import URL

from ldes_shok.errors import PositionRefused

MAX_URL_CHARACTERS: Final = 8_000
"""The URL length that every server must accept (RFC 9110, section 4.1)."""

_SHOWN_CHARACTERS: Final = 100


def followed(base: URL, reference: str, what: str = "the next page") -> URL:
    """The URL that a server names, kept as it was sent.

    Args:
        base: the URL of the answer that names it.
        reference: absolute or relative.
        what: a name for it in the error message.

    Raises:
        PositionRefused: it cannot be requested, or is of another server, or names a user: that
            server or user must not get our secret.
    """
    if not _is_plain(reference):
        raise PositionRefused(f"{what} has an address with spaces or accents in it")
    try:
        target = base.join(URL(reference, encoded=True))
        same = is_same_server(base, target)
    except ValueError as error:
        raise PositionRefused(f"{what} has an address that is no URL") from error
    if not same:
        raise PositionRefused(
            f"{what} is on another server, {shown_server(target)} and not {shown_server(base)}: "
            "only the server of `url` is asked"
        )
    return asked(target, what)


def asked(target: URL, what: str = "the next page") -> URL:
    """The URL, if a request for it agrees with the settings.

    Raises:
        PositionRefused: it names a user or a password, or is too long.
    """
    if "@" in target.raw_authority:
        raise PositionRefused(
            f"{what} has an address with a user name or a password in it; ours are in `auth`"
        )
    length = len(str(target))
    if length > MAX_URL_CHARACTERS:
        raise PositionRefused(
            f"{what} has an address of {length} characters; at most {MAX_URL_CHARACTERS} are asked"
        )
    return target


def is_same_server(one: URL, other: URL) -> bool:
    """Whether both have one scheme, host and port."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def shown_server(url: URL) -> str:
    """Scheme, host and port, for an error message; a URL may hold secrets elsewhere."""
    return f"{url.scheme}://{url.host}:{url.port}"[:_SHOWN_CHARACTERS]


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not any(c.isspace() for c in text)
