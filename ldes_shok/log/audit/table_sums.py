"""Checks of the table sums: they reveal rows changed with their checksum, added or removed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from ldes_shok.errors import LogDamaged
from ldes_shok.log.damage import Damage, misfit
from ldes_shok.log.identity import LOG_ID
from ldes_shok.log.sqlite.rows import select
from ldes_shok.log.sqlite.sums import meta, read_head, sum_table, summed_tables
from ldes_shok.log.table_sums import NOTHING, RowDigests, decode_sums
from ldes_shok.log.walk_step import Step

_NUMBERS: Final = (
    "SELECT max(id) FROM raw HAVING max(id) >"
    " coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'raw'), 0)"
)


def audit_table_sums(
    connection: sqlite3.Connection, digests: RowDigests
) -> Iterator[Damage | Step]:
    """Check every table, each at one moment of a log that is being written."""
    tables = summed_tables(connection)
    for number, table in enumerate(tables, start=1):
        connection.execute("BEGIN")
        try:
            _, encoded, _ = read_head(connection, digests, meta(connection, LOG_ID))
            found = sum_table(connection, digests, table)
        except LogDamaged as error:
            yield Damage("table log_sum", str(error))
            return
        finally:
            connection.execute("ROLLBACK")
        yield from misfit(table, decode_sums(encoded).get(table, NOTHING), found)
        yield Step("table sums", number, len(tables))
    for (id_,) in select(connection, _NUMBERS):
        yield Damage(f"raw {id_}", "its number is above the last one that was given")
