"""A small tree of pages, sound until a test damages it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ldes_shok.clock import format_milliseconds, to_milliseconds
from ldes_shok.fsck import Response
from ldes_shok.ldes.member import FIRST_POSITION, Draft, Form, Member, Stamp, Summary, Triple
from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.rdf import vocab
from ldes_shok.rdf.blocks import BlockRenderer, stamped
from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.terms import decimal, iri
from ldes_shok.rdf.turtle import TurtleWriter
from datetime import UTC, datetime

BASE = "http://shok.test"
STREAM = EventStream(
    name="kasten",
    iri=f"{BASE}/kasten",
    view_iri=f"{BASE}/kasten/by-time",
    shape_iri=f"{BASE}/shapes/kasten",
    title_nl="Kasten",
    title_en="Cabinets",
    description_nl="",
    access=Access.OPEN,
    versioned_by="",
    polling_interval_seconds=60,
)
ROOT = STREAM.view_iri
START = to_milliseconds(datetime(2026, 5, 12, 8, tzinfo=UTC))
NQUADS = "application/n-quads"


@dataclass(slots=True)
class Site:
    """Answers by URL and media type; a test changes them in place."""

    answers: dict[tuple[str, str], Response] = field(default_factory=dict)

    def fetch(self, url: str, accept: str) -> Response:
        return self.answers.get((url, accept), Response(url, 404, {}, b""))

    def put(self, url: str, body: bytes, *, immutable: bool, media_type: str = NQUADS) -> None:
        caching = "public, max-age=604800, immutable" if immutable else "public, max-age=5"
        headers = {"content-type": media_type, "cache-control": caching}
        self.answers[url, media_type] = Response(url, 200, headers, body)

    def body(self, url: str) -> str:
        return self.answers[url, NQUADS].body.decode()

    def edit(self, url: str, change: Callable[[str], str]) -> None:
        """Change the N-Quads of a page, headers kept. Fails if nothing changes."""
        old = self.answers[url, NQUADS]
        body = change(old.body.decode()).encode()
        assert body != old.body
        self.answers[url, NQUADS] = Response(old.url, old.status, old.headers, body)

    def replace(self, url: str, pattern: str, by: str) -> None:
        """Replace the first match of a pattern on a page."""
        self.edit(url, lambda body: re.sub(pattern, by, body, count=1, flags=re.MULTILINE))

    def headers(self, url: str, **headers: str) -> None:
        """Lay headers over a page's own; underscores stand for dashes."""
        old = self.answers[url, NQUADS]
        new = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[url, NQUADS] = Response(
            old.url, old.status, {**old.headers, **new}, old.body
        )


def draft(number: int) -> Draft:
    """The n-th member, an invented observation with two blank nodes."""
    subject = f"{BASE}/id/observatie/{number}/v1"
    result, moment = "_:b0", "_:b1"
    triples: tuple[Triple, ...] = (
        (iri(subject), vocab.TYPE, vocab.OBSERVATION),
        (iri(subject), vocab.IS_VERSION_OF, iri(f"{BASE}/id/observatie/{number}")),
        (iri(subject), vocab.HAS_RESULT, result),
        (result, vocab.TYPE, vocab.QUANTITY_VALUE),
        (result, vocab.VALUE, decimal(f"{number}.50")),
        (iri(subject), vocab.PHENOMENON_TIME, moment),
        (moment, vocab.TYPE, vocab.INSTANT),
    )
    summary = Summary("Observatie", f"K{number}", f"{number}.50", "")
    return Draft(STREAM.name, subject, f"{BASE}/id/observatie/{number}", triples, summary)


def member(number: int, published_ms: int) -> Member:
    """The n-th member, counted from 0, as the pipeline renders it."""
    made, stamp = draft(number), Stamp(FIRST_POSITION + number, published_ms)
    renderer = BlockRenderer(TurtleWriter(), load_context())
    return renderer.render(made, stamp, stamped(made, stamp), STREAM.iri)


def block(number: int, published_ms: int) -> str:
    """The n-th member's N-Quads."""
    return member(number, published_ms).text(Form.NTRIPLES).decode()


def moment(milliseconds: int) -> str:
    """An instant as it stands in a page."""
    return format_milliseconds(milliseconds)
