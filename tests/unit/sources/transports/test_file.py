from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import SourceError
from ldes_shok.sources.transports.file import NumberedLine, read_events

TEXT = b'{"n":1}\r\n\n{"n":3}\n  \n{"n":5}'
LINES = [
    NumberedLine(1, b'{"n":1}'),
    NumberedLine(3, b'{"n":3}'),
    NumberedLine(5, b'{"n":5}'),
]


def _plain(data: bytes) -> bytes:
    return data


def _two_frames(data: bytes) -> bytes:
    half = len(data) // 2
    return zstandard.compress(data[:half]) + zstandard.compress(data[half:])


@pytest.mark.parametrize(
    ("suffix", "packed"),
    [
        (".ndjson", _plain),
        (".ndjson.gz", gzip.compress),
        (".ndjson.zst", zstandard.compress),
        (".ndjson.zst", _two_frames),
    ],
)
class TestEveryForm:
    def test_lines_come_with_their_number(
        self, tmp_path: Path, suffix: str, packed: Callable[[bytes], bytes]
    ) -> None:
        path = tmp_path / f"events{suffix}"
        path.write_bytes(packed(TEXT))
        assert list(read_events(path)) == LINES

    def test_what_was_done_is_skipped(
        self, tmp_path: Path, suffix: str, packed: Callable[[bytes], bytes]
    ) -> None:
        path = tmp_path / f"events{suffix}"
        path.write_bytes(packed(TEXT))
        for after in range(7):
            expected = [line for line in LINES if line.number > after]
            assert list(read_events(path, after_line=after)) == expected

    def test_an_empty_file_holds_nothing(
        self, tmp_path: Path, suffix: str, packed: Callable[[bytes], bytes]
    ) -> None:
        path = tmp_path / f"events{suffix}"
        path.write_bytes(packed(b""))
        assert list(read_events(path)) == []


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_a_file_that_was_cut_off_says_so_after_its_lines(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"events.ndjson{suffix}"
    data = b"".join(b'{"n":%d}\n' % number for number in range(100_000))
    packed = pack(data)
    path.write_bytes(packed[: len(packed) // 2])
    seen: list[int] = []
    with pytest.raises(SourceError, match="cannot be read"):
        seen.extend(line.number for line in read_events(path))
    assert len(seen) > 1000
    assert seen == list(range(1, len(seen) + 1))


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_file_that_is_not_compressed_after_all(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"events.ndjson{suffix}"
    path.write_bytes(TEXT)
    with pytest.raises(SourceError, match="cannot be read"):
        list(read_events(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.ndjson cannot be read"):
        list(read_events(tmp_path / "none.ndjson"))


def test_a_line_that_is_too_long_is_cut_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b'{"n":1}\n' + b"x" * 1000 + b'\n{"n":3}\n')
    assert list(read_events(path, max_line_bytes=100)) == [
        NumberedLine(1, b'{"n":1}'),
        NumberedLine(2, b"x" * 100),
        NumberedLine(3, b'{"n":3}'),
    ]


def test_a_line_of_exactly_the_limit_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"x" * 99 + b"\n" + b"y" * 100 + b"\n" + b"z" * 99)
    payloads = [line.payload for line in read_events(path, max_line_bytes=100)]
    assert payloads == [b"x" * 99, b"y" * 100, b"z" * 99]


@pytest.mark.parametrize("pack", [_plain, gzip.compress, zstandard.compress])
def test_the_file_is_never_in_memory(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    suffix = {gzip.compress: ".gz", zstandard.compress: ".zst"}.get(pack, "")
    path = tmp_path / f"events.ndjson{suffix}"
    path.write_bytes(pack(b"".join(b'{"n":%019d}\n' % number for number in range(400_000))))
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_events(path))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 400_000
    assert peak_bytes < 2_000_000


@given(st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line), max_size=8))
def test_resuming_anywhere_loses_and_repeats_nothing(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("replay") / "events.ndjson"
    path.write_bytes(b"\n".join(lines))
    whole = list(read_events(path))
    for stop in range(len(whole) + 1):
        done = whole[:stop]
        after = done[-1].number if done else 0
        assert done + list(read_events(path, after_line=after)) == whole
