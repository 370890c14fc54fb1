"""The section of a source that asks a REST interface."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

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
    SourceLane,
    UrlTemplate,
    VariableName,
)
from ldes_shok.sections.problems import exactly_one, zone_problems
from ldes_shok.sections.secret import SecretReader, Secrets
from ldes_shok.sources.dialects.registry import Decode
from ldes_shok.sources.section import Canonical, SourceSecrets, SourceSection
from ldes_shok.sources.transports.poll.cron import read_cron

_GAP: Final = re.compile(r"\{([^{}]*)\}")
_GAPS: Final = ("cursor", "since", "until")
_OWN_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})

SecretVariable = Annotated[
    VariableName | None, Meta(description="Environment variable with the secret.")
]
SecretFile = Annotated[Line | None, Meta(description="File whose first line is the secret.")]


class NoAuth(Section, frozen=True, tag="none", tag_field="type"):
    """Everybody may ask: the default."""


class SecretAuth(Section, frozen=True):
    """What all ways have in common that show a secret. `secret_env` and `secret_file` say which."""

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        yield from exactly_one(path, self, "secret_env", "secret_file")


class BearerAuth(SecretAuth, frozen=True, tag="bearer", tag_field="type"):
    """A fixed token in `Authorization: Bearer`."""

    secret_env: SecretVariable = None
    secret_file: SecretFile = None


class BasicAuth(SecretAuth, frozen=True, tag="basic", tag_field="type"):
    """A user name and a password."""

    username: Annotated[Line, Meta(description="User name.")]
    secret_env: SecretVariable = None
    secret_file: SecretFile = None


class HeaderAuth(SecretAuth, frozen=True, tag="header", tag_field="type"):
    """A key in a header of its own."""

    header: Annotated[HeaderName, Meta(description="Header that holds the key.")]
    secret_env: SecretVariable = None
    secret_file: SecretFile = None


class OAuth2(SecretAuth, frozen=True, tag="oauth2", tag_field="type"):
    """Tokens by the client credentials grant (RFC 6749, section 4.4)."""

    token_url: Annotated[UrlTemplate, Meta(description="Where tokens are given.")]
    client_id: Annotated[Line, Meta(description="Who we are there.")]
    secret_env: SecretVariable = None
    secret_file: SecretFile = None
    scope: Annotated[Line | None, Meta(description="What is asked for.")] = None
    client_auth: Annotated[
        Literal["basic", "body"], Meta(description="Where id and secret are sent.")
    ] = "basic"

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        yield from super().problems(path)
        yield from _url_problems(f"{path}.token_url", self.token_url)
        if "{" in self.token_url:
            yield f"{path}.token_url: must have no gaps; write it out"


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


InstantForm = Literal["iso", "unix-seconds", "unix-milliseconds"]


class Window(Section, frozen=True):
    """What changed between `{since}`, inclusive, and `{until}`, exclusive.

    Both bounds as OCPI has them (2.2.1, `date_from` and `date_to`).
    """

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
        InstantForm,
        Meta(description="How instants are written."),
    ] = "iso"

    @property
    def starts_at(self) -> datetime:
        """Since when, aware UTC."""
        return datetime.fromisoformat(self.start)


class PollSource(SourceSection, frozen=True, tag="poll", tag_field="type"):
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
    lane: SourceLane = "auto"
    corrects: Corrects = False
    offline_after_seconds: OfflineAfter = None

    def problems(self, path: str, *, demo: bool) -> Iterator[str]:  # noqa: ARG002  the same for all
        """One sentence for each contradiction, the key first."""
        yield from exactly_one(path, self, "every_seconds", "cron")
        if self.cron is not None:
            try:
                read_cron(self.cron)
            except ValueError as error:
                yield f"{path}.cron: {error}"
            yield from zone_problems(f"{path}.zone", self.zone)
        yield from _url_problems(f"{path}.url", self.url)
        yield from self._gap_problems(path)
        if self.window is not None:
            yield from _start_problems(path, self.window.start)
        if not isinstance(self.auth, NoAuth):
            yield from self.auth.problems(f"{path}.auth")
        for name in self.headers:
            if name.lower() in {"authorization", "cookie", "proxy-authorization"}:
                yield (
                    f"{path}.headers: {name} holds a secret; use auth, which reads it from "
                    "elsewhere"
                )

    def warnings(self, path: str) -> Iterator[str]:
        """One sentence for each thing that is allowed and probably not meant."""
        urls = {"url": self.url}
        if isinstance(self.auth, OAuth2):
            urls["auth.token_url"] = self.auth.token_url
        for key, url in urls.items():
            parts = urlsplit(url)
            is_open = parts.scheme == "http" and parts.hostname not in _OWN_MACHINE
            if is_open and not isinstance(self.auth, NoAuth):
                yield f"{path}.{key}: its secret goes over the network unencrypted; use https"

    def secrets(self, reader: SecretReader, path: str, *, demo: bool) -> SourceSecrets:  # noqa: ARG002  the same for all
        """The secret for a header of each request: one line."""
        if isinstance(self.auth, NoAuth):
            return SourceSecrets()
        variable, file = self.auth.secret_env, self.auth.secret_file
        found: Secrets = reader.lines(f"{path}.auth.secret", variable, file)
        if not all(secret.reveal().isprintable() for secret in found):
            reader.problems.append(
                f"{path}.auth.secret: the secret in {variable or file} must be "
                "one line of visible characters"
            )
        return SourceSecrets(passwords=found)

    def _gap_problems(self, path: str) -> Iterator[str]:
        texts = (self.url, *self.query.values())
        gaps = {gap for text in texts for gap in _GAP.findall(text)}
        for gap in sorted(gaps - set(_GAPS)):
            yield f"{path}: {{{gap}}} is not filled; there are {{cursor}}, {{since}} and {{until}}"
        if any(brace in _GAP.sub("", text) for text in texts for brace in "{}"):
            yield f"{path}: a brace in url or query has no partner; write %7B or %7D for a brace"
        has_cursor = isinstance(self.next, CursorNext)
        if has_cursor and "cursor" not in gaps:
            yield f"{path}.next: its cursor goes nowhere; put {{cursor}} in query or url"
        if not has_cursor and "cursor" in gaps:
            yield (
                f"{path}: {{cursor}} needs next with type cursor, which says where cursors come "
                "from"
            )
        if self.window is None and gaps & {"since", "until"}:
            yield f"{path}.window: is missing; it says what {{since}} and {{until}} are"
        if self.window is not None and "since" not in gaps:
            yield f"{path}.window: goes nowhere; put {{since}} in query or url"


def _url_problems(key: str, url: str) -> Iterator[str]:
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


def _start_problems(path: str, start: str) -> Iterator[str]:
    try:
        instant = datetime.fromisoformat(start)
    except ValueError:
        yield f"{path}.window.start: must be a moment that exists; {start} does not"
        return
    if instant.microsecond:
        yield f"{path}.window.start: must be whole seconds"
