"""Finds the root nodes to read, from any URL of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ldes_shok.client.fetching import NQUADS, Fetch, Response
from ldes_shok.client.page import Page, views_in
from ldes_shok.errors import SourceError
from ldes_shok.rdf import vocab
from ldes_shok.rdf.lines import Quad, read_lines
from ldes_shok.rdf.terms import value_of

_DATASET: Final = "<http://www.w3.org/ns/dcat#dataset>"
_CLOSED: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Roots:
    """The result of a discovery.

    Attributes:
        urls: the root nodes.
        closed: URLs that the server does not show us, with the status of its answer.
    """

    urls: tuple[str, ...]
    closed: Mapping[str, int] = field(default_factory=dict)


def view_of(page: Page) -> str | None:
    """The root node of the first view that a page names; None if the page is a node itself."""
    if page.children or page.members:
        return None
    return next((view for view in page.views if view != page.url), None)


def find_roots(url: str, fetch: Fetch, names: tuple[str, ...] = ()) -> Roots:
    """The roots behind a root node, an event stream or a catalogue of them.

    Args:
        url: the URL of one of these.
        fetch: gets a page.
        names: last parts of the streams' URLs, of those that a catalogue lists; all if empty.

    Raises:
        SourceError: there is nothing of the kind.
    """
    answer = _get(url, fetch)
    if answer.status in _CLOSED:
        return Roots((), {url: answer.status})
    quads, page = _quads(url, answer), f"<{answer.url}>"
    if (page, vocab.TYPE, vocab.NODE) in {quad[:3] for quad in quads}:
        return Roots((value_of(page),))
    if views := views_in(quads):
        return Roots(views)
    named = {s for s, p, o, _ in quads if p == vocab.TYPE and o == vocab.EVENT_STREAM} | {
        o for _, p, o, _ in quads if p == _DATASET
    }
    streams = sorted(value_of(term) for term in named if term.startswith("<"))
    if not streams:
        raise SourceError(
            f"{url}: is neither a node of a view, nor an event stream, nor a catalogue of them"
        )
    return _of_streams(_named(streams, names), fetch)


def _named(streams: list[str], names: tuple[str, ...]) -> list[str]:
    by_name = {stream.rstrip("/").rpartition("/")[2]: stream for stream in streams}
    if unknown := [name for name in names if name not in by_name]:
        raise SourceError(
            f"there is no stream {', '.join(unknown)} here; there is {', '.join(by_name)}"
        )
    return [by_name[name] for name in names] or streams


def _of_streams(streams: list[str], fetch: Fetch) -> Roots:
    urls: list[str] = []
    closed: dict[str, int] = {}
    for stream in streams:
        answer = _get(stream, fetch)
        if answer.status in _CLOSED:
            closed[stream] = answer.status
            continue
        urls += views_in(_quads(stream, answer))
    if not urls and not closed:
        raise SourceError(f"{streams[0]}: the event streams of this catalogue have no view")
    return Roots(tuple(dict.fromkeys(urls)), closed)


def _get(url: str, fetch: Fetch) -> Response:
    try:
        return fetch(url, NQUADS)
    except OSError as error:
        raise SourceError(f"{url}: no answer: {error}") from error


def _quads(url: str, answer: Response) -> list[Quad]:
    if answer.status != 200 or answer.media_type != NQUADS:
        came = f"{answer.status} {answer.media_type}".strip()
        raise SourceError(f"{url}: N-Quads were asked for, {came} came")
    try:
        return list(read_lines(answer.body))
    except ValueError as error:
        raise SourceError(f"{url}: the body is not N-Quads: {error}") from error
