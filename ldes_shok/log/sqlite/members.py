"""Reads of members through their packs, decoded once for many reads."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from typing import Final

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.template import Template
from ldes_shok.log.pack import PackedMember
from ldes_shok.log.sqlite.packs import SqlitePackRow, read_packs
from ldes_shok.log.sqlite.rows import first
from ldes_shok.log.templates import decode_template

_MAX_DECODED_MEMBERS: Final = 4096
"""About 1.5 kB each: some 6 MB in a reader, whatever the size of the log."""

_PackKey = tuple[int, int, int]


class PackedMembers:
    """The members of a log. Safe for several threads, each with a connection of its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._decoded: OrderedDict[_PackKey, list[PackedMember]] = OrderedDict()
        self._decoded_members = 0
        self._templates: dict[int, Template] = {}

    def between(
        self, connection: sqlite3.Connection, first_id: int, end_id: int
    ) -> Iterator[tuple[int, PackedMember]]:
        """Members with their ids, ascending.

        Raises:
            LogDamaged, LogUnavailable: they cannot be read.
        """
        for pack in read_packs(connection, first_id, end_id):
            members = self._decode(pack)
            start, end = max(first_id, pack.id), min(end_id, pack.end_id)
            yield from zip(range(start, end), members[start - pack.id : end - pack.id], strict=True)

    def one(self, connection: sqlite3.Connection, id_: int) -> PackedMember:
        """The member with this id.

        Raises:
            LogDamaged: an index names the id, and there is no such member.
        """
        for _, member in self.between(connection, id_, id_ + 1):
            return member
        raise LogDamaged(f"the log is damaged: member {id_} is missing")

    def template(self, connection: sqlite3.Connection, id_: int) -> Template:
        """The common text of the members with this template id.

        Raises:
            LogDamaged: the template is missing, or not what was stored.
        """
        template = self._templates.get(id_)
        if template is None:
            row = first(connection, "SELECT key, body FROM template WHERE id = ?", (id_,))
            if row is None:
                raise LogDamaged(f"the log is damaged: template {id_} is missing")
            template = self._templates[id_] = decode_template(*row)
        return template

    def _decode(self, pack: SqlitePackRow) -> list[PackedMember]:
        key = (pack.id, pack.members, pack.checksum)
        with self._lock:
            members = self._decoded.get(key)
            if members is not None:
                self._decoded.move_to_end(key)
                return members
        members = pack.decode()
        with self._lock:
            if key not in self._decoded:
                self._decoded[key] = members
                self._decoded_members += len(members)
            while self._decoded_members > _MAX_DECODED_MEMBERS and len(self._decoded) > 1:
                _, dropped = self._decoded.popitem(last=False)
                self._decoded_members -= len(dropped)
        return members
