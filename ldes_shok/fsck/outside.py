"""A check from outside, over HTTP, of the views behind a URL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldes_shok.client.discovery import find_roots
from ldes_shok.client.fetching import Fetch
from ldes_shok.errors import CheckImpossible, SourceError
from ldes_shok.fsck.check import Check, StreamCheck
from ldes_shok.fsck.finding import Item, Remark
from ldes_shok.fsck.forms import Canonical

_CLOSED = "it needs a token, so it was not checked; see --token-env"


@dataclass(frozen=True, slots=True)
class Outside:
    """The target of the check.

    Attributes:
        url: a root node, an event stream or a catalogue.
        streams: last parts of the streams' URLs, of those that a catalogue lists; all if empty.
        forms_every: all RDF forms of every n-th page are compared.
    """

    url: str
    streams: tuple[str, ...] = ()
    forms_every: int = 50


def check_url(outside: Outside, fetch: Fetch, canonical: Canonical) -> Iterator[Item]:
    """Crawl every view that the URL leads to.

    Raises:
        CheckImpossible: the URL leads to no view.
    """
    try:
        roots = find_roots(outside.url, fetch, outside.streams)
    except SourceError as error:
        raise CheckImpossible(str(error)) from error
    if (status := roots.closed.get(outside.url)) is not None:
        raise CheckImpossible(
            f"{outside.url}: answers {status}; name the variable that holds a token of this "
            "stream with --token-env"
        )
    for stream in roots.closed:
        yield Remark(stream, _CLOSED)
    for root in roots.urls:
        check = Check(canonical=canonical, forms_every=outside.forms_every)
        yield from StreamCheck(root, fetch, check).watch()
