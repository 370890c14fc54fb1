"""`fsck --repair`: rebuilds rows of the log that follow from other rows, and reports it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ldes_shok.errors import LogDamaged
from ldes_shok.fsck.derive import Derivation
from ldes_shok.fsck.finding import Item, Remark
from ldes_shok.fsck.states import States
from ldes_shok.fsck.stored import StoredStream
from ldes_shok.ldes.node import Node
from ldes_shok.log.repair import HEAD, LogRepair
from ldes_shok.mapping.mapper import Mapper

_EVENTS: Final = frozenset({"event", "event_pack", "origin", "quarantine"})
_MEMBERS: Final = frozenset({"pack"})
_INDEXES: Final = {"iri": _MEMBERS, "version": _MEMBERS, "identity": _EVENTS}
_COUNTED: Final = _EVENTS | {"rejection"}
_MADE: Final = frozenset({"state", "tally", "memory"})
_RESTORE: Final = "restore a backup"
_BEGUN_ANEW: Final = (
    "what its tables add up to is begun anew: rows that were changed together with their checksum, "
    "planted or taken out before now cannot be found any more"
)
_NOT_MADE: Final = (
    "what decoders remember does not follow from the log, so what was taken out or changed "
    "together with its checksum stays as it is: they begin anew with the next messages"
)


def repair_log(
    repair: LogRepair, indexes: Iterable[str], streams: Iterable[StoredStream], mapper: Mapper
) -> Iterator[Item]:
    """Rebuild wrong rows that follow from sound rows; never change members or events.

    Args:
        repair: the log, to write.
        indexes: its tables that are indexes.
        streams: all streams, to read, as a list.
        mapper: of the log's tenants.

    Raises:
        LogError: nothing was changed.
    """
    work = _Repair(repair, list(streams), mapper)
    yield from work.head()
    yield from work.indexes(indexes)
    yield from work.nodes()
    yield from work.states()
    yield from work.tallies()
    yield from work.memories()
    yield from work.others()
    repair.sum_anew(work.accepted)


class _Repair:
    def __init__(self, repair: LogRepair, streams: list[StoredStream], mapper: Mapper) -> None:
        self._repair = repair
        self._streams = streams
        self._mapper = mapper
        self._unsound = repair.unsound()
        self.accepted: set[str] = set()

    def head(self) -> Iterator[Item]:
        """With damaged table sums no table is known to be sound: rebuild all derived tables."""
        if HEAD in self._unsound:
            self._unsound = frozenset({"state", "tally", "memory"})
            self.accepted.add(HEAD)
            yield Remark("table log_sum", _BEGUN_ANEW)

    def indexes(self, tables: Iterable[str]) -> Iterator[Item]:
        """Rebuild the indexes of members and events."""
        for table in tables:
            if broken := self._unsound & _INDEXES[table]:
                yield _impossible(f"index {table}", broken)
            elif rows := self._repair.put_index(table):
                sentence = f"{rows} rows made anew from what it is an index of"
                yield Remark(f"index {table}", sentence)

    def nodes(self) -> Iterator[Item]:
        """Rebuild the nodes of every stream."""
        if broken := self._unsound & {*_MEMBERS, "stream"}:
            yield _impossible("nodes", broken)
            return
        for stored in self._streams:
            if rows := self._repair.put_nodes(stored.stream.name, _nodes(stored)):
                yield Remark(f"nodes of {stored.stream.name}", f"{rows} made anew from members")

    def states(self) -> Iterator[Item]:
        """Rebuild the states of cabinets."""
        if self._may("state", _EVENTS):
            states = States(self._mapper)
            yield from states.read(self._streams[0].reader)
            rows = self._repair.put_states(states.encoded)
            yield Remark("table state", f"{rows} rows made anew from events")
        elif "state" in self._unsound:
            yield _impossible("table state", self._unsound & _EVENTS)

    def tallies(self) -> Iterator[Item]:
        """Recount the events of each outcome."""
        if self._may("tally", _COUNTED):
            rows = self._repair.put_tallies()
            yield Remark("table tally", f"{rows} rows counted again; duplicates stay as they stand")
        elif "tally" in self._unsound:
            yield _impossible("table tally", self._unsound & _COUNTED)

    def memories(self) -> Iterator[Item]:
        """Drop damaged memories of decoders."""
        if self._may("memory", frozenset()):
            rows = self._repair.drop_memories()
            sentence = f"{rows} rows dropped that were not what was stored; {_NOT_MADE}"
            yield Remark("table memory", sentence)

    def others(self) -> Iterator[Item]:
        """Report the damaged tables that follow from no other table."""
        for table in sorted(self._unsound - _MADE):
            yield Remark(f"table {table}", f"it follows from nothing else: {_RESTORE}")

    def _may(self, table: str, follows_from: frozenset[str]) -> bool:
        may = table in self._unsound and not self._unsound & follows_from
        if may:
            self.accepted.add(table)
        return may


def _impossible(what: str, broken: Iterable[str]) -> Remark:
    names = ", ".join(sorted(broken))
    return Remark(what, f"not looked at: it follows from {names}, which is damaged: {_RESTORE}")


def _nodes(stored: StoredStream) -> Iterator[Node]:
    record = stored.record()
    derivation = Derivation(record.policies)
    try:
        for rows in stored.ranges(record.members):
            for row in rows:
                derivation.place(row.position, row.published_ms)
            yield from derivation.take_sealed()
        still_open = derivation.end(record.last_ms)
    except ValueError as error:
        raise LogDamaged(f"the log is damaged: {stored.stream.name}: {error}") from error
    yield from derivation.take_sealed()
    yield from still_open
