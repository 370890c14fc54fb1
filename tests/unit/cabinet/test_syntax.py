"""Size, depth, encoding and repeated names, each apart from the decoder."""

from __future__ import annotations

import pytest

from ldes_shok.cabinet.syntax import (
    MAX_BYTES,
    MAX_DEPTH,
    check_depth,
    check_encoding,
    check_names,
    check_size,
)
from ldes_shok.errors import EventRejected


@pytest.mark.parametrize("payload", [b"", b" ", b"\r\n\t"])
def test_nothing_is_refused(payload: bytes) -> None:
    with pytest.raises(EventRejected, match="this is empty"):
        check_size(payload)


def test_the_size_limit_is_the_largest_size() -> None:
    check_size(b"x" * MAX_BYTES)
    with pytest.raises(EventRejected, match="262145 bytes"):
        check_size(b"x" * (MAX_BYTES + 1))


@pytest.mark.parametrize("opening", [b"[", b"{", b'[{"a":'])
def test_the_depth_limit_is_the_deepest_level(opening: bytes) -> None:
    levels = opening.count(b"[") + opening.count(b"{")
    check_depth(opening * (MAX_DEPTH // levels))
    with pytest.raises(EventRejected, match="deeper than 32 levels"):
        check_depth(opening * (MAX_DEPTH // levels + 1))


def test_many_objects_side_by_side_are_not_deep() -> None:
    check_depth(b"[" + b"{}," * 1000 + b"{}]")


@pytest.mark.parametrize("text", [b'"[[[["', rb'"\"[[[["', rb'"\\\"[[[["'])
def test_brackets_in_text_do_not_count(text: bytes) -> None:
    check_depth(b",".join([text] * 20))


def test_a_backslash_before_the_quote_does_not_hide_depth() -> None:
    with pytest.raises(EventRejected, match="deeper"):
        check_depth(rb'"\\"' + b"[" * (MAX_DEPTH + 1))


@pytest.mark.parametrize("payload", [b"{}", "é".encode(), b"\x00", b""])
def test_utf_8_passes(payload: bytes) -> None:
    check_encoding(payload)


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        (b'{"a":1,"a":1}', "a"),
        (b'{"a":{"b":1,"c":2,"b":3}}', "a.b"),
        (b'{"a":[{"b":1},{"b":1,"b":1}]}', "a[1].b"),
        (b'[[{"a":1,"a":1}]]', "[0][0].a"),
        (b'{"a":1,"\\u0061":1}', "a"),
        (b'{"":1,"":1}', ""),
        (b'{"b":{"x":1,"x":1},"a":1,"a":1}', "a"),
    ],
)
def test_a_repeated_name_is_found(payload: bytes, path: str) -> None:
    with pytest.raises(EventRejected, match="more than once") as caught:
        check_names(payload)
    assert caught.value.field == path


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":{"a":1},"b":[{"a":1},{"a":1}]}',
        b'{"a":1,"A":1}',
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b"9" * 9999,
    ],
)
def test_other_things_are_left_to_the_decoder(payload: bytes) -> None:
    check_names(payload)
