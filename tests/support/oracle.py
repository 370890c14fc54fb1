"""The oracle asked over HTTP: every suite that runs a service ends with it."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterable

from ldes_shok.fsck import Check, EarlierCrawl, Report, Response, StoredStream, check_stream
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.mapping.streams import WITH_VERSION_TIME
from ldes_shok.rdf.canonical import canonical_nquads
from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.vocab import VERSION_TIME_IRI
from ldes_shok.representation.hypermedia import HypermediaWriter
from tests.support.logs import Where, open_reader
from tests.support.service import STREAMS, request

_PARSING = threading.Lock()


def fetch(url: str, accept: str) -> Response:
    """A page over HTTP."""
    status, headers, body = request(url, headers={"Accept": accept, "Accept-Encoding": "gzip"})
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return Response(url, status, headers, body)


def canonical(body: bytes, form: Form, base: str) -> str:
    """Canonical N-Quads, JSON-LD read with the context that ships."""
    # rdflib's switch for literals holds for the whole process, and two services may be looked at.
    with _PARSING:
        return canonical_nquads(body, form, load_context(), base)


def described(url: str, name: str) -> EventStream:
    """A stream of a service at `url`: its titles are the defaults, its description is its own."""
    iri = f"{url}/{name}"
    said = re.compile(r'<http://purl.org/dc/terms/description> "(.*)"@(nl|en) \.')
    document = fetch(iri, "application/n-triples").body.decode()
    description = {language: text for text, language in said.findall(document)}
    return EventStream(
        name=name,
        kind=name,
        iri=iri,
        view_iri=f"{iri}/by-time",
        shape_iri=f"{url}/shapes/{name}",
        title_nl=_TITLES[name][0],
        title_en=_TITLES[name][1],
        description_nl=description["nl"],
        description_en=description["en"],
        access=Access.OPEN,
        versioned_by=VERSION_TIME_IRI if name in WITH_VERSION_TIME else "",
        polling_interval_seconds=60,
    )


def stored_stream(reader: LogReader, url: str, stream: EventStream) -> StoredStream:
    """What the log of a service at `url` holds of a stream."""
    return StoredStream(reader, stream, HypermediaWriter(f"{url}/context.jsonld"))


def check_service(
    url: str,
    log_path: Where | None = None,
    *,
    previous: dict[str, EarlierCrawl] | None = None,
    streams: Iterable[str] = STREAMS,
    forms_every: int = 0,
) -> dict[str, Report]:
    """Ask the oracle about every stream of a service; fails with its findings.

    Args:
        url: the public URL; all the streams are open and have their default titles.
        log_path: its log, to be compared with; read beside the writer.
        previous: snapshots of an earlier call, by stream: nothing sealed may have changed.
        streams: which of them.
        forms_every: compares the RDF forms of every so-many-th page (P9); 0 of none.

    Raises:
        AssertionError: something is not as promised.
    """
    reports: dict[str, Report] = {}
    reader = open_reader(log_path, url) if log_path is not None else None
    try:
        for name in streams:
            check = Check(
                stored=stored_stream(reader, url, described(url, name))
                if reader is not None
                else None,
                previous=(previous or {}).get(name, EarlierCrawl()),
                canonical=canonical if forms_every else None,
                forms_every=max(forms_every, 1),
            )
            reports[name] = check_stream(f"{url}/{name}/by-time", fetch, check)
    finally:
        if reader is not None:
            reader.close()
    found = [str(finding) for report in reports.values() for finding in report.findings]
    assert not found, "\n".join(found)
    return reports


def snapshots(reports: dict[str, Report]) -> dict[str, EarlierCrawl]:
    """What `check_service` wants as `previous` next time."""
    return {name: report.snapshot for name, report in reports.items()}


_TITLES = {
    "kasten": ("Kasten", "Cabinets"),
    "techniek": ("Techniek", "Technical"),
    "verbruik": ("Verbruik", "Consumption"),
    "verbruik-beheer": ("Verbruik (beheer)", "Consumption (management)"),
    "verbruik-individueel": ("Individueel verbruik", "Individual consumption"),
    "reservaties": ("Reservaties", "Reservations"),
    "reservaties-open": ("Reservaties (open)", "Reservations (open)"),
}
