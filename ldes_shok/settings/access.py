"""Settings of access to restricted streams: `consumers`, and for all of them `access`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from ipaddress import ip_network
from typing import Annotated, Literal

from msgspec import Meta

from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import Instant, Line, Slug, VariableName
from ldes_shok.sections.problems import exactly_one

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Signatures that need a private key (RFC 7518, RFC 8037), no shared secret."""

PerMinute = Annotated[int, Meta(ge=1, le=1_000_000)]


class Consumer(Section, frozen=True):
    """Somebody who reads restricted streams, with a token of its own."""

    name: Annotated[Slug, Meta(description="Name of the consumer, unique; stands in the audit.")]
    streams: Annotated[
        tuple[Slug, ...], Meta(min_length=1, description="The streams that it may read.")
    ]
    token_env: Annotated[
        VariableName | None, Meta(description="Environment variable with its tokens, one a line.")
    ] = None
    token_file: Annotated[
        Line | None, Meta(description="File with its tokens, one a line; SIGHUP reads it again.")
    ] = None
    expires: Annotated[
        Instant | None, Meta(description="From when the token is refused, UTC; default: never.")
    ] = None
    requests_per_minute: Annotated[
        PerMinute | None, Meta(description="Its own limit; default: that of `access`.")
    ] = None


class AccessSettings(Section, frozen=True):
    """What holds for everybody who reads restricted streams."""

    requests_per_minute: Annotated[
        PerMinute,
        Meta(description="Of each consumer, in each process that answers; above it: 429."),
    ] = 3_000
    wrong_tokens_per_minute: Annotated[
        PerMinute,
        Meta(description="Of each address, in each process that answers; above it: 429."),
    ] = 60
    trusted_proxies: Annotated[
        tuple[Line, ...],
        Meta(description="Networks of the proxies in front, whose X-Forwarded-For is believed."),
    ] = ("127.0.0.1", "::1")
    audit_file: Annotated[
        Line,
        Meta(description="Who read what is restricted, and when: a JSON object per line."),
    ] = "var/audit.log"
    jwks_file: Annotated[
        Line | None,
        Meta(description="Keys of whoever signs tokens (RFC 7517); read again when it changes."),
    ] = None
    issuer: Annotated[Line | None, Meta(description="Who signs tokens: their claim iss.")] = None
    audience: Annotated[Line | None, Meta(description="This service in their claim aud.")] = None
    algorithms: Annotated[
        tuple[Algorithm, ...], Meta(min_length=1, description="Signatures that are taken.")
    ] = ("RS256", "PS256", "ES256", "EdDSA")
    scope_claim: Annotated[
        Line, Meta(description="Claim with the scopes: a text with spaces, or a list.")
    ] = "scope"
    scope_prefix: Annotated[
        str, Meta(max_length=100, description="Stands before a stream's name in its scope.")
    ] = ""
    consumer_claim: Annotated[
        Line, Meta(description="Claim that names the consumer in the audit; else sub is.")
    ] = "client_id"
    leeway_seconds: Annotated[
        int, Meta(ge=0, le=300, description="How much the clocks of both may differ.")
    ] = 30


def access_problems(
    access: AccessSettings, consumers: Sequence[Consumer], streams: Sequence[str]
) -> Iterator[str]:
    """Yield one sentence for each contradiction, beginning with the key."""
    yield from _proxy_problems(access.trusted_proxies)
    if access.jwks_file is not None and (access.issuer is None or access.audience is None):
        yield "access.jwks_file: needs access.issuer and access.audience; name both"
    for name, count in Counter(consumer.name for consumer in consumers).items():
        if count > 1:
            yield f"consumers: {name} is the name of {count} consumers; give each its own"
    for index, consumer in enumerate(consumers):
        path = f"consumers[{index}]"
        yield from exactly_one(path, consumer, "token_env", "token_file")
        for stream in consumer.streams:
            if stream not in streams:
                yield f"{path}.streams: there is no stream {stream}; there is {', '.join(streams)}"
        if consumer.expires is not None:
            try:
                datetime.fromisoformat(consumer.expires)
            except ValueError:
                yield f"{path}.expires: must be a day that exists; {consumer.expires} does not"


def _proxy_problems(proxies: Sequence[str]) -> Iterator[str]:
    for proxy in proxies:
        try:
            ip_network(proxy)
        except ValueError:
            yield f"access.trusted_proxies: {proxy} is no network; write one such as 10.0.0.0/24"
