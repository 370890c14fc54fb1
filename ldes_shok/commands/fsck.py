"""The command `fsck`: builds its checks from the settings, or from a URL alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import msgspec

from ldes_shok import __version__
from ldes_shok.bootstrap.log_readers import open_existing_log, open_log_reader
from ldes_shok.bootstrap.streams import event_streams
from ldes_shok.client.transport import HttpFetch, Manners, origin_of
from ldes_shok.errors import CheckImpossible, ConfigurationError, LogDamaged, LogError
from ldes_shok.fsck.finding import Item, Remark
from ldes_shok.fsck.local import check_log
from ldes_shok.fsck.outside import Outside
from ldes_shok.fsck.outside import check_url as check_outside
from ldes_shok.fsck.repair import repair_log
from ldes_shok.fsck.states import is_same_state
from ldes_shok.fsck.stored import StoredStream
from ldes_shok.ldes.member import Form
from ldes_shok.log.base import LogReader
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.sqlite.audit import SqliteAudit
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.repair import sqlite_repair
from ldes_shok.log.table_sums import RowDigests
from ldes_shok.mapping.state import CabinetState
from ldes_shok.rdf.context import JsonLdContext, load_context
from ldes_shok.representation.hypermedia import HypermediaWriter
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from ldes_shok.settings.store import postgres_url, store_path

_NOT_AUDITED = "its indexes were not compared with its tables: pg_amcheck does that"


_WITHOUT_KEY = (
    "the identity secret is not given: what was changed together with its checksum, planted or "
    "taken out cannot be found without it"
)


def check_store(settings: Settings, streams: Sequence[str]) -> Iterator[Item]:
    """Check the log of the settings, beside a service that may write it.

    Without the identity secret the check finds less, and a remark says so.

    Args:
        settings: of the service.
        streams: names of the streams; all if empty.

    Raises:
        CheckImpossible: there is no log.
        ConfigurationError: a stream does not exist.
    """
    secret = _secret(settings)
    url = postgres_url(settings.store)
    if url is not None:
        return _check_database(settings, url, secret, streams)
    path = store_path(settings.store)
    if not path.exists():
        raise CheckImpossible(f"{path}: there is no log here yet; has the service run?")
    return check_file(settings, path, secret, streams)


def check_file(
    settings: Settings, path: Path, secret: Secret | None, streams: Sequence[str] = ()
) -> Iterator[Item]:
    """Check an SQLite log at `path`; it may be another log than that of the settings."""
    if secret is None:
        yield Remark(str(path), _WITHOUT_KEY)
    with closing(SqliteLogReader(path, settings.public_url)) as reader:
        stored = _stored(settings, reader, streams)
        decode = msgspec.json.Decoder(CabinetState).decode
        audit = SqliteAudit(path, settings.public_url, decode, _digests(secret))
        yield from check_log(audit, stored)


def repair_store(settings: Settings) -> Iterator[Item]:
    """Rebuild the derived parts of the settings' log; takes the log.

    Raises:
        ConfigurationError: the identity secret is missing.
        LogError: a service writes the log, or it cannot be repaired; nothing was changed.
    """
    from ldes_shok.bootstrap.core import build_mapper  # noqa: PLC0415  a check needs it not

    secret = resolve_identity(settings, os.environ)
    identity = LogIdentity(settings.public_url, secret.reveal().encode())
    with closing(open_existing_log(settings)) as reader:
        streams = _stored(settings, reader, ())
        mapper = build_mapper(settings, secret, [stored.stream for stored in streams])
        url = postgres_url(settings.store)
        if url is None:
            path = store_path(settings.store)
            with sqlite_repair(path, identity, is_same_state) as repair:
                yield from repair_log(repair, ("iri", "version"), streams, mapper)
            return
        from ldes_shok.log.postgres.repair import postgres_repair  # noqa: PLC0415  14 MB

        with postgres_repair(url, identity, is_same_state) as repair:
            yield from repair_log(repair, ("iri", "identity"), streams, mapper)


def _secret(settings: Settings) -> Secret | None:
    with suppress(ConfigurationError):
        return resolve_identity(settings, os.environ)
    return None


def _digests(secret: Secret | None) -> RowDigests | None:
    return None if secret is None else RowDigests(secret.reveal().encode())


def _check_database(
    settings: Settings, url: str, secret: Secret | None, streams: Sequence[str]
) -> Iterator[Item]:
    from ldes_shok.log.postgres.audit import PostgresAudit  # noqa: PLC0415  14 MB

    if secret is None:
        yield Remark("PostgreSQL", _WITHOUT_KEY)
    with closing(open_log_reader(settings)) as reader:
        stored = _stored(settings, reader, streams)
        # An error here is no finding (no server, or another log), but damage is one.
        with suppress(LogDamaged):
            reader.tallies()
        yield Remark("PostgreSQL", _NOT_AUDITED)
        yield from check_log(PostgresAudit(url, _digests(secret)), stored)


def _stored(settings: Settings, reader: LogReader, streams: Sequence[str]) -> list[StoredStream]:
    known = {stream.name: stream for stream in event_streams(settings, _closed(reader))}
    if unknown := [name for name in streams if name not in known]:
        raise ConfigurationError(
            f"--stream: there is no stream {', '.join(unknown)}; there is {', '.join(known)}"
        )
    hypermedia = HypermediaWriter(f"{settings.public_url}/context.jsonld")
    chosen = [known[name] for name in streams] or list(known.values())
    return [StoredStream(reader, stream, hypermedia) for stream in chosen]


def _closed(reader: LogReader) -> frozenset[str]:
    """Return the closed streams; none if the log cannot be read: the check reports why."""
    with suppress(LogError):
        return reader.closed_streams()
    return frozenset()


def check_url(outside: Outside, token: str) -> Iterator[Item]:
    """Check a live stream from outside; `token` goes only to the server of the URL.

    Raises:
        CheckImpossible: the URL leads to no stream, or no server answers.
    """
    try:
        origin = origin_of(outside.url)
    except ValueError as error:
        raise CheckImpossible(f"--url: {error}") from error
    manners = Manners(f"ldes-shok/{__version__} fsck", token, origin)
    with closing(HttpFetch(manners)) as fetch:
        yield from check_outside(outside, fetch, partial(_canonical, load_context()))


def _canonical(context: JsonLdContext, body: bytes, form: Form, base: str) -> str:
    from ldes_shok.rdf.canonical import canonical_nquads  # noqa: PLC0415  a service needs it not

    return canonical_nquads(body, form, context, base)
