"""What a page holds: exactly what was sent, or a sentence."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import SourceError
from ldes_shok.sources.transports.poll.body import (
    cursor_of,
    events_of,
    items_of,
    next_link,
    value_at,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_elements_keep_their_bytes() -> None:
    body = b'{"data": {"items": [ {"v":1.50 }, {"v": "\\u00e9"}]}}'
    assert items_of(body, "data.items") == [b'{"v":1.50 }', b'{"v": "\\u00e9"}']


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"", []),
        (b" [] ", []),
        (b'{"a":1}', [b'{"a":1}']),
        (b'[{"a":1},2]', [b'{"a":1}', b"2"]),
        (b'{"a":1}\n\n{"b":1}\nx\n', [b'{"a":1}', b'{"b":1}', b"x"]),
    ],
)
def test_a_body_is_an_object_an_array_or_lines(body: bytes, events: list[bytes]) -> None:
    assert events_of(body) == events


@pytest.mark.parametrize(
    ("body", "cursor"),
    [
        (b'{"n": "a b"}', "a b"),
        (b'{"n": 1000000000000000000001}', "1000000000000000000001"),
        (b'{"n": 1.50}', "1.50"),
        (b'{"n": null}', ""),
        (b'{"n": ""}', ""),
        (b'{"n": false}', ""),
        (b"{}", ""),
        (b"[]", ""),
    ],
)
def test_a_cursor_is_text_or_a_number_as_it_was_written(body: bytes, cursor: str) -> None:
    assert cursor_of(body, "n") == cursor


@pytest.mark.parametrize(
    "body", [b'{"n": {}}', b'{"n": []}', b'{"n": true}', b"<p>", b"", b'{"n": "\xe9"}']
)
def test_what_is_no_cursor_is_said(body: bytes) -> None:
    with pytest.raises(SourceError):
        cursor_of(body, "n")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"a": {}}', b'{"a": 1}', b"x", b"[" * 5000, b'{"\xe9": 1}']
)
def test_what_has_no_array_is_said(body: bytes) -> None:
    with pytest.raises(SourceError):
        items_of(body, "a")


@given(JSON, st.sampled_from(["a", "0", "a.0", "0.a.1"]))
def test_a_value_is_found_as_python_finds_it(value: object, path: str) -> None:
    expected: object = value
    for name in path.split("."):
        if isinstance(expected, dict):
            expected = expected.get(name, ...)
        elif isinstance(expected, list) and name.isdecimal() and int(name) < len(expected):
            expected = expected[int(name)]
        else:
            expected = ...
        if expected is ...:
            break
    found = value_at(json.dumps(value).encode(), path)
    assert (... if found is None else json.loads(found)) == expected


def test_an_item_in_another_encoding_does_not_hide_its_neighbours() -> None:
    """Windows-1252 in a text: that event is refused on its own."""
    body = b'{"a": [{"name": "caf\xe9"}, {"name": "plein"}]}'
    assert items_of(body, "a") == [b'{"name": "caf\xe9"}', b'{"name": "plein"}']


# Bytes that are almost the JSON of a page.
ALMOST = st.lists(
    st.sampled_from([b'{"a":', b'"', b"}", b"[", b"]", b",", b'{"a":{"b":', b"1"])
    | st.binary(max_size=2)
).map(b"".join)


@given(st.binary(max_size=60) | ALMOST, st.sampled_from(["a", "a.b", "0"]))
def test_any_bytes_are_read_or_refused(body: bytes, path: str) -> None:
    with contextlib.suppress(SourceError):
        items_of(body, path)
    with contextlib.suppress(SourceError):
        cursor_of(body, path)
    with contextlib.suppress(SourceError):
        events_of(body)


@pytest.mark.parametrize(
    ("headers", "target"),
    [
        (['<https://a/?p=2>; rel="next"'], "https://a/?p=2"),
        (["</x>; rel=next"], "/x"),
        (['<a>; rel="first", <b>;title="x, y";rel="prev next"'], "b"),
        (["<a>; rel=first", "<b>; REL=Next"], "b"),
        (["<a>; rel=first"], ""),
        (["<a>"], ""),
        (["rel=next"], ""),
        ([], ""),
    ],
)
def test_the_next_link_is_found(headers: list[str], target: str) -> None:
    assert next_link(headers) == target
