"""Poll sources, from their settings."""

from __future__ import annotations

from datetime import datetime

from ldes_shok.clock import Clock
from ldes_shok.sources.transports.poll import section as told
from ldes_shok.sources.transports.poll.credentials import (
    ClientCredentials,
    ClientSettings,
    Credentials,
    FixedHeader,
    basic,
    bearer,
)
from ldes_shok.sources.transports.poll.settings import (
    Following,
    InstantForm,
    Next,
    PollSettings,
    Window,
)
from ldes_shok.sources.transports.poll.source import PollSource, PollTools
from ldes_shok.sources.transports.poll.timetable import Schedule


def build_poll(source: told.PollSource, secret: str, tools: PollTools) -> PollSource:
    """A poll source; `secret` is what its `auth` needs, empty for nothing."""
    schedule = Schedule(
        source.every_seconds or 0, source.cron or "", source.zone, source.jitter_seconds
    )
    credentials = poll_credentials(source.auth, secret, tools.clock)
    return PollSource(_settings(source), schedule, credentials, tools)


def _settings(source: told.PollSource) -> PollSettings:
    return PollSettings(
        name=source.name,
        tenant=source.tenant,
        url=source.url,
        query=source.query,
        headers=source.headers,
        items=source.items or "",
        next=_next(source.next),
        window=None if source.window is None else _window(source.window),
        max_pages=source.max_pages,
        timeout_seconds=source.timeout_seconds,
        max_body_bytes=source.max_body_bytes,
    )


def _next(following: told.Next) -> Next:
    match following:
        case told.OnePage():
            return Next()
        case told.CursorNext():
            return Next(Following.CURSOR, following.path, following.keep)
        case told.BodyUrlNext():
            return Next(Following.BODY_URL, following.path)
        case told.LinkNext():
            return Next(Following.LINK)


def _window(window: told.Window) -> Window:
    return Window(
        datetime.fromisoformat(window.start),
        window.overlap_seconds,
        window.lag_seconds,
        window.most_seconds,
        InstantForm(window.form.replace("-", "_")),
    )


def poll_credentials(auth: told.Auth, secret: str, clock: Clock) -> Credentials:
    """As whom a source asks."""
    match auth:
        case told.NoAuth():
            return FixedHeader()
        case told.BearerAuth():
            return bearer(secret)
        case told.BasicAuth():
            return basic(auth.username, secret)
        case told.HeaderAuth():
            return FixedHeader(auth.header, secret)
        case told.OAuth2():
            in_body = auth.client_auth == "body"
            settings = ClientSettings(
                auth.token_url, auth.client_id, secret, auth.scope or "", in_body
            )
            return ClientCredentials(settings, clock)
