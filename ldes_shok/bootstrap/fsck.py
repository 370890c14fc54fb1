"""`fsck`: what is checked, built from the settings, or from a URL alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import msgspec

from ldes_shok import __version__
from ldes_shok.bootstrap.log_readers import open_log_reader
from ldes_shok.bootstrap.streams import event_streams
from ldes_shok.errors import CheckImpossible, ConfigurationError, LogDamaged, LogError
from ldes_shok.fsck.finding import Item, Remark
from ldes_shok.fsck.local import check_log
from ldes_shok.fsck.outside import Outside
from ldes_shok.fsck.outside import check_url as check_outside
from ldes_shok.fsck.stored import StoredStream
from ldes_shok.fsck.stream import check_stored
from ldes_shok.fsck.transport import HttpFetch, Manners, origin_of
from ldes_shok.ldes.member import Form
from ldes_shok.log.base import LogReader
from ldes_shok.log.sqlite_audit import SqliteAudit
from ldes_shok.log.sqlite_reader import SqliteLogReader
from ldes_shok.mapping.state import CabinetState
from ldes_shok.rdf.context import JsonLdContext, load_context
from ldes_shok.representation.hypermedia import HypermediaWriter
from ldes_shok.settings.model import Settings
from ldes_shok.settings.store import postgres_url, store_path

_NOT_AUDITED = (
    "the rows that no page shows (payloads, quarantine, counts) were not looked at; its own data "
    "checksums guard them, and pg_amcheck its indexes"
)


def check_store(settings: Settings, streams: Sequence[str]) -> Iterator[Item]:
    """Check the log that the settings name, beside a service that may write it.

    Args:
        settings: of the service.
        streams: names of the streams; all if empty.

    Raises:
        CheckImpossible: there is no log.
        ConfigurationError: there is no such stream.
    """
    if postgres_url(settings.store) is not None:
        return _check_database(settings, streams)
    path = store_path(settings.store)
    if not path.exists():
        raise CheckImpossible(f"{path}: there is no log here yet; has the service run?")
    return check_file(settings, path, streams)


def check_file(settings: Settings, path: Path, streams: Sequence[str] = ()) -> Iterator[Item]:
    """Check an SQLite log at `path`, which need not be the one that the settings name."""
    with closing(SqliteLogReader(path, settings.public_url)) as reader:
        stored = _stored(settings, reader, streams)
        audit = SqliteAudit(path, settings.public_url, msgspec.json.Decoder(CabinetState).decode)
        yield from check_log(audit, stored)


def _check_database(settings: Settings, streams: Sequence[str]) -> Iterator[Item]:
    with closing(open_log_reader(settings)) as reader:
        stored = _stored(settings, reader, streams)
        # An error here is no finding: nobody answers, or it is another log. Damage is one.
        with suppress(LogDamaged):
            reader.tallies()
        yield Remark("PostgreSQL", _NOT_AUDITED)
        for stream in stored:
            yield from check_stored(stream)


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
    """Streams of an earlier rule. Of a log that cannot be read, the check itself says why."""
    with suppress(LogError):
        return reader.closed_streams()
    return frozenset()


def check_url(outside: Outside, token: str) -> Iterator[Item]:
    """Check a live stream from outside; `token` goes to the server of the URL only.

    Raises:
        CheckImpossible: the URL leads to no stream, or nobody answers.
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
