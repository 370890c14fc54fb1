"""Checks of each page by itself, without the pages around it."""

from __future__ import annotations

from collections.abc import Iterator

from ldes_shok.client.page import Page, PageMember, date_time_ms
from ldes_shok.fsck.crawl import Visit
from ldes_shok.fsck.finding import Finding, Invariant
from ldes_shok.ldes.member import Term
from ldes_shok.rdf import vocab
from ldes_shok.rdf.lines import Quad
from ldes_shok.rdf.terms import value_of

_TRUE = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'


def check_page(visit: Visit, timestamp_path: Term) -> Iterator[Finding]:
    """Check everything that one page shows."""
    yield from _hypermedia(visit, timestamp_path)
    yield from _immutability(visit)
    yield from _contents(visit)
    yield from _profile(visit)
    for member in visit.page.members:
        yield from _member(visit, member, timestamp_path)


def _hypermedia(visit: Visit, timestamp_path: Term) -> Iterator[Finding]:
    page = visit.page

    def wrong(sentence: str) -> Finding:
        return Finding(Invariant.HYPERMEDIA, page.url, sentence)

    if len(page.streams) != 1:
        yield wrong(f"{len(page.streams)} streams have this page as tree:view, it must be one")
        return
    stream = page.streams[0]
    if page.values(page.term, vocab.TYPE) != (vocab.NODE,):
        yield wrong("the page is not typed tree:Node, once")
    if page.values(stream, vocab.TYPE) != (vocab.EVENT_STREAM,):
        yield wrong("its stream is not typed ldes:EventStream, once")
    if page.values(stream, vocab.LDES_TIMESTAMP_PATH) != (timestamp_path,):
        yield wrong("ldes:timestampPath is not the same IRI as on the root")
    versions = page.values(stream, vocab.LDES_VERSION_OF_PATH)
    if len(versions) != 1 or not versions[0].startswith("<"):
        yield wrong("ldes:versionOfPath is not one IRI")
    yield from _relations(visit, timestamp_path)


def _relations(visit: Visit, timestamp_path: Term) -> Iterator[Finding]:
    page = visit.page

    def wrong(sentence: str) -> Finding:
        return Finding(Invariant.HYPERMEDIA, page.url, sentence)

    for relation in page.relations:
        if relation.subject != page.term:
            yield wrong(f"{relation.subject} has a tree:relation here: only the page itself may")
    for subject, predicate, _, _ in page.statements:
        if predicate == vocab.TREE_MEMBER and subject not in page.streams:
            yield wrong(f"{subject} has a tree:member here and is not the stream")
    for relation in page.relations:
        if relation.paths != (timestamp_path,):
            yield wrong(
                f"the tree:path of a relation to {' '.join(relation.nodes)} is not the stream's"
            )


def _immutability(visit: Visit) -> Iterator[Finding]:
    page, response = visit.page, visit.response
    values = page.values(page.term, vocab.LDES_IMMUTABLE)

    def wrong(sentence: str) -> Finding:
        return Finding(Invariant.SEALED, page.url, sentence)

    if values not in ((), (_TRUE,)):
        yield wrong(f"ldes:immutable is {' '.join(values)}: it is true, once, or absent")
    elif bool(values) != response.is_immutable:
        header, triple = ("has", "has not") if response.is_immutable else ("has not", "has")
        yield wrong(f"the Cache-Control {header} immutable and the page {triple} ldes:immutable")
    if visit.is_root and response.is_immutable:
        yield wrong("the root can never be immutable")
    if visit.parent_immutable and not response.is_immutable:
        yield wrong("it may change, and the page that leads to it says that nothing does any more")


def _contents(visit: Visit) -> Iterator[Finding]:
    page = visit.page
    if page.members and page.relations:
        yield Finding(Invariant.BOUNDS, page.url, "it has members and relations: one of the two")
    if not visit.is_root and not page.members and not page.relations:
        yield Finding(Invariant.COMPLETE, page.url, "it is linked and empty")
    for subject, predicate, _, _ in page.orphans[:3]:
        sentence = f"{subject} {predicate} belongs neither to the hypermedia nor to a member"
        yield Finding(Invariant.PROFILE, page.url, sentence)


def _profile(visit: Visit) -> Iterator[Finding]:
    page = visit.page
    blocks, late_hypermedia = member_blocks(page)
    if late_hypermedia:
        subject, predicate, _, _ = late_hypermedia[0]
        sentence = f"hypermedia after the first member: {subject} {predicate}"
        yield Finding(Invariant.PROFILE, page.url, sentence)
    blank_nodes: dict[Term, Term] = {}
    for member in page.members:
        block = blocks.get(member.iri, ())
        if member.statements != tuple(block):
            sentence = (
                f"the block of {member.iri} has {len(block)} statements by the profile "
                f"and {len(member.statements)} by LDES 1.0, or in another order"
            )
            yield Finding(Invariant.PROFILE, page.url, sentence)
        own = {s for s, _, _, _ in member.statements if s.startswith("_:")}
        for label in own:
            other = blank_nodes.setdefault(label, member.iri)
            if other != member.iri:
                sentence = f"{other} and {member.iri} share the blank node {label}"
                yield Finding(Invariant.PROFILE, page.url, sentence)


def member_blocks(page: Page) -> tuple[dict[Term, list[Quad]], list[Quad]]:
    """The blocks of members by the TREE profile, section 4, and hypermedia in between."""
    blocks: dict[Term, list[Quad]] = {}
    late: list[Quad] = []
    block: list[Quad] | None = None
    page_term = page.term
    for quad in page.statements:
        if quad[1] == vocab.TREE_MEMBER:
            block = blocks.setdefault(quad[2], [])
        elif quad[0] == page_term or quad[1] == vocab.TREE_VIEW:
            if blocks:
                late.append(quad)
            block = None
        elif block is not None:
            block.append(quad)
    return blocks, late


def _member(visit: Visit, member: PageMember, timestamp_path: Term) -> Iterator[Finding]:
    url = visit.page.url
    if not member.iri.startswith("<"):
        yield Finding(Invariant.HYPERMEDIA, url, f"the member {member.iri} has no IRI")
        return
    times = member.values(timestamp_path)
    instant_ms = date_time_ms(times[0]) if len(times) == 1 else None
    if instant_ms is None:
        sentence = f"{value_of(member.iri)} has {len(times)} publication times, or none to read"
        yield Finding(Invariant.ORDER, url, sentence)
    elif not visit.bounds.hold(instant_ms):
        sentence = f"{value_of(member.iri)} at {times[0]} lies outside the bounds that lead here"
        yield Finding(Invariant.BOUNDS, url, sentence)
