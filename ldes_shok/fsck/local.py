"""Checks of the whole log, directly in its store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol

from ldes_shok.fsck.finding import Finding, Invariant, Item
from ldes_shok.fsck.guard import guarded
from ldes_shok.fsck.stored import StoredStream
from ldes_shok.fsck.stream import check_stored
from ldes_shok.log.damage import Damage
from ldes_shok.log.walk_step import Step


class StoreAudit(Protocol):
    """The checks that only the store itself can do: its files, its tables, its sums."""

    def usable(self) -> Iterator[Damage | Step]:
        """Check that the log can be read at all; after damage here no other check makes sense."""
        ...

    def tables(self) -> Iterator[Damage | Step]:
        """Check every row that belongs to no single stream, and how these rows fit together."""
        ...


def check_log(audit: StoreAudit, streams: Iterable[StoredStream]) -> Iterator[Item]:
    """Check all promises of a log. A service may write it meanwhile."""
    broken = False
    for found in guarded(partial(_findings, audit.usable), "log"):
        broken = broken or isinstance(found, Finding)
        yield found
    if broken:
        return
    yield from guarded(partial(_findings, audit.tables), "log")
    for stored in streams:
        yield from check_stored(stored)


def _findings(audit: Callable[[], Iterator[Damage | Step]]) -> Iterator[Item]:
    for found in audit():
        if isinstance(found, Damage):
            invariant = Invariant.COUNTED if found.in_sums else Invariant.STORED
            yield Finding(invariant, found.place, found.sentence)
        else:
            yield found
