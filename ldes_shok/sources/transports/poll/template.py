"""URLs with gaps: `https://api.example/v1/events?after={cursor}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from yarl import URL

from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import PositionRefused
from ldes_shok.sources.transports.poll.section import InstantForm

_GAP: Final = re.compile(r"\{(cursor|since|until)\}")


def filled(url: str, query: Mapping[str, str], values: Mapping[str, str]) -> URL:
    """The URL with its gaps filled.

    In the URL a gap without a value becomes nothing; a parameter of `query` with such a gap is left
    out, so that the first request can do without a cursor.

    Args:
        url: values are percent-encoded where they go in.
        query: names and values, not encoded.
        values: by name of the gap; empty for none.

    Raises:
        PositionRefused: a value cannot be a part of a URL.
    """
    added = {
        name: _GAP.sub(lambda gap: values[gap[1]], text)
        for name, text in query.items()
        if all(values.get(gap) for gap in _GAP.findall(text))
    }
    try:
        target = URL(_GAP.sub(lambda gap: quote(values.get(gap[1], ""), safe=""), url))
        return target.update_query(added) if added else target
    except ValueError as error:
        raise PositionRefused("its cursor cannot stand in an address") from error


def written(instant: datetime, form: InstantForm) -> str:
    """An aware UTC instant of whole seconds, in the server's form."""
    match form:
        case "iso":
            return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
        case "unix-seconds":
            return str(to_milliseconds(instant) // 1000)
        case "unix-milliseconds":
            return str(to_milliseconds(instant))
