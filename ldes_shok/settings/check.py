"""Checks between settings that no single type can express."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ldes_shok.errors import ConfigurationError
from ldes_shok.ldes.stream import Access
from ldes_shok.settings.access import access_problems
from ldes_shok.settings.model import Settings
from ldes_shok.settings.privacy import privacy_problems, privacy_warnings
from ldes_shok.settings.store import POSTGRES_SCHEMES, check_store
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16Source
from ldes_shok.sources.registry import dialect_of, source_problems
from ldes_shok.sources.section import Canonical, DialectSection

_PUBLIC: Final = frozenset({"kasten", "reservaties-open", "verbruik"})
"""Streams that are made to be public."""


def problems(settings: Settings) -> Iterator[str]:
    """Yield one sentence for each contradiction, beginning with the key."""
    yield from _public_url(settings.public_url)
    try:
        check_store(settings.store)
    except ConfigurationError as error:
        yield str(error)
    yield from _roles(settings)
    if settings.http.max_bodies_bytes < 2 * settings.http.max_body_bytes:
        yield "http.max_bodies_bytes: must be at least twice http.max_body_bytes"
    yield from _identity(settings)
    for name in settings.former_tenants:
        if name in settings.tenants:
            yield f"former_tenants: {name} is one of tenants too; take it out of one of them"
    for name, tenant in settings.tenants.items():
        yield from tenant.problems(f"tenants.{name}")
    yield from source_problems(settings.sources, settings.tenants, demo=settings.demo)
    yield from privacy_problems(settings.privacy)
    streams = list(settings.streams.by_name())
    yield from access_problems(settings.access, settings.consumers, streams)


def warnings(settings: Settings) -> Iterator[str]:
    """Yield one sentence for each setting that is allowed but probably a mistake."""
    url = urlsplit(settings.public_url)
    if url.hostname in {"127.0.0.1", "localhost"} and (url.port or 80) != settings.http.port:
        yield (
            f"public_url: says port {url.port or 80} of this machine, but http.port is "
            f"{settings.http.port}; clients follow the public URL"
        )
    if not settings.sources:
        yield "sources: there are none, so nothing but `ldes-shok ingest` brings events in"
    for index, source in enumerate(settings.sources):
        yield from source.warnings(f"sources[{index}]")
    yield from privacy_warnings(settings.privacy)
    raw = settings.privacy.raw
    if raw.key_env is None and raw.key_file is None and not settings.demo:
        yield from _readable_raw(settings, raw.keep_days)
    for name, stream in settings.streams.by_name().items():
        tokens = (*stream.token_env, *stream.token_file)
        named = settings.access.jwks_file or any(name in c.streams for c in settings.consumers)
        if stream.access is Access.TOKEN and not tokens and not named:
            yield (
                f"streams.{name}: nobody can read it; name a token in token_env or token_file, or "
                "a consumer"
            )
        if stream.access is Access.OPEN and tokens:
            yield f"streams.{name}: its tokens are not asked for, because access is open"
        if stream.access is Access.OPEN and name not in _PUBLIC and not settings.demo:
            yield f"streams.{name}: is open to everybody; it may say things about people"


def _readable_raw(settings: Settings, keep_days: int) -> Iterator[str]:
    for source in settings.sources:
        dialect = dialect_of(source)
        if isinstance(dialect, DialectSection) and not isinstance(dialect, Canonical):
            yield (
                f"privacy.raw: what {source.name} sends is kept readable for {keep_days} days; "
                "name a key in key_env or key_file to encrypt it"
            )


def _roles(settings: Settings) -> Iterator[str]:
    if settings.store.standby and not settings.store.url.startswith(POSTGRES_SCHEMES):
        yield "store.standby: only a log in PostgreSQL has a standby; leave it out"
    if settings.store.standby and settings.service.role == "reader":
        yield "store.standby: a reader never writes; leave it out, or set service.role to all"
    if settings.service.role == "reader" and not settings.store.url.startswith(POSTGRES_SCHEMES):
        yield (
            "service.role: a reader on another machine needs a log in PostgreSQL (store.url); on "
            "this one, http.workers starts readers beside the writer"
        )
    pushed = [source.name for source in settings.sources if source.listens]
    stations = [source.name for source in settings.sources if isinstance(source, Ocpp16Source)]
    if stations and settings.http.workers > 1:
        yield (
            f"http.workers: must be 1, because the stations of {stations[0]} connect to the "
            "process that writes"
        )
    if settings.service.role == "writer" and pushed:
        yield (
            f"service.role: a writer without HTTP cannot take what {pushed[0]} pushes; "
            "set it to all"
        )


def _public_url(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        yield "public_url: must be a URL, such as https://ldes.voorbeeldstad.example"
        return
    if parts.scheme not in {"http", "https"} or not host:
        yield "public_url: must start with http:// or https:// and a host"
    elif "@" in parts.netloc:
        yield "public_url: must hold no user name or password; remove what stands before @"
    elif "?" in url or "#" in url:
        yield "public_url: must have no query and no fragment; remove what follows ? or #"
    elif url.endswith("/"):
        yield "public_url: must not end with a slash; remove it"
    elif not url.isascii() or any(c.isspace() or c in '<>"{}|\\^`%' for c in url):
        yield (
            "public_url: must hold no spaces, quotes, brackets, accents or percent signs; choose "
            "a plain path"
        )
    elif host != parts.netloc.split(":")[0] and not parts.netloc.startswith("["):
        yield "public_url: must have its host in lower case, because IRIs are compared as text"


def _identity(settings: Settings) -> Iterator[str]:
    identity = settings.identity
    given = [identity.secret_env, identity.secret_file, identity.secret]
    if sum(value is not None for value in given) != 1:
        yield "identity: must have exactly one of secret_env and secret_file"
    if identity.secret is not None and not settings.demo:
        yield (
            "identity.secret: a secret in the file is for the demo only; "
            "use secret_env or secret_file"
        )
