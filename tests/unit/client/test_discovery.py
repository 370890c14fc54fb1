from __future__ import annotations

import pytest

from ldes_shok.client.discovery import Roots, find_roots
from ldes_shok.client.fetching import NQUADS, Response
from ldes_shok.errors import SourceError
from ldes_shok.rdf import vocab

BASE = "https://buurstad.example"
STREAM = f"{BASE}/kasten"


def _answer(url: str, text: str = "", status: int = 200) -> Response:
    return Response(url, status, {"content-type": NQUADS}, text.encode())


def test_several_views_of_one_stream_are_all_roots() -> None:
    views = [f"{STREAM}/by-time", f"{STREAM}/by-place"]
    text = "".join(f"<{STREAM}> {vocab.TREE_VIEW} <{view}> .\n" for view in views)
    assert find_roots(STREAM, lambda url, _: _answer(url, text)) == Roots(tuple(views))


def test_a_node_is_its_own_root_under_the_address_that_it_has_after_redirects() -> None:
    node = f"{STREAM}/by-time"
    text = f"<{node}> {vocab.TYPE} {vocab.NODE} .\n"
    assert find_roots(STREAM, lambda _url, _: _answer(node, text)) == Roots((node,))


def test_what_the_server_does_not_show_is_named_with_its_status() -> None:
    assert find_roots(STREAM, lambda url, _: _answer(url, status=403)) == Roots((), {STREAM: 403})


def test_a_catalogue_of_closed_streams_leads_to_none_and_is_no_error() -> None:
    text = f"<{STREAM}> {vocab.TYPE} {vocab.EVENT_STREAM} .\n"
    pages = {BASE: _answer(BASE, text), STREAM: _answer(STREAM, status=401)}
    assert find_roots(BASE, lambda url, _: pages[url]) == Roots((), {STREAM: 401})


def test_a_document_that_leads_nowhere_is_an_error_with_its_address() -> None:
    with pytest.raises(SourceError, match=f"{STREAM}: is neither a node of a view"):
        find_roots(STREAM, lambda url, _: _answer(url))
