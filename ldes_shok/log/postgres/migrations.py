"""The steps of the schema, taken without stopping the readers.

The elected writer takes the steps when it opens the log. Readers of the version before go on
meanwhile, so a step may only expand: new tables, new columns with a default, new indexes. A later
step removes what is no longer used. Its `oldest_reader` is the first version whose readers do
without it; older readers are refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import Final

from ldes_shok.errors import LogMismatch
from ldes_shok.log.identity import FINGERPRINT, LogIdentity
from ldes_shok.log.postgres.connection import Connection, translated
from ldes_shok.log.postgres.sums import check_secret, restated
from ldes_shok.log.table_sums import RowDigests

VERSION: Final = "schema_version"
OLDEST_READER: Final = "oldest_reader"
PUBLIC_URL: Final = "public_url"
SUMMED_FROM: Final = 4
"""The first version in which tables have sums."""

_META: Final = "CREATE TABLE IF NOT EXISTS meta (name text PRIMARY KEY, value text NOT NULL)"
_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '10s'"


@dataclass(frozen=True, slots=True)
class SchemaStep:
    """A step of the schema from version `number - 1` to `number`.

    Attributes:
        number: the schema version that it leads to.
        oldest_reader: the oldest version of readers that still works afterwards.
        script: SQL statements; one transaction.
    """

    number: int
    oldest_reader: int
    script: str


def steps() -> tuple[SchemaStep, ...]:
    """All steps, in order. The last one leads to the version of this service."""
    package = resources.files("ldes_shok.log.postgres")
    return (
        SchemaStep(1, 1, package.joinpath("schema.sql").read_text("utf-8")),
        SchemaStep(2, 1, package.joinpath("schema_2.sql").read_text("utf-8")),
        SchemaStep(3, 3, package.joinpath("schema_3.sql").read_text("utf-8")),
        SchemaStep(4, 4, package.joinpath("schema_4.sql").read_text("utf-8")),
    )


def migrate(connection: Connection, all_steps: Sequence[SchemaStep], identity: LogIdentity) -> None:
    """Bring the schema to the newest version; the caller is the elected writer.

    Raises:
        LogDamaged: the table sums are not what was stored.
        LogMismatch: written by a newer version, for another public URL, or with another secret;
            nothing was changed.
        LogUnavailable: a step failed; the steps before it are kept.
    """
    with translated("opened"):
        connection.execute(_META)
        meta: dict[str, str] = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        _check_url(meta.get(PUBLIC_URL, identity.public_url), identity.public_url)
        version, newest = _version(meta.get(VERSION, "0")), all_steps[-1].number
        if version > newest:
            raise LogMismatch(
                f"this log has schema_version {version}, and this release writes {newest}: "
                "use the newer release that wrote it"
            )
        digests = RowDigests(identity.secret)
        if has_sums := FINGERPRINT in meta:
            check_secret(connection, digests)
        for step in all_steps:
            if step.number > version:
                with connection.transaction():
                    connection.execute(_LOCK_TIMEOUT)
                    take = partial(_take, connection, step, identity.public_url)
                    if has_sums:
                        restated(connection, digests, take)
                    else:
                        take()


def check_readable(connection: Connection, ours: int, public_url: str) -> None:
    """Whether a reader of version `ours` may read this log.

    Raises:
        LogMismatch: the log is too old or too new, or has another public URL.
        LogUnavailable: there is no log.
    """
    with translated("read"):
        meta: dict[str, str] = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    if VERSION not in meta:
        raise LogMismatch("this database holds no log yet; start the writer first")
    _check_url(meta.get(PUBLIC_URL, ""), public_url)
    if _version(meta[VERSION]) < ours:
        raise LogMismatch(
            f"this log has schema_version {meta[VERSION]}, and this release reads {ours}: "
            "upgrade the writer before the readers"
        )
    if ours < _version(meta.get(OLDEST_READER, "")):
        raise LogMismatch(
            f"this log has schema_version {meta[VERSION]}, for readers from version "
            f"{meta[OLDEST_READER]} on, and this release reads {ours}: upgrade this reader"
        )


def _take(connection: Connection, step: SchemaStep, public_url: str) -> None:
    connection.execute(step.script)
    for name, value in (
        (VERSION, str(step.number)),
        (OLDEST_READER, str(step.oldest_reader)),
        (PUBLIC_URL, public_url),
    ):
        connection.execute(
            "INSERT INTO meta VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )


def _version(written: str) -> int:
    if not written.isascii() or not written.isdigit():
        raise LogMismatch(f"its schema version is {written!r}: this log is damaged")
    return int(written)


def _check_url(stored: str, ours: str) -> None:
    if stored != ours:
        raise LogMismatch(
            f"this log was written with public_url {stored}, not {ours}; its members carry that "
            "in their IRIs: use the same setting, or another log"
        )
