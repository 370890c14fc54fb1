"""How the settings of a poll source must fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ldes_shok.sources.transports.poll.cron import read_cron
from ldes_shok.sources.transports.poll.section import CursorNext, NoAuth, OAuth2, PollSource

_GAP: Final = re.compile(r"\{([^{}]*)\}")
_GAPS: Final = ("cursor", "since", "until")
_OWN_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def poll_problems(path: str, source: PollSource) -> Iterator[str]:
    """One sentence for each contradiction, the key first."""
    if (source.every_seconds is None) == (source.cron is None):
        yield f"{path}: must have exactly one of every_seconds and cron"
    if source.cron is not None:
        yield from _cron(path, source)
    yield from _url(f"{path}.url", source.url)
    yield from _gaps(path, source)
    if source.window is not None:
        yield from _start(path, source.window.start)
    auth = source.auth
    if not isinstance(auth, NoAuth) and (auth.secret_env is None) == (auth.secret_file is None):
        yield f"{path}.auth: must have exactly one of secret_env and secret_file"
    if isinstance(auth, OAuth2):
        yield from _url(f"{path}.auth.token_url", auth.token_url)
        if "{" in auth.token_url:
            yield f"{path}.auth.token_url: must have no gaps; write it out"
    for name in source.headers:
        if name.lower() in {"authorization", "cookie", "proxy-authorization"}:
            yield f"{path}.headers: {name} holds a secret; use auth, which reads it from elsewhere"


def poll_warnings(path: str, source: PollSource) -> Iterator[str]:
    """One sentence for each thing that is allowed and probably not meant."""
    urls = {"url": source.url}
    if isinstance(source.auth, OAuth2):
        urls["auth.token_url"] = source.auth.token_url
    for key, url in urls.items():
        parts = urlsplit(url)
        is_open = parts.scheme == "http" and parts.hostname not in _OWN_MACHINE
        if is_open and not isinstance(source.auth, NoAuth):
            yield f"{path}.{key}: its secret goes over the network unencrypted; use https"


def _url(key: str, url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        yield f"{key}: must be a URL, such as https://api.voorbeeldstad.example/v1/events"
        return
    if not host or "{" in parts.netloc:
        yield f"{key}: must name the server itself"
    if "@" in parts.netloc:
        yield f"{key}: must hold no user name or password; use auth"
    if "#" in url:
        yield f"{key}: must have no fragment; remove what follows #"


def _gaps(path: str, source: PollSource) -> Iterator[str]:
    texts = (source.url, *source.query.values())
    gaps = {gap for text in texts for gap in _GAP.findall(text)}
    for gap in sorted(gaps - set(_GAPS)):
        yield f"{path}: {{{gap}}} is not filled; there are {{cursor}}, {{since}} and {{until}}"
    if any(brace in _GAP.sub("", text) for text in texts for brace in "{}"):
        yield f"{path}: a brace in url or query has no partner; write %7B or %7D for a brace"
    has_cursor = isinstance(source.next, CursorNext)
    if has_cursor and "cursor" not in gaps:
        yield f"{path}.next: its cursor goes nowhere; put {{cursor}} in query or url"
    if not has_cursor and "cursor" in gaps:
        yield f"{path}: {{cursor}} needs next with type cursor, which says where cursors come from"
    if source.window is None and gaps & {"since", "until"}:
        yield f"{path}.window: is missing; it says what {{since}} and {{until}} are"
    if source.window is not None and "since" not in gaps:
        yield f"{path}.window: goes nowhere; put {{since}} in query or url"


def _cron(path: str, source: PollSource) -> Iterator[str]:
    try:
        read_cron(source.cron or "")
    except ValueError as error:
        yield f"{path}.cron: {error}"
    try:
        ZoneInfo(source.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{path}.zone: must be the name of a zone, such as Europe/Brussels"


def _start(path: str, start: str) -> Iterator[str]:
    try:
        instant = datetime.fromisoformat(start)
    except ValueError:
        yield f"{path}.window.start: must be a moment that exists; {start} does not"
        return
    if instant.microsecond:
        yield f"{path}.window.start: must be whole seconds"
