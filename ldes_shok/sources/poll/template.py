"""URLs with gaps: `https://api.example/v1/events?after={cursor}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from yarl import URL

from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import SourceError
from ldes_shok.sources.poll.settings import InstantForm

_GAP: Final = re.compile(r"\{(cursor|since|until)\}")


def filled(url: str, query: Mapping[str, str], values: Mapping[str, str]) -> URL:
    """The URL with its gaps filled.

    In the URL a gap without a value becomes nothing; a parameter of `query` with such a gap is
    left out, so that the first request can do without a cursor.

    Args:
        url: values are percent-encoded where they go in.
        query: names and values, not encoded.
        values: by name of the gap; empty for none.
    """
    target = URL(_GAP.sub(lambda gap: quote(values.get(gap[1], ""), safe=""), url))
    added = {
        name: _GAP.sub(lambda gap: values[gap[1]], text)
        for name, text in query.items()
        if all(values.get(gap) for gap in _GAP.findall(text))
    }
    return target.update_query(added) if added else target


def written(instant: datetime, form: InstantForm) -> str:
    """An aware UTC instant of whole seconds, as a server wants it."""
    match form:
        case InstantForm.ISO:
            return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
        case InstantForm.UNIX_SECONDS:
            return str(to_milliseconds(instant) // 1000)
        case InstantForm.UNIX_MILLISECONDS:
            return str(to_milliseconds(instant))


def followed(base: URL, reference: str) -> URL:
    """The URL that a page names as its next one, kept as it was sent.

    Args:
        base: of the page.
        reference: absolute or relative.

    Raises:
        SourceError: it is no URL, or of another server: that one must not get our secret.
    """
    if not reference.isascii() or any(character.isspace() for character in reference):
        raise SourceError("the next page has an address with spaces or accents in it")
    try:
        target = base.join(URL(reference, encoded=True))
        same = is_same_server(base, target)
    except ValueError as error:
        raise SourceError("the next page has an address that is no URL") from error
    if not same:
        raise SourceError(
            f"the next page is said to be on {shown_server(target)}, not on {shown_server(base)}; "
            "only the server of `url` is asked"
        )
    return target


def is_same_server(one: URL, other: URL) -> bool:
    """Whether both have one scheme, host and port."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def shown_server(url: URL) -> str:
    """Scheme, host and port, for a sentence; never what else a URL may hold."""
    return f"{url.scheme}://{url.host}:{url.port}"
