"""All members in one file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard

from ldes_shok.errors import ExportError
from ldes_shok.export.dump import dump_nquads
from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.log.walk_step import Step
from tests.support.vertical import Vertical


def _expected(vertical: Vertical) -> bytes:
    return b"".join(
        block
        for stream in vertical.streams
        for block in vertical.reader.blocks(
            stream.name,
            FIRST_POSITION,
            vertical.reader.stream(stream.name).members,
            Form.NTRIPLES,
        )
    )


def _decode(path: Path) -> bytes:
    content = path.read_bytes()
    match path.suffix:
        case ".gz":
            return gzip.decompress(content)
        case ".zst":
            return zstandard.ZstdDecompressor().decompressobj().decompress(content)
        case _:
            return content


@pytest.mark.parametrize("name", ["all.nq", "all.nq.gz", "all.nq.zst"])
def test_every_member_of_the_streams_is_in_it(
    vertical: Vertical, tmp_path: Path, name: str
) -> None:
    steps = list[Step]()
    path = tmp_path / name
    summary = dump_nquads(vertical.reader, vertical.streams, path, steps.append)
    assert _decode(path) == _expected(vertical)
    assert _decode(path).count(b"<https://w3id.org/tree#member>") == summary.members > 0
    assert steps[-1].done == steps[-1].whole == summary.members
    first = path.read_bytes()
    dump_nquads(vertical.reader, vertical.streams, path, steps.append)
    assert path.read_bytes() == first
    assert not list(tmp_path.glob("*.part"))


def test_a_folder_that_is_not_there_is_one_error(vertical: Vertical, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="No such file"):
        dump_nquads(vertical.reader, vertical.streams, tmp_path / "no" / "x.nq", print)
