"""Canonical events from a file of lines, plain or compressed, read line by line."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from ldes_shok.errors import SourceError

MAX_LINE_BYTES: Final = 5_000_000
_WHITESPACE: Final = b" \t\r\n"
# A block of 128 KiB can be compressed to 4 bytes: small pieces bound the output of one piece.
_COMPRESSED_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line that is not blank.

    Attributes:
        number: counts from 1, blank lines included.
        payload: the line without the white space around it.
        position_bytes: how much of the file on disk had been read by then. It is a little ahead of
            the line, because files are read in pieces.
    """

    number: int
    payload: bytes
    position_bytes: int = field(default=0, compare=False)


def read_events(
    path: Path, after_line: int = 0, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[NumberedLine]:
    """The events of an NDJSON file, in order, one line in memory at a time.

    Args:
        path: `.gz` and `.zst` are decompressed, everything else is read as it is.
        after_line: the number of the last line to skip; earlier calls did these lines.
        max_line_bytes: a longer line is cut there. The rest is not JSON, so it is rejected and
            counted under its number, and reading goes on.

    Raises:
        SourceError: the file cannot be opened or read, or its compressed data is damaged or
            incomplete. Lines before the damage have been given.
    """
    try:
        with path.open("rb") as file, _decompressed(path, file) as stream:
            number = 0
            while line := stream.readline(max_line_bytes):
                number += 1
                if len(line) == max_line_bytes and not line.endswith(b"\n"):
                    _skip_rest_of_line(stream, max_line_bytes)
                payload = line.strip(_WHITESPACE)
                if number > after_line and payload:
                    yield NumberedLine(number, payload, file.tell())
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error


def _skip_rest_of_line(stream: BinaryIO, max_line_bytes: int) -> None:
    while (rest := stream.readline(max_line_bytes)) and not rest.endswith(b"\n"):
        pass


def _decompressed(path: Path, file: BinaryIO) -> BinaryIO:
    match path.suffix:
        case ".gz":
            return gzip.GzipFile(fileobj=file, mode="rb")  # type: ignore[return-value]
        case ".zst":
            return io.BufferedReader(_ZstandardFile(file))
        case _:
            return file


class _ZstandardFile(io.RawIOBase):
    """Decompresses frame after frame, and raises if the last one is incomplete.

    zstandard's own reader ends silently in the middle of a frame.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._inside_frame = False
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._ready and (piece := self._file.read(_COMPRESSED_BYTES)):
            self._ready = self._decompress(piece)
        if not self._ready and self._inside_frame:
            raise EOFError("the compressed data ends in the middle of a frame")
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _decompress(self, piece: bytes) -> bytes:
        parts = []
        while piece:
            self._inside_frame = True
            parts.append(self._frame.decompress(piece))
            piece = b""
            if self._frame.eof:
                piece = self._frame.unused_data
                self._frame = zstandard.ZstdDecompressor().decompressobj()
                self._inside_frame = False
        return b"".join(parts)
