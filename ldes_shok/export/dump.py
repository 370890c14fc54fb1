"""Dumps all members of some streams to one file of N-Quads."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from ldes_shok.errors import ExportError
from ldes_shok.export.request import ExportSummary
from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.durable import sync_directory
from ldes_shok.log.walk_step import OnStep, Step

_MEMBERS_AT_ONCE = 1_000
_GZIP_LEVEL = 6
_ZSTANDARD_LEVEL = 3


def dump_nquads(
    reader: LogReader, streams: Sequence[EventStream], path: Path, on_step: OnStep
) -> ExportSummary:
    """Write every member that is published when the dump begins, in the order of the streams.

    Each member begins with its `tree:member` quad, which names its stream. The file appears when it
    is complete; it is compressed if its name ends in `.gz` or `.zst`.

    Raises:
        ExportError: the file cannot be written.
        LogUnavailable: the log cannot be read.
    """
    counts = [reader.stream(stream.name).members for stream in streams]
    whole, done = sum(counts), 0
    part = path.with_name(path.name + ".part")
    try:
        with _opened(part, path.suffix) as file:
            for stream, count in zip(streams, counts, strict=True):
                for start in range(0, count, _MEMBERS_AT_ONCE):
                    size = min(_MEMBERS_AT_ONCE, count - start)
                    first = FIRST_POSITION + start
                    blocks = reader.blocks(stream.name, first, size, Form.NTRIPLES)
                    file.write(b"".join(blocks))
                    done += size
                    on_step(Step("members", done, whole))
        part.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise ExportError(f"{path}: {error.strerror or error}") from error
    return ExportSummary(whole, 1, 0)


@contextmanager
def _opened(path: Path, suffix: str) -> Iterator[BinaryIO]:
    """Yield the file, coded by `suffix`; at the end it is on the disk."""
    with path.open("wb") as file:
        match suffix:
            case ".gz":
                coded: BinaryIO = cast(
                    "BinaryIO", gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0)
                )
            case ".zst":
                compressor = zstandard.ZstdCompressor(level=_ZSTANDARD_LEVEL)
                coded = cast("BinaryIO", compressor.stream_writer(file, closefd=False))
            case _:
                coded = file
        yield coded
        if coded is not file:
            coded.close()
        file.flush()
        os.fsync(file.fileno())
