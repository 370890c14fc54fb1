"""Power cuts, out of a recording: what a disk may hold when the power goes.

strace records a process's calls on its files. A disk holds what was synced; of what was written
since, any part: none, all, or some sectors of it. A file whose sync failed is worse: Linux marks
what could not be written as written, so a later sync does not bring it to the disk any more
(https://lwn.net/Articles/752063/), while whoever reads the file goes on seeing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

SECTOR_BYTES: Final = 512
_LINE: Final = re.compile(r"^\d+ +(?P<call>[a-z0-9]+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_DESCRIPTOR: Final = re.compile(r"^\d+<(?P<path>[^>]*)>")
_QUOTED: Final = re.compile(r'"(?P<bytes>(?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call that succeeded or, a sync, failed.

    Attributes:
        name: `write`, `truncate`, `sync`, `unlink` or `create`.
        file: the file's name.
        data: what was written.
        number: where it was written, or the new size.
        failed: a sync that did not bring it to the disk.
    """

    name: str
    file: str
    data: bytes = b""
    number: int = 0
    failed: bool = False


def recorded(trace: Path) -> Iterator[Call]:
    """The calls in a trace of `strace -y -xx -s SIZE`, in order."""
    with trace.open(errors="replace") as lines:
        for line in lines:
            match = _LINE.match(line)
            if match is None:
                continue
            call = _call(match["call"], match["arguments"], int(match["result"]))
            if call is not None:
                yield call


def _call(name: str, arguments: str, result: int) -> Call | None:
    descriptor = _DESCRIPTOR.match(arguments)
    quoted = _QUOTED.search(arguments)
    data = bytes.fromhex(quoted["bytes"].replace("\\x", "")) if quoted else b""
    path = descriptor["path"] if descriptor else data.decode(errors="replace")
    file = Path(_plain(path)).name
    last = arguments.rpartition(", ")[2]
    if name in {"fdatasync", "fsync"}:
        return Call("sync", file, failed=result != 0)
    if result < 0:
        return None
    calls = {
        "pwrite64": lambda: Call("write", file, data[:result], int(last)),
        "write": lambda: Call("append", file, data[:result]),
        "ftruncate": lambda: Call("truncate", file, number=int(last)),
        "unlink": lambda: Call("unlink", file),
        "openat": lambda: Call("create", file),
    }
    return calls[name]() if name in calls else None


def _plain(path: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), path)


@dataclass(slots=True)
class Disk:
    """What is on the disk for certain, and what may be.

    Attributes:
        folder: the name of the folder.
        files: what was synced, by name.
        pending: what was written since.
    """

    folder: str
    files: dict[str, bytearray] = field(default_factory=dict)
    pending: list[Call] = field(default_factory=list)

    def do(self, call: Call) -> None:
        """One more call."""
        if call.name != "sync":
            self.pending.append(call)
            return
        if call.file == self.folder and call.failed:
            return  # of names nothing is forgotten: the next sync tries again
        mine = [each for each in self.pending if self._syncs(call, each)]
        self.pending = [each for each in self.pending if not self._syncs(call, each)]
        if not call.failed:
            for each in mine:
                _apply(self.files, each)

    def _syncs(self, sync: Call, call: Call) -> bool:
        """A file's sync is about its contents and what had its name; its folder's, about names."""
        if sync.file == self.folder:
            return call.name == "unlink"
        return call.file == sync.file

    def cut(self, chance: Random, directory: Path) -> None:
        """Write into `directory` what may be there when the power goes now."""
        files = {name: bytearray(content) for name, content in self.files.items()}
        part = chance.choice((0.0, 0.3, 0.7, 1.0))
        for call in self.pending:
            for piece in _sectors(call):
                if chance.random() < part:
                    _apply(files, piece)
        directory.mkdir()
        for name, content in files.items():
            (directory / name).write_bytes(content)


def _sectors(call: Call) -> Iterator[Call]:
    """A write as the sectors that it touches; anything else as it is."""
    if call.name != "write":
        yield call
        return
    start, end = call.number, call.number + len(call.data)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        piece = call.data[start - call.number : stop - call.number]
        yield Call("write", call.file, piece, start)
        start = stop


def _apply(files: dict[str, bytearray], call: Call) -> None:
    if call.name == "unlink":
        files.pop(call.file, None)
        return
    content = files.setdefault(call.file, bytearray())
    match call.name:
        case "truncate":
            del content[call.number :]
            content.extend(bytes(max(0, call.number - len(content))))
        case "write":
            content.extend(bytes(max(0, call.number - len(content))))
            content[call.number : call.number + len(call.data)] = call.data
        case _:
            return
