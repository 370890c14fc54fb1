"""Checks of SQLite's write-ahead log, without SQLite.

SQLite takes the first frame with a wrong checksum for the end of the log
(https://www.sqlite.org/fileformat2.html#the_write_ahead_log). So a bit that flips there hides every
commit behind it, and SQLite reports nothing. Commits behind such a frame prove that it was not the
end.

A bit that flips in the very last transaction looks the same as a power cut.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

_HEADER: Final = struct.Struct(">8I")
_FRAME_HEADER: Final = struct.Struct(">6I")
_LITTLE_ENDIAN: Final = 0x377F0682
_BIG_ENDIAN: Final = 0x377F0683
_MASK: Final = 0xFFFFFFFF

Sums = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WalState:
    """The content of a write-ahead log.

    Attributes:
        frames: how many frames SQLite will read.
        hidden_commits: how many commits are behind those frames, which SQLite will not read.
        header_damaged: SQLite will read nothing, although there are frames.
    """

    frames: int = 0
    hidden_commits: int = 0
    header_damaged: bool = False


def read_wal(path: Path) -> WalState | None:
    """Read a write-ahead log; None while a writer begins it anew, so that nothing is known.

    Raises:
        OSError: it cannot be read.
    """
    if not path.exists() or path.stat().st_size < _HEADER.size:
        return WalState()
    with path.open("rb") as file:
        header = file.read(_HEADER.size)
        state = _read(file, header)
        file.seek(0)
        return state if file.read(_HEADER.size) == header else None


def reaches(path: Path, size_bytes: int) -> bool:
    """Whether SQLite has filled the present write-ahead log up to `size_bytes`. Cheap to call.

    The size of the file shows only how far it ever went: a log that begins anew overwrites it, and
    its frames have the salts of its header.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        header = os.pread(descriptor, _HEADER.size, 0)
        if len(header) < _HEADER.size:
            return False
        _, _, page_bytes, _, *salts = _HEADER.unpack(header)[:6]
        frame_bytes = _FRAME_HEADER.size + page_bytes
        start = _HEADER.size + size_bytes // frame_bytes * frame_bytes
        frame = os.pread(descriptor, _FRAME_HEADER.size, start)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return len(frame) == _FRAME_HEADER.size and [*_FRAME_HEADER.unpack(frame)[2:4]] == salts


def _read(file: BinaryIO, header: bytes) -> WalState:
    magic, _, page_bytes, _, salt_1, salt_2, *kept = _HEADER.unpack(header)
    order = {_LITTLE_ENDIAN: "<", _BIG_ENDIAN: ">"}.get(magic)
    sums = (0, 0)
    if order is not None:
        sums = _add(sums, header[:24], order)
    if order is None or sums != tuple(kept):
        return WalState(header_damaged=bool(file.read(1)))
    good = hidden = 0
    broken = False
    for frame in _frames(file, page_bytes):
        _, commit_pages, *salts, sum_1, sum_2 = _FRAME_HEADER.unpack_from(frame)
        of_this_log = salts == [salt_1, salt_2]
        if not broken:
            sums = _add(_add(sums, frame[:8], order), frame[_FRAME_HEADER.size :], order)
            broken = not of_this_log or sums != (sum_1, sum_2)
        if not broken:
            good += 1
        elif of_this_log and commit_pages:
            hidden += 1
    return WalState(good, hidden)


def _frames(file: BinaryIO, page_bytes: int) -> Iterator[bytes]:
    size = _FRAME_HEADER.size + page_bytes
    while len(frame := file.read(size)) == size:
        yield frame


def _add(sums: Sums, content: bytes, order: str) -> Sums:
    """The checksum of the file format, 4.2."""
    one, two = sums
    words = iter(struct.unpack(f"{order}{len(content) // 4}I", content))
    for first, second in zip(words, words, strict=True):
        one = (one + first + two) & _MASK
        two = (two + second + one) & _MASK
    return one, two
