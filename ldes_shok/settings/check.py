"""What no single type can say: how settings must fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from ldes_shok.errors import ConfigurationError
from ldes_shok.ldes.stream import Access
from ldes_shok.settings.model import Settings, Tenant
from ldes_shok.settings.sources import HttpSource, MqttSource
from ldes_shok.settings.store import POSTGRES_SCHEMES, check_store

_PUBLIC: Final = frozenset({"kasten", "verbruik"})


def problems(settings: Settings) -> Iterator[str]:
    """One sentence for each contradiction, the key first."""
    yield from _public_url(settings.public_url)
    try:
        check_store(settings.store)
    except ConfigurationError as error:
        yield str(error)
    yield from _roles(settings)
    if settings.http.max_bodies_bytes < 2 * settings.http.max_body_bytes:
        yield "http.max_bodies_bytes: must be at least twice http.max_body_bytes"
    yield from _identity(settings)
    for name, tenant in settings.tenants.items():
        yield from _tenant(f"tenants.{name}", tenant)
    yield from _sources(settings)


def warnings(settings: Settings) -> Iterator[str]:
    """One sentence for each thing that is allowed and probably not meant."""
    url = urlsplit(settings.public_url)
    if url.hostname in {"127.0.0.1", "localhost"} and (url.port or 80) != settings.http.port:
        yield (
            f"public_url: says port {url.port or 80} of this machine, but http.port is "
            f"{settings.http.port}; clients follow the public URL"
        )
    if not settings.sources:
        yield "sources: there are none, so nothing but `ldes-shok ingest` brings events in"
    for name, stream in settings.streams.by_name().items():
        tokens = (*stream.token_env, *stream.token_file)
        if stream.access is Access.TOKEN and not tokens:
            yield f"streams.{name}: nobody can read it; name a token in token_env or token_file"
        if stream.access is Access.OPEN and tokens:
            yield f"streams.{name}: its tokens are not asked for, because access is open"
        if stream.access is Access.OPEN and name not in _PUBLIC and not settings.demo:
            yield f"streams.{name}: is open to everybody; it may say things about people"


def _roles(settings: Settings) -> Iterator[str]:
    if settings.store.standby and not settings.store.url.startswith(POSTGRES_SCHEMES):
        yield "store.standby: only a log in PostgreSQL has a standby; leave it out"
    if settings.store.standby and settings.service.role == "reader":
        yield "store.standby: a reader never writes; leave it out, or set service.role to all"
    pushed = [source.name for source in settings.sources if isinstance(source, HttpSource)]
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


def _tenant(path: str, tenant: Tenant) -> Iterator[str]:
    roles = {
        "manager": tenant.manager,
        "supplier": tenant.supplier,
        "authority": tenant.authority,
        "municipality.organisation": tenant.municipality.organisation,
    }
    for role, slug in roles.items():
        if slug not in tenant.organisations:
            yield f"{path}.{role}: {slug} is not one of {path}.organisations; add it there"
    try:
        datetime.fromisoformat(tenant.valid_from)
    except ValueError:
        yield f"{path}.valid_from: must be a day that exists; {tenant.valid_from} does not"


def _sources(settings: Settings) -> Iterator[str]:
    counts = Counter(source.name for source in settings.sources)
    for name, count in counts.items():
        if count > 1:
            yield f"sources: {name} is the name of {count} sources; give each its own"
    sessions = Counter(
        (source.host, source.port, source.client_id)
        for source in settings.sources
        if isinstance(source, MqttSource)
    )
    for (_, _, client_id), count in sessions.items():
        if count > 1:
            yield f"sources: {count} of one broker have the client_id {client_id}; make it differ"
    for index, source in enumerate(settings.sources):
        path = f"sources[{index}]"
        if source.tenant not in settings.tenants:
            yield f"{path}.tenant: {source.tenant} is not one of tenants; add it there"
        match source:
            case HttpSource():
                yield from _http_source(path, source, demo=settings.demo)
            case MqttSource():
                yield from _mqtt_source(path, source)


def _http_source(path: str, source: HttpSource, *, demo: bool) -> Iterator[str]:
    if (source.token_env is None) == (source.token_file is None):
        yield f"{path}: must have exactly one of token_env and token_file"
    if source.demo_token is not None and not demo:
        yield f"{path}.demo_token: a token in the file is for the demo only; use token_env"


def _mqtt_source(path: str, source: MqttSource) -> Iterator[str]:
    if source.password_env is not None and source.password_file is not None:
        yield f"{path}: must have at most one of password_env and password_file"
    has_password = source.password_env is not None or source.password_file is not None
    if has_password and source.username is None:
        yield f"{path}.username: is missing; a broker takes a password only with a user name"
