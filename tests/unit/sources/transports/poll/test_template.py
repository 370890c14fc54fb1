"""URLs with gaps, and the ones a server gives."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.transports.poll.template import filled, written

BASE = "https://api.example/v1/events"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(TEXT)
def test_whatever_a_cursor_holds_arrives_as_it_is(cursor: str) -> None:
    in_path = str(filled(f"{BASE}/{{cursor}}/x", {}, {"cursor": cursor}))
    assert unquote(urlsplit(in_path).path.split("/")[3]) == cursor
    in_query = str(filled(BASE, {"after": "{cursor}"}, {"cursor": cursor}))
    assert dict(parse_qsl(urlsplit(in_query).query, keep_blank_values=True)) == {"after": cursor}
    for url in (in_path, in_query):
        assert url.startswith("https://api.example/v1/events")


def test_a_parameter_without_a_value_is_left_out() -> None:
    query = {"after": "{cursor}", "limit": "10"}
    assert str(filled(f"{BASE}?x=1", query, {"cursor": ""})) == f"{BASE}?x=1&limit=10"


def test_instants_are_written_as_asked() -> None:
    at = datetime(2026, 5, 12, 12, tzinfo=UTC)
    assert written(at, "iso") == "2026-05-12T12:00:00Z"
    assert written(at, "unix-seconds") == "1778587200"
    assert written(at, "unix-milliseconds") == "1778587200000"
