"""Content codings: equal bodies are equal bytes, in one go or as they grow."""

from __future__ import annotations

import gzip

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.representation.coding import Coding, GrowingGzip, decode_gzip, encode

CODINGS: tuple[Coding, ...] = ("gzip", "br", "identity")
LINES = st.sampled_from(
    [b'<https://shok.test/id/kast/1> <http://www.w3.org/ns/prov#generatedAtTime> "%d" .\n' % n
     for n in range(50)]
)  # fmt: skip
PIECES = st.lists(st.one_of(st.binary(max_size=300), LINES), max_size=200)


@pytest.mark.parametrize("coding", CODINGS)
def test_coding_the_same_body_gives_the_same_bytes(coding: Coding) -> None:
    body = b"<a> <b> <c> .\n" * 200
    first, second = encode(body, coding), encode(body, coding)
    assert first == second
    decoded = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}[coding]
    assert decoded(first) == body


@given(st.binary())
def test_gzip_is_that_of_the_standard_library(body: bytes) -> None:
    assert encode(body, "gzip") == gzip.compress(body, 6, mtime=0)
    assert decode_gzip(encode(body, "gzip")) == body


@given(PIECES, st.binary(max_size=20), st.integers(1, 400))
def test_what_grew_is_coded_as_what_was_there_at_once(
    pieces: list[bytes], suffix: bytes, repeat: int
) -> None:
    """P9: however a page came about, one ETag stands for the same bytes."""
    growing, body = GrowingGzip(), b""
    for number, piece in enumerate(pieces):
        text = piece * (repeat if number % 7 == 0 else 1)
        growing.add(text)
        body += text
        if number % 5 == 0:
            assert growing.coded(suffix) == encode(body + suffix, "gzip")
    assert growing.coded(suffix) == encode(body + suffix, "gzip")
