"""A small stream in a log, and its pages as a server gives them: sound until a test damages it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from ldes_shok.clock import to_milliseconds
from ldes_shok.fragmentation.tree import Policy
from ldes_shok.fsck import Response, StoredStream
from ldes_shok.fsck.forms import FORMS
from ldes_shok.ldes.member import FIRST_POSITION, Draft, Form, Summary, Triple
from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.log.pack import encode_pack, pack_checksum
from ldes_shok.log.records import Commit, MemberRecord
from ldes_shok.log.sqlite.packs import read_packs
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.rows import STREAM_COLUMNS, member_id, row_of_head, row_of_stream
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.pipeline.archive import LeafArchiver, archive_all
from ldes_shok.pipeline.stream_writer import Sealer, StreamWriter
from ldes_shok.rdf import vocab
from ldes_shok.rdf.blocks import BlockRenderer
from ldes_shok.rdf.canonical import canonical_nquads
from ldes_shok.rdf.context import JsonLdContext, load_context
from ldes_shok.rdf.templates import TemplateWriter
from ldes_shok.rdf.terms import decimal, iri
from ldes_shok.rdf.turtle import TurtleWriter
from ldes_shok.representation.hypermedia import HypermediaWriter, node_iri
from ldes_shok.representation.media import FORM_OF, MEDIA_TYPES
from ldes_shok.representation.pages import PageCache, Pages
from tests.support.drafts import draft_of
from tests.support.logs import identity_of

BASE: Final = "http://shok.test"
STREAM: Final = EventStream(
    name="kasten",
    kind="kasten",
    iri=f"{BASE}/kasten",
    view_iri=f"{BASE}/kasten/by-time",
    shape_iri=f"{BASE}/shapes/kasten",
    title_nl="Kasten",
    title_en="Cabinets",
    description_nl="",
    description_en="",
    access=Access.OPEN,
    versioned_by="",
    polling_interval_seconds=60,
)
ROOT: Final = STREAM.view_iri
NQUADS: Final = "application/n-quads"
POLICY: Final = Policy(leaf_members=3, bucket_leaves=2, sparse_month_members=4)
HOURS: Final = (
    (2026, 5, 12, 8), (2026, 5, 12, 9), (2026, 5, 12, 10), (2026, 5, 12, 11), (2026, 5, 12, 12),
    (2026, 5, 12, 13), (2026, 5, 12, 14), (2026, 5, 12, 15), (2026, 5, 13, 9), (2026, 6, 1, 0),
    (2026, 6, 1, 1),
)  # fmt: skip
"""When members are published; day 12 has more than its two leaves hold, June is open."""


@cache
def context() -> JsonLdContext:
    """The context that ships."""
    return load_context()


def canonical(body: bytes, form: Form, base: str) -> str:
    """As `check_stream` wants it."""
    return canonical_nquads(body, form, context(), base)


def published_at(number: int) -> int:
    """When the n-th member is published, milliseconds since 1970."""
    return to_milliseconds(datetime(*HOURS[number], tzinfo=UTC))


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
    summary = Summary("Observatie", f"K{number}", f"{number}.50", "2026-05-12T08:00:00Z")
    return draft_of(triples, STREAM.name, f"{BASE}/id/observatie/{number}", summary)


@dataclass(slots=True)
class Site:
    """Answers by URL and media type; a test changes them in place."""

    answers: dict[tuple[str, str], Response] = field(default_factory=dict)

    def fetch(self, url: str, accept: str) -> Response:
        return self.answers.get((url, accept), Response(url, 404, {}, b""))

    def body(self, url: str) -> str:
        return self.answers[url, NQUADS].body.decode()

    def edit(self, url: str, change: Callable[[str], str], media_type: str = NQUADS) -> Site:
        """Change the body of a page, headers kept. Fails if nothing changes."""
        old = self.answers[url, media_type]
        body = change(old.body.decode()).encode()
        assert body != old.body, "the damage did no damage"
        self.answers[url, media_type] = replace(old, body=body)
        return self

    def swap(self, url: str, pattern: str, by: str) -> Site:
        """Replace the first match of a pattern on a page."""
        return self.edit(url, lambda body: re.sub(pattern, by, body, count=1, flags=re.MULTILINE))

    def answer(self, url: str, *, status: int = 200, **headers: str) -> Site:
        """Another status, and headers laid over a page's own; underscores stand for dashes."""
        old = self.answers[url, NQUADS]
        new = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[url, NQUADS] = replace(old, status=status, headers={**old.headers, **new})
        return self


