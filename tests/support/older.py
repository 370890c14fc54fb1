"""A log as the version before the keys of periods wrote it, made of one of this version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from ldes_shok.cabinet.encode import with_raw
from ldes_shok.cabinet.incoming import raw_name
from ldes_shok.log.checksum import checksum
from ldes_shok.log.identity import FINGERPRINT, LOG_ID
from ldes_shok.log.records import SEALED_REASON
from ldes_shok.log.sqlite.events import EVENT_QUERY, event_checksum, event_record
from ldes_shok.log.sqlite.high_water import witness_of
from ldes_shok.pipeline.vault import Vault, encode

OLD_VERSION: Final = 3


class _Quoted(msgspec.Struct):
    raw: str = ""


def made_older(log: Path, vault: Vault) -> None:
    """Say everything as that version did: unkeyed digests, raw bytes that can be read.

    Args:
        log: that nobody has open.
        vault: that can read what is in it.
    """
    with closing(sqlite3.connect(log)) as connection, connection:
        digests: dict[bytes, bytes] = {}
        query = "SELECT id, source, received_ms, digest, body FROM raw"
        for id_, source, received_ms, name, body in connection.execute(query).fetchall():
            raw = vault.unseal(name, body)
            digests[name] = raw.digest
            said = (raw.digest, source, received_ms, encode(raw))
            connection.execute(
                "UPDATE raw SET digest = ?, body = ?, checksum = ? WHERE id = ?",
                (raw.digest, said[-1], checksum(id_, *said), id_),
            )
        query = EVENT_QUERY.format(join="LEFT", where="1")
        for event in map(event_record, connection.execute(query).fetchall()):
            name = raw_name(msgspec.json.decode(event.payload, type=_Quoted).raw)
            if name:
                payload = with_raw(event.payload, f"sha256:{digests[name].hex()}")
                old = replace(event, payload=payload)
                connection.execute(
                    "UPDATE event SET payload = ?, checksum = ? WHERE id = ?",
                    (payload, event_checksum(old), event.id),
                )
        query = "SELECT id, source, received_ms, reason, payload FROM rejection"
        for id_, source, received_ms, reason, kept in connection.execute(query).fetchall():
            if reason == SEALED_REASON:
                refused = vault.unseal_refused(kept)
                said = (source, received_ms, *refused)
                connection.execute(
                    "UPDATE rejection SET reason = ?, payload = ?, checksum = ? WHERE id = ?",
                    (*refused, checksum(*said), id_),
                )
        connection.execute("DROP TABLE log_sum")
        connection.execute("DELETE FROM meta WHERE name IN (?, ?)", (LOG_ID, FINGERPRINT))
        witness_of(log).unlink()
        connection.execute(
            "UPDATE meta SET value = ? WHERE name = 'schema_version'", (str(OLD_VERSION),)
        )
