"""What a service does around its log, without one: pages for the oracle, archives of leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ldes_shok.fsck import Check, EarlierCrawl, Fetch, Report, Response, StoredStream, check_stream
from ldes_shok.log.records import LeafArchive
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.pipeline.archive import LeafArchiver
from ldes_shok.representation.media import FORM_OF, MEDIA_TYPES
from ldes_shok.representation.pages import PageCache, Pages
from tests.support.vertical import BASE, Vertical

_FORM_OF_MEDIA: Final = {MEDIA_TYPES[format_]: form for format_, form in FORM_OF.items()}
_SEALED: Final = "public, max-age=604800, immutable"
_OPEN: Final = "public, max-age=5"


def fetch_from(vertical: Vertical, before: Callable[[], None] = lambda: None) -> Fetch:
    """Pages by URL, assembled anew each time; `before` is called ahead of every one."""
    pages = Pages(vertical.reader, vertical.hypermedia, PageCache(0))

    def fetch(url: str, accept: str) -> Response:
        before()
        name, _, path = url.removeprefix(f"{BASE}/").partition("/by-time")
        stream, path = vertical.stream(name), path.removeprefix("/")
        node = pages.node(stream, path)
        if node is None:
            return Response(url, 404, {}, b"")
        body = pages.render(stream, node, _FORM_OF_MEDIA[accept]).body
        caching = _SEALED if node.sealed else _OPEN
        return Response(url, 200, {"content-type": accept, "cache-control": caching}, body)

    return fetch


def check_vertical(
    vertical: Vertical,
    previous: Mapping[str, Report] | None = None,
    *,
    streams: Iterable[str] = STREAMS,
    fetch: Fetch | None = None,
) -> dict[str, Report]:
    """Ask the oracle about the streams of a log, compared with the log itself.

    Args:
        vertical: whose log.
        previous: reports of an earlier call, by stream: nothing sealed may have changed.
        streams: which of them.
        fetch: gets the pages; by default `fetch_from`.

    Raises:
        AssertionError: something is not as promised; holds every finding.
    """
    reports: dict[str, Report] = {}
    for name in streams:
        stream = vertical.stream(name)
        before = (previous or {}).get(name)
        check = Check(
            stored=StoredStream(vertical.reader, stream, vertical.hypermedia),
            previous=before.snapshot if before is not None else EarlierCrawl(),
        )
        reports[name] = check_stream(stream.view_iri, fetch or fetch_from(vertical), check)
    found = [str(finding) for report in reports.values() for finding in report.findings]
    assert not found, "\n".join(found)
    return reports


def leaf_archives(vertical: Vertical, limit: int) -> list[LeafArchive]:
    """The pages of the oldest sealed leaves that are not archived yet, at most `limit`."""
    archiver = LeafArchiver(vertical.reader, vertical.hypermedia)
    return [archiver.make(record) for record in vertical.log.unarchived(limit)]