class SmallStream:
    """The stream in a log of its own.

    Attributes:
        path: the log's file.
        site: its pages; see `serve`.
        stored: what the oracle compares with.
    """

    def __init__(self, directory: Path, members: int = len(HOURS)) -> None:
        self.path = directory / "log.db"
        self._writer = SqliteLogWriter(self.path, identity_of(BASE))
        self._reader = SqliteLogReader(self.path, BASE)
        self._hypermedia = HypermediaWriter(f"{BASE}/context.jsonld")
        self._renderer = BlockRenderer(TemplateWriter(TurtleWriter(), context()))
        self._stream = StreamWriter(STREAM, self._writer, POLICY, 50)
        self._published = 0
        self.stored = StoredStream(self._reader, STREAM, self._hypermedia)
        self.site = Site()
        self.publish(members)

    def publish(self, count: int) -> None:
        """Publish the next members, one commit each, and serve."""
        for number in range(self._published, self._published + count):
            made = draft(number)
            (stamp,) = self._stream.stamps([made.entity], published_at(number))
            member = self._renderer.render(made, stamp, STREAM.iri)
            self._stream.append([member])
            self._commit()
        self._published += count
        self.serve()

    def seal(self, instant: datetime) -> None:
        """Seal what is over, and serve."""
        self._stream.seal_until(to_milliseconds(instant))
        self._commit()
        self.serve()

    def use(self, policy: Policy) -> None:
        """Go on as after a restart with another policy."""
        self._stream = StreamWriter(STREAM, self._writer, policy, 50)

    def serve(self) -> None:
        """Make all pages from the log."""
        pages = Pages(self._reader, self._hypermedia, PageCache(0))
        self.site.answers.clear()
        for path in ["", *self.stored.nodes()]:
            node = pages.node(STREAM, path)
            assert node is not None
            caching = "public, max-age=604800, immutable" if node.sealed else "public, max-age=5"
            url = node_iri(STREAM, path)
            for format_ in FORMS:
                media_type = MEDIA_TYPES[format_]
                body = pages.render(STREAM, node, FORM_OF[format_]).body
                headers = {"content-type": f"{media_type}; x=y", "cache-control": caching}
                self.site.answers[url, media_type] = Response(url, 200, headers, body)

    def damage(self, statement: str, *values: object) -> None:
        """Change the log behind the service's back."""
        with sqlite3.connect(self.path) as connection:
            cursor = connection.execute(statement, values)
            assert cursor.rowcount > 0, "the damage did no damage"
        connection.close()
        # Who read the log before has some of it decoded: the oracle comes with a fresh reader.
        self._reader.close()
        self._reader = SqliteLogReader(self.path, BASE)
        self.stored = StoredStream(self._reader, STREAM, self._hypermedia)

    def rewrite_member(self, number: int, **changes: object) -> None:
        """Another n-th member as a sound row."""
        id_ = member_id(1, FIRST_POSITION + number)
        with closing(sqlite3.connect(self.path)) as connection:
            (pack,) = read_packs(connection, id_, id_ + 1)
        members = pack.decode()
        members[id_ - pack.id] = msgspec.structs.replace(members[id_ - pack.id], **changes)
        body = encode_pack(members)
        statement = "UPDATE pack SET body = ?, checksum = ? WHERE id = ?"
        self.damage(statement, body, pack_checksum(pack.id, pack.members, body), pack.id)

    def rewrite_values(self, number: int, change: Callable[[str], str]) -> None:
        """Other texts of the n-th member, as a sound row."""
        id_ = member_id(1, FIRST_POSITION + number)
        with closing(sqlite3.connect(self.path)) as connection:
            (pack,) = read_packs(connection, id_, id_ + 1)
        old = pack.decode()[id_ - pack.id].values
        new = tuple(map(change, old))
        assert new != old, "the damage did no damage"
        self.rewrite_member(number, values=new)

    def rewrite_stream(self, **changes: Any) -> None:
        """Another record of the stream, as a sound row."""
        columns = STREAM_COLUMNS.replace(",", " = ?,")
        row = row_of_stream(1, replace(self.stored.record(), **changes))
        self.damage(f"UPDATE stream SET {columns} = ?", *row)  # noqa: S608  constants

    def rewrite_head(self, path: str, change: Callable[[bytes], bytes]) -> None:
        """Another head of a node in Turtle, as a sound row."""
        head = self._reader.sealed_head(STREAM.name, path, Form.TURTLE)
        assert head is not None
        changed = row_of_head(1, replace(head, prefix=change(head.prefix)))
        self.damage("INSERT OR REPLACE INTO sealed_head VALUES (?, ?, ?, ?, ?, ?, ?)", *changed)

    def close(self) -> None:
        """Let go of the log."""
        self._reader.close()
        self._writer.close()

    def _commit(self) -> None:
        members = self._stream.take_members()
        nodes = self._stream.take_nodes()
        heads = Sealer(self._hypermedia, self._reader).heads(
            STREAM, {record.node.path: record.node for record in nodes}
        )
        record = self._stream.take_record()
        self._writer.commit(
            Commit(
                members=tuple(MemberRecord(member, 1) for member in members),
                nodes=tuple(nodes),
                heads=tuple(heads),
                streams=(record,) if record is not None else (),
            )
        )
        archive_all(self._writer, LeafArchiver(self._reader, self._hypermedia))
