"""The section of a source that is asked: a REST interface."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import (
    BodyPath,
    Corrects,
    HeaderName,
    Instant,
    Line,
    OfflineAfter,
    Slug,
    UrlTemplate,
    VariableName,
)
from ldes_shok.sources.dialects.sections import Canonical, Decode

SecretVariable = Annotated[
    VariableName | None, Meta(description="Environment variable with the secret.")
]
SecretFile = Annotated[Line | None, Meta(description="File whose first line is the secret.")]


class NoAuth(Section, frozen=True, tag="none", tag_field="type"):
    """Everybody may ask: the default."""


class BearerAuth(Section, frozen=True, tag="bearer", tag_field="type"):
    """A fixed token in `Authorization: Bearer`."""

    secret_env: SecretVariable = None
    secret_file: SecretFile = None


class BasicAuth(Section, frozen=True, tag="basic", tag_field="type"):
    """A user name and a password."""

    username: Annotated[Line, Meta(description="User name.")]
    secret_env: SecretVariable = None
    secret_file: SecretFile = None


class HeaderAuth(Section, frozen=True, tag="header", tag_field="type"):
    """A key in a header of its own."""

    header: Annotated[HeaderName, Meta(description="Header that holds the key.")]
    secret_env: SecretVariable = None
    secret_file: SecretFile = None


class OAuth2(Section, frozen=True, tag="oauth2", tag_field="type"):
    """Tokens by the client credentials grant (RFC 6749, section 4.4)."""

    token_url: Annotated[UrlTemplate, Meta(description="Where tokens are given.")]
    client_id: Annotated[Line, Meta(description="Who we are there.")]
    secret_env: SecretVariable = None
    secret_file: SecretFile = None
    scope: Annotated[Line | None, Meta(description="What is asked for.")] = None
    client_auth: Annotated[
        Literal["basic", "body"], Meta(description="Where id and secret are sent.")
    ] = "basic"


Auth = NoAuth | BearerAuth | BasicAuth | HeaderAuth | OAuth2


class OnePage(Section, frozen=True, tag="none", tag_field="type"):
    """One page is all: the default."""


class CursorNext(Section, frozen=True, tag="cursor", tag_field="type"):
    """The body holds a cursor, which goes into `{cursor}`."""

    path: Annotated[BodyPath, Meta(description="Where the body says it.")]
    keep: Annotated[
        bool, Meta(description="Whether the next run goes on at the last cursor, or begins again.")
    ] = True


class BodyUrlNext(Section, frozen=True, tag="body-url", tag_field="type"):
    """The body holds the address of the next page."""

    path: Annotated[BodyPath, Meta(description="Where the body says it.")]


class LinkNext(Section, frozen=True, tag="link", tag_field="type"):
    """The header `Link` holds the address of the next page, with `rel=next`."""


Next = OnePage | CursorNext | BodyUrlNext | LinkNext


class Window(Section, frozen=True):
    """What changed between `{since}` and `{until}`."""

    start: Annotated[Instant, Meta(description="Since when, in the very first run.")]
    overlap_seconds: Annotated[
        int, Meta(ge=0, le=31_536_000, description="How far each window reaches back.")
    ] = 0
    lag_seconds: Annotated[
        int, Meta(ge=0, le=31_536_000, description="How far behind the clock windows end.")
    ] = 0
    most_seconds: Annotated[int, Meta(ge=1, le=31_536_000, description="The longest window.")] = (
        86_400
    )
    form: Annotated[
        Literal["iso", "unix-seconds", "unix-milliseconds"],
        Meta(description="How instants are written."),
    ] = "iso"


class PollSource(Section, frozen=True, tag="poll", tag_field="type"):
    """A REST interface that is asked at set times and goes on where it ended."""

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    url: Annotated[UrlTemplate, Meta(description="What is asked for.")]
    every_seconds: Annotated[
        Annotated[int, Meta(ge=1, le=604_800)] | None,
        Meta(description="How often; or use cron."),
    ] = None
    cron: Annotated[
        Line | None, Meta(description="Minute, hour, day of month, month, day of week.")
    ] = None
    zone: Annotated[Line, Meta(description="Zone in which cron is meant.")] = "UTC"
    jitter_seconds: Annotated[
        int, Meta(ge=0, le=3_600, description="How much later a run may be.")
    ] = 0
    query: Annotated[dict[str, Line], Meta(description="Parameters added to the URL.")] = field(
        default_factory=dict
    )
    headers: Annotated[
        dict[HeaderName, Line], Meta(description="Sent with each request; no secrets.")
    ] = field(default_factory=dict)
    items: Annotated[
        BodyPath | None, Meta(description="Where in the body the events stand, an array.")
    ] = None
    next: Annotated[Next, Meta(description="How pages follow each other.")] = OnePage()
    window: Annotated[Window | None, Meta(description="Ask by time.")] = None
    auth: Annotated[Auth, Meta(description="What the server is shown of us.")] = NoAuth()
    max_pages: Annotated[
        int, Meta(ge=1, le=100_000, description="Most pages of one run; the next one goes on.")
    ] = 100
    timeout_seconds: Annotated[int, Meta(ge=1, le=600, description="For one whole answer.")] = 60
    max_body_bytes: Annotated[int, Meta(ge=1_000, le=100_000_000, description="Largest page.")] = (
        10_000_000
    )
    decode: Annotated[Decode, Meta(description="What the pages hold.")] = Canonical()
    lane: Annotated[
        Literal["auto", "live", "replay"],
        Meta(description="Who goes first under load; auto: decided from what is sent."),
    ] = "auto"
    corrects: Corrects = False
    offline_after_seconds: OfflineAfter = None
