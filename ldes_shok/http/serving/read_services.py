"""What a process needs that only reads the log: no RDF library, nothing that writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from ldes_shok.clock import Clock
from ldes_shok.http.access.policy import StreamAccess
from ldes_shok.http.access.wrong_tokens import Guesses
from ldes_shok.http.serving.page_builds import Builds
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.reads import Reads
from ldes_shok.observability.audit import Audit
from ldes_shok.observability.metrics import Metrics
from ldes_shok.representation.html.renderer import HtmlRenderer
from ldes_shok.representation.hypermedia import HypermediaWriter


@dataclass(frozen=True, slots=True)
class ReadServices:
    """What the handlers of streams and nodes work with: built once, never changed.

    Attributes:
        public_url: base of every IRI, no slash at the end.
        streams: the event streams by name, in the order of the catalogue.
        access: who may read which stream.
        guesses: how many wrong tokens came from where.
        audit: where it is written down who read what is restricted.
        clock: says when.
        reader: the log; for the threads of `reads` only.
        reads: those that read it for the event loop, which never does.
        pages: nodes as bytes; for the event loop's thread only.
        hypermedia: the stream documents.
        html: pages for people.
        retry_after_seconds: what Retry-After says.
        compress_min_bytes: smaller bodies are sent as they are.
        metrics: what is counted.
    """

    public_url: str
    streams: Mapping[str, EventStream]
    access: StreamAccess
    guesses: Guesses
    audit: Audit
    clock: Clock
    reader: LogReader
    reads: Reads
    pages: Builds
    hypermedia: HypermediaWriter
    html: HtmlRenderer
    retry_after_seconds: int
    compress_min_bytes: int
    metrics: Metrics


READING: Final = web.AppKey("READING", ReadServices)
