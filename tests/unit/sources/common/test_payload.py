from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import PayloadRejected
from ldes_shok.sources.common.payload import is_json, split_json, split_lines, split_untyped


def test_the_bytes_of_an_element_are_the_bytes_that_were_sent() -> None:
    body = b' [ {"b" : 1.50, "a":"\\u00e9"} ,\n{"c":1e2}, 7 ]\n'
    assert split_json(body) == [b'{"b" : 1.50, "a":"\\u00e9"}', b'{"c":1e2}', b"7"]


def test_an_object_comes_back_without_the_white_space_around_it() -> None:
    assert split_json(b'\r\n {"a": 1}\n') == [b'{"a": 1}']


def test_an_empty_array_holds_nothing() -> None:
    assert split_json(b"[]") == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "this is not JSON"),
        (b"{", "this is not JSON"),
        (b'[{"a":1},]', "this is not JSON"),
        (b'[{"a":NaN}]', "this is not JSON"),
        (b'{"a":1}\n{"a":2}', "lines of JSON go as application/x-ndjson"),
        (b"12", "send one event as a JSON object"),
        (b'"text"', "send one event as a JSON object"),
        (b"null", "send one event as a JSON object"),
        (b"[" * 100_000 + b"]" * 100_000, "nested deeper"),
    ],
)
def test_what_is_neither_an_object_nor_an_array_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(PayloadRejected, match=said):
        split_json(body)


def test_blank_lines_are_no_events() -> None:
    assert split_lines(b'\n{"a":1}\r\n  \n\t{"a":2} \n\n') == [b'{"a":1}', b'{"a":2}']


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (b"{}", True),
        (b" 1 ", True),
        (b"{", False),
        (b"", False),
        (b"[" * 40 + b"]" * 40, False),
        (b"[" * 5000 + b"]" * 5000, False),
    ],
)
def test_is_json(text: bytes, *, answer: bool) -> None:
    assert is_json(text) is answer


@pytest.mark.parametrize(
    ("payload", "events"),
    [
        (b'{"a":1}', [b'{"a":1}']),
        (b'{\n "a": 1\n}', [b'{\n "a": 1\n}']),
        (b'[{"a":1},{"a":2}]', [b'{"a":1}', b'{"a":2}']),
        (b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}']),
        (b'{"a":1}\nbroken\n{"a":2}', [b'{"a":1}', b"broken", b'{"a":2}']),
    ],
)
def test_a_message_without_a_content_type_is_told_apart(
    payload: bytes, events: list[bytes]
) -> None:
    assert split_untyped(payload) == events


@pytest.mark.parametrize(
    "payload", [b"", b"   ", b"[]", b"\xff", b'[{"a":1}', b'{\n "a": \n', b"12", b'"text"']
)
def test_what_is_no_event_comes_back_whole(payload: bytes) -> None:
    assert split_untyped(payload) == [payload]


@given(st.binary(max_size=200))
def test_any_bytes_give_at_least_one_piece(payload: bytes) -> None:
    pieces = split_untyped(payload)
    assert pieces
    assert all(piece in payload for piece in pieces)


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3), max_size=5))
def test_lines_and_arrays_hold_the_same_events(objects: list[dict[str, int]]) -> None:
    pieces = [json.dumps(item).encode() for item in objects]
    assert split_json(b"[" + b",".join(pieces) + b"]") == pieces
    assert split_lines(b"\n".join(pieces)) == pieces
