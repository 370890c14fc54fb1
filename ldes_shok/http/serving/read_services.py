"""The services of a process that only reads the log: no RDF library, no writer."""

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
    """What the handlers of streams and nodes use: built once, never changed.

    Attributes:
        public_url: base of every IRI, no slash at the end.
        streams: the event streams by name, in the order of the catalogue.
        access: who may read which stream.
        guesses: counts wrong tokens by address.
        audit: records who read a restricted stream.
        clock: the time of audit records and answers.
        reader: the log; for the threads of `reads` only.
        reads: the threads that read the log for the event loop, which never reads it.
        pages: nodes as bytes; for the event loop's thread only.
        hypermedia: the stream documents.
        html: pages for people.
        retry_after_seconds: the value of Retry-After.
        compress_min_bytes: smaller bodies are not compressed.
        metrics: the counters.
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
