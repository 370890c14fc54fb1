"""From any URL that people have at hand to the root nodes that are to be crawled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ldes_shok.errors import CheckImpossible
from ldes_shok.fsck.crawl import NQUADS
from ldes_shok.fsck.fetching import Fetch, Response
from ldes_shok.fsck.page import EVENT_STREAM, TREE_NODE
from ldes_shok.rdf.lines import Quad, read_lines
from ldes_shok.rdf.terms import value_of
from ldes_shok.rdf.vocab import PREFIXES, TYPE

_TREE: Final = PREFIXES["tree"]
_VIEW: Final = f"<{_TREE}view>"
_DATASET: Final = "<http://www.w3.org/ns/dcat#dataset>"
_CLOSED: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Roots:
    """Where to begin.

    Attributes:
        urls: the root nodes.
        closed: streams that the server does not show us, to be told.
    """

    urls: tuple[str, ...]
    closed: tuple[str, ...] = ()


def find_roots(url: str, fetch: Fetch, names: tuple[str, ...] = ()) -> Roots:
    """The roots behind a root node, an event stream or a catalogue of them.

    Args:
        url: of one of these.
        fetch: gets a page.
        names: last parts of the streams' URLs, of those that a catalogue lists; all if empty.

    Raises:
        CheckImpossible: nothing of the kind is there.
    """
    quads, page = _read(url, fetch)
    if (page, TYPE, TREE_NODE) in {quad[:3] for quad in quads}:
        return Roots((value_of(page),))
    views = _objects(quads, _VIEW)
    if views:
        return Roots(views)
    named = {s for s, p, o, _ in quads if p == TYPE and o == EVENT_STREAM} | {
        o for _, p, o, _ in quads if p == _DATASET
    }
    streams = sorted(value_of(term) for term in named if term.startswith("<"))
    if not streams:
        raise CheckImpossible(
            f"{url}: is neither a node of a view, nor an event stream, nor a catalogue of them"
        )
    return _of_streams(_named(streams, names), fetch)


def _named(streams: list[str], names: tuple[str, ...]) -> list[str]:
    by_name = {stream.rstrip("/").rpartition("/")[2]: stream for stream in streams}
    if unknown := [name for name in names if name not in by_name]:
        raise CheckImpossible(
            f"there is no stream {', '.join(unknown)} here; there is {', '.join(by_name)}"
        )
    return [by_name[name] for name in names] or streams


def _of_streams(streams: list[str], fetch: Fetch) -> Roots:
    urls: list[str] = []
    closed: list[str] = []
    for stream in streams:
        answer = _get(stream, fetch)
        if answer.status in _CLOSED:
            closed.append(stream)
            continue
        urls += _objects(_quads(stream, answer), _VIEW)
    if not urls and not closed:
        raise CheckImpossible(f"{streams[0]}: the event streams of this catalogue have no view")
    return Roots(tuple(dict.fromkeys(urls)), tuple(closed))


def _read(url: str, fetch: Fetch) -> tuple[list[Quad], str]:
    answer = _get(url, fetch)
    if answer.status in _CLOSED:
        raise CheckImpossible(
            f"{url}: answers {answer.status}; name the variable that holds a token of this "
            "stream with --token-env"
        )
    return _quads(url, answer), f"<{answer.url}>"


def _get(url: str, fetch: Fetch) -> Response:
    try:
        return fetch(url, NQUADS)
    except OSError as error:
        raise CheckImpossible(f"{url}: no answer: {error}") from error


def _quads(url: str, answer: Response) -> list[Quad]:
    if answer.status != 200 or answer.media_type != NQUADS:
        came = f"{answer.status} {answer.media_type}".strip()
        raise CheckImpossible(f"{url}: N-Quads were asked for, {came} came")
    try:
        return list(read_lines(answer.body))
    except ValueError as error:
        raise CheckImpossible(f"{url}: the body is not N-Quads: {error}") from error


def _objects(quads: list[Quad], predicate: str) -> tuple[str, ...]:
    found = (o for _, p, o, _ in quads if p == predicate and o.startswith("<"))
    return tuple(dict.fromkeys(value_of(term) for term in found))
