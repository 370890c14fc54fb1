"""Checks a stream in the log without HTTP. Memory does not grow with the stream."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from functools import partial

from ldes_shok.fsck.finding import Finding, Invariant, Item
from ldes_shok.fsck.guard import guarded, unreadable
from ldes_shok.fsck.stored import Moment, StoredStream
from ldes_shok.fsck.tree_check import TreeCheck
from ldes_shok.fsck.version_check import VersionCheck
from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.log.records import MemberRow
from ldes_shok.log.walk_step import Step
from ldes_shok.representation.hypermedia import node_iri


def check_stored(stored: StoredStream) -> Iterator[Item]:
    """Check P3, P4, P5 and P12 in the log, at one moment; a service may write it meanwhile.

    It always ends; data that cannot be read becomes a finding.
    """
    try:
        moment = stored.moment()
    except Exception as error:  # noqa: BLE001  damaged rows break decoders in every way
        yield unreadable(stored.stream.iri, error)
        return
    yield from guarded(partial(_members, stored, moment), stored.stream.iri)
    yield from guarded(partial(_sealed_pages, stored, moment), stored.stream.view_iri)


def _members(stored: StoredStream, moment: Moment) -> Iterator[Item]:
    """Check P3: contiguous, never back in time, each thing once in a millisecond.

    P5: each member is found under its IRI. P12: each member is in the right nodes.
    """
    record, url = moment.record, stored.stream.iri
    tree, versions = TreeCheck(stored, moment), VersionCheck(record.policies)
    expected, last_ms = FIRST_POSITION, 0
    for rows in stored.ranges(record.members):
        if not rows:
            break
        for row in rows:
            if row.position != expected:
                sentence = f"the log has position {row.position} where {expected} is expected"
                yield Finding(Invariant.ORDER, url, sentence)
            if row.published_ms < last_ms:
                yield Finding(Invariant.ORDER, url, f"in the log {row.iri} goes back in time")
            expected, last_ms = row.position + 1, row.published_ms
            if versions.meets_again(row):
                sentence = f"{row.iri} shares its publication time with another of its versions"
                yield Finding(Invariant.ORDER, url, sentence)
            yield from _found_by_iri(stored, row)
            tree.take(row)
        yield from tree.compare_sealed()
        yield Step(f"{stored.stream.name}: members", expected - FIRST_POSITION, record.members)
    if expected != moment.end_position:
        sentence = f"the log counts {record.members} members and has {expected - FIRST_POSITION}"
        yield Finding(Invariant.ORDER, url, sentence)
    if record.last_ms < last_ms:
        yield Finding(Invariant.ORDER, url, "the log's newest time is before its newest member")
    yield from tree.end()


def _found_by_iri(stored: StoredStream, row: MemberRow) -> Iterator[Finding]:
    """Check that each IRI leads back to its member: then no two members share an IRI."""
    found = stored.reader.member(row.iri)
    if found == row:
        return
    other = "nothing" if found is None else f"{found.stream} {found.position}"
    sentence = f"{row.iri} stands at {row.position}, and its IRI leads to {other}"
    yield Finding(Invariant.COMPLETE, stored.stream.iri, sentence)


def _sealed_pages(stored: StoredStream, moment: Moment) -> Iterator[Item]:
    """Check P4: every sealed page, rendered again, has its stored digest and bytes."""
    members = 0
    for node in stored.walk():
        if node.first_position >= moment.end_position:
            continue
        if node.sealed:
            place = node_iri(stored.stream, node.path)
            for form in Form:
                yield from guarded(partial(_page, stored, node, form), place)
        if node.kind is NodeKind.LEAF:
            # An open leaf may have grown since.
            members += min(node.members, moment.end_position - node.first_position)
            yield Step(f"{stored.stream.name}: pages", members, moment.record.members)


def _page(stored: StoredStream, node: Node, form: Form) -> Iterator[Finding]:
    """One sealed page from its head, members and tail, put together here, not by the service."""
    name, url = stored.stream.name, node_iri(stored.stream, node.path)
    head = stored.reader.sealed_head(name, node.path, form)
    if head is None:
        yield Finding(Invariant.SEALED, url, f"it is sealed without a {form.value} head")
        return
    blocks: Sequence[bytes] = ()
    if node.kind is NodeKind.LEAF:
        blocks = stored.reader.blocks(name, node.first_position, node.members, form)
    body = head.prefix + stored.hypermedia.separator(form).join(blocks) + head.suffix
    if head.digest and hashlib.sha256(body).digest() != head.digest:
        sentence = f"its {form.value} bytes are not those that were sealed"
        yield Finding(Invariant.SEALED, url, sentence)
    archived = stored.reader.archived_page(name, node.path, form)
    if archived is None:
        return
    try:
        kept = gzip.decompress(archived)
    except (OSError, EOFError, zlib.error) as error:
        yield Finding(Invariant.SEALED, url, f"its stored {form.value} page is no gzip: {error}")
        return
    if kept != body:
        sentence = f"its stored {form.value} page is not what the log gives"
        yield Finding(Invariant.REBUILT, url, sentence)
