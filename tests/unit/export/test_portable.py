"""Portable pages say under any URL what the service's pages say under theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ldes_shok.errors import ExportError
from ldes_shok.export.portable import PortablePages, page_name, stream_name
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import ROOT, NodeKind
from ldes_shok.rdf.canonical import canonical_nquads
from ldes_shok.rdf.context import load_context
from ldes_shok.representation.hypermedia import relations_of
from ldes_shok.representation.pages import PageCache, Pages
from tests.support.vertical import BASE, Vertical
from tests.unit.export.exports import FORMS

STREAM = "verbruik-individueel"
HOST = "https://mirror.example/open/data"
PATHS = [ROOT, "2026", "2026/04", "2026/04/29", "2026/04/29/p1", "2026/05/02"]


def _page(vertical: Vertical, path: str, form: Form) -> bytes:
    stream, reader = vertical.stream(STREAM), vertical.reader
    node = Pages(reader, vertical.hypermedia, PageCache(0)).node(stream, path)
    assert node is not None
    relations = relations_of(reader.children(STREAM, path))
    if node.kind is NodeKind.LEAF:
        relations = ()
    return PortablePages(reader, stream, form).node(node, relations)


def _of_the_service(vertical: Vertical, path: str, suffix: str) -> str:
    """The service's page with its places, and only those, moved to `HOST`."""
    stream = vertical.stream(STREAM)
    pages = Pages(vertical.reader, vertical.hypermedia, PageCache(0))
    node = pages.node(stream, path)
    assert node is not None
    body = pages.render(stream, node, Form.NTRIPLES).body.decode()
    lines: list[str] = []
    for line in body.splitlines(keepends=True):
        moved = line.replace(f"<{BASE}/{STREAM}>", f"<{HOST}/{STREAM}{suffix}>")
        moved = moved.replace(f"<{BASE}/shapes/{STREAM}>", f"<{HOST}/shapes/{STREAM}.ttl>")
        for above in (f"<{BASE}/{STREAM}/by-time",):
            start = moved.find(above)
            while start >= 0:
                end = min(i for i in (moved.find(">", start), moved.find("#", start)) if i >= 0)
                place = moved[start + 1 : end].replace(BASE, HOST)
                moved = f"{moved[:start]}<{place}{suffix}{moved[end:]}"
                start = moved.find(above)
        lines.append(moved)
    return canonical_nquads("".join(lines).encode(), Form.NTRIPLES, load_context(), HOST)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", FORMS)
def test_a_page_is_the_services_page_in_another_place(
    vertical: Vertical, path: str, form: Form
) -> None:
    """Statement for statement: members as they are, pages, stream and shape moved."""
    body = _page(vertical, path, form)
    name = page_name(vertical.stream(STREAM), path, form)
    here = canonical_nquads(body, form, load_context(), f"{HOST}/{name}")
    suffix = ".ttl" if form is Form.TURTLE else ".jsonld"
    assert here == _of_the_service(vertical, path, suffix)


@pytest.mark.parametrize("form", FORMS)
def test_a_page_asked_for_without_its_suffix_is_about_that_url(
    vertical: Vertical, form: Form
) -> None:
    """What leads on hangs on the URL that the client has, whichever that is."""
    path = f"{STREAM}/by-time/2026/04"
    quads = canonical_nquads(
        _page(vertical, "2026/04", form), form, load_context(), f"{HOST}/{path}"
    )
    relations = [line for line in quads.splitlines() if "tree#relation>" in line]
    assert relations
    assert all(line.startswith(f"<{HOST}/{path}> ") for line in relations)


@pytest.mark.parametrize("form", FORMS)
def test_the_document_of_a_stream_names_it_under_any_url(vertical: Vertical, form: Form) -> None:
    stream = vertical.stream(STREAM)
    body = PortablePages(vertical.reader, stream, form).stream_document()
    name = stream_name(stream, form)
    quads = canonical_nquads(body, form, load_context(), f"{HOST}/{name}")
    assert quads == canonical_nquads(body, form, load_context(), f"{HOST}/{STREAM}")
    view = page_name(stream, ROOT, form)
    assert f"<{HOST}/{name}> <https://w3id.org/tree#view> <{HOST}/{view}> ." in quads
    assert f"<{HOST}/shapes/{STREAM}.ttl>" in quads


def test_members_of_another_stream_are_not_made_relative(vertical: Vertical) -> None:
    stream = replace(vertical.stream(STREAM), iri="http://other.test/x")
    node = vertical.reader.node(STREAM, "2026/04/29/p1")
    assert node is not None
    with pytest.raises(ExportError, match="public_url"):
        PortablePages(vertical.reader, stream, Form.TURTLE).node(node, ())


def test_a_log_that_gives_fewer_members_than_the_node_has_is_not_exported(
    vertical: Vertical,
) -> None:
    node = vertical.reader.node(STREAM, "2026/05/02/p3") or vertical.reader.node(
        STREAM, "2026/04/29/p1"
    )
    assert node is not None
    more = replace(node, members=node.members + 100)
    with pytest.raises(ExportError, match="fsck"):
        PortablePages(vertical.reader, vertical.stream(STREAM), Form.TURTLE).node(more, ())
