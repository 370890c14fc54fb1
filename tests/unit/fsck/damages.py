"""Every kind of damage that the oracle must find, each with the invariant that it breaks."""

from __future__ import annotations

import re
from collections.abc import Callable

from ldes_shok.fsck import Invariant
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.records import PolicyRecord
from tests.unit.fsck.fake import ROOT, STREAM, Site, SmallStream, published_at

DAY = f"{ROOT}/2026/05/12"
LEAF = f"{DAY}/p1"
SECOND = f"{DAY}/p2"
OPEN = f"{ROOT}/2026/06/01/p1"
MONTH = f"{ROOT}/2026/05"
MEMBER = "http://shok.test/id/observatie/0/v1"

_VIEW = "<https://w3id.org/tree#view>"
_MEMBERSHIP = f"<{STREAM.iri}> <https://w3id.org/tree#member>"
TIME = r"(observatie/{n}/v1> <http://www.w3.org/ns/prov#generatedAtTime>) \"[^\"]+\""


def _drop(pattern: str) -> Callable[[str], str]:
    """Without the first line that matches."""
    return lambda body: re.sub(rf"^.*{pattern}.*\n", "", body, count=1, flags=re.MULTILINE)


def _drop_links_to(url: str) -> Callable[[str], str]:
    """Without any relation to a node."""

    def change(body: str) -> str:
        labels = re.findall(rf"^(_:\w+) <https://w3id.org/tree#node> <{url}>", body, re.MULTILINE)
        lines = [line for line in body.split("\n") if not any(at in line for at in labels)]
        return "\n".join(lines)

    return change


def _move_block(body: str) -> str:
    """The first two members change places."""
    head, *blocks = re.split(r"(?m)^(?=\S+ <https://w3id.org/tree#member>)", body)
    return "".join([head, blocks[1], blocks[0], *blocks[2:]])


def _without_member(body: str) -> str:
    head, *blocks = re.split(r"(?m)^(?=\S+ <https://w3id.org/tree#member>)", body)
    return "".join([head, *blocks[:1], *blocks[2:]])


def _members_of(body: str) -> str:
    return body[body.index(_MEMBERSHIP) :]


def _hypermedia_late(body: str) -> str:
    line = f"<{LEAF}> <http://purl.org/dc/terms/isPartOf> <{STREAM.iri}> .\n"
    return body.replace(line, "") + line


def _statement_far(body: str) -> str:
    """One statement of the first member stands behind the last."""
    found = re.search(
        rf"^<{MEMBER}> <http://purl.org/dc/terms/isVersionOf> .*\n", body, re.MULTILINE
    )
    line = found[0] if found else ""
    return body.replace(line, "") + line


def _upper_of(child: str, by: str) -> Callable[[str], str]:
    """Another upper bound on a relation."""

    def change(body: str) -> str:
        at = rf"(_:\w+l) <https://w3id.org/tree#node> <{child}>"
        label = re.search(at, body)
        assert label is not None
        return re.sub(rf'({label[1]} <https://w3id.org/tree#value>) "[^"]+"', rf'\1 "{by}"', body)

    return change


PAGE_DAMAGES: dict[str, tuple[Invariant, Callable[[SmallStream], Site]]] = {
    "a linked page is gone": (
        Invariant.ANSWER,
        lambda s: s.site.answer(LEAF, status=404),
    ),
    "a linked page fails": (
        Invariant.ANSWER,
        lambda s: s.site.answer(OPEN, status=503),
    ),
    "another type than was asked for": (
        Invariant.ANSWER,
        lambda s: s.site.answer(LEAF, content_type="text/turtle"),
    ),
    "a body that is cut off": (
        Invariant.ANSWER,
        lambda s: s.site.edit(LEAF, lambda body: body[:-40]),
    ),
    "no tree:view": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.edit(LEAF, _drop("tree#view")),
    ),
    "a page under another name": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.edit(LEAF, lambda body: body.replace(LEAF, LEAF + "/")),
    ),
    "no type": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.edit(OPEN, _drop("tree#Node>")),
    ),
    "a stream without a type": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.edit(LEAF, _drop("ldes#EventStream>")),
    ),
    "two views": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.edit(LEAF, lambda body: f"<http://x> {_VIEW} <{LEAF}> .\n{body}"),
    ),
    "a member that is a blank node": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(LEAF, "(tree#member>) <[^>]+>", r"\1 _:x"),
    ),
    "a bound that is no date": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(DAY, r'(tree#value>) "2026-05', r'\1 "2026-13'),
    ),
    "a bound that is no dateTime": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(DAY, r"(tree#value> .*)#dateTime>", r"\1#date>"),
    ),
    "a position that is no number": (
        Invariant.ORDER,
        lambda s: s.site.swap(LEAF, '"1000000000000002"', '"two"'),
    ),
    "a position that is a text": (
        Invariant.ORDER,
        lambda s: s.site.swap(LEAF, r'("1000000000000002").*#integer>', r"\1"),
    ),
    "another timestampPath": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(LEAF, "(timestampPath>) <[^>]+>", r"\1 <http://shok.test/time>"),
    ),
    "a literal as versionOfPath": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(LEAF, "(versionOfPath>) <[^>]+>", r'\1 "isVersionOf"'),
    ),
    "members of another stream": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(LEAF, "^<[^>]+> (<[^>]+tree#member>)", r"<http://shok.test/x> \1"),
    ),
    "a relation without a node": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.edit(DAY, _drop("tree#node>")),
    ),
    "a relation of another type": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(DAY, "tree#LessThanRelation", "tree#Relation"),
    ),
    "a relation over another path": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(DAY, "(tree#path>) <[^>]+>", r"\1 <http://shok.test/time>"),
    ),
    "a bound without a timezone": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(DAY, r'(tree#value> "[^"]+)Z"', r'\1"'),
    ),
    "a relation of another page": (
        Invariant.HYPERMEDIA,
        lambda s: s.site.swap(DAY, "^<[^>]+> (<[^>]+tree#relation>)", rf"<{STREAM.iri}> \1"),
    ),
    "a time that goes back": (
        Invariant.ORDER,
        lambda s: s.site.swap(LEAF, TIME.format(n=1), r'\1 "2026-05-12T08:00:00.000Z"').swap(
            LEAF, TIME.format(n=0), r'\1 "2026-05-12T08:30:00.000Z"'
        ),
    ),
    "a member without a time": (
        Invariant.ORDER,
        lambda s: s.site.edit(LEAF, _drop("generatedAtTime> .2026")),
    ),
    "a position that is skipped": (
        Invariant.ORDER,
        lambda s: s.site.swap(LEAF, '1000000000000002"', '1000000000000009"'),
    ),
    "a position twice": (
        Invariant.ORDER,
        lambda s: s.site.swap(LEAF, '1000000000000002"', '1000000000000001"'),
    ),
    "immutable in the header only": (
        Invariant.SEALED,
        lambda s: s.site.edit(LEAF, _drop("ldes#immutable>")),
    ),
    "immutable on the page only": (
        Invariant.SEALED,
        lambda s: s.site.answer(LEAF, cache_control="public, max-age=5"),
    ),
    "immutable false": (
        Invariant.SEALED,
        lambda s: s.site.swap(LEAF, '(ldes#immutable>) "true"', r'\1 "false"'),
    ),
    "an immutable root": (
        Invariant.SEALED,
        lambda s: s.site.answer(ROOT, cache_control="public, max-age=604800, immutable"),
    ),
    "a page that is open below one that is not": (
        Invariant.SEALED,
        lambda s: s.site.answer(LEAF, cache_control="public").edit(LEAF, _drop("ldes#immutable>")),
    ),
    "a member that is gone from the middle": (
        Invariant.ORDER,
        lambda s: s.site.edit(LEAF, _without_member),
    ),
    "a page that nothing leads to": (
        Invariant.ORDER,
        lambda s: s.site.edit(DAY, _drop_links_to(SECOND)),
    ),
    "a page that two lead to": (
        Invariant.COMPLETE,
        lambda s: s.site.swap(MONTH, "(tree#node>) <[^>]+/13>", rf"\1 <{SECOND}>").swap(
            MONTH, "(tree#node>) <[^>]+/13>", rf"\1 <{SECOND}>"
        ),
    ),
    "a way back to the root": (
        Invariant.COMPLETE,
        lambda s: s.site.swap(MONTH, "(tree#node>) <[^>]+/13>", rf"\1 <{ROOT}>").swap(
            MONTH, "(tree#node>) <[^>]+/13>", rf"\1 <{ROOT}>"
        ),
    ),
    "a member on two pages": (
        Invariant.COMPLETE,
        lambda s: s.site.edit(SECOND, lambda body: body + _members_of(s.site.body(LEAF))),
    ),
    "a page with nothing on it": (
        Invariant.COMPLETE,
        lambda s: s.site.edit(OPEN, lambda body: body[: body.index(_MEMBERSHIP)]),
    ),
    "a member before its lower bound": (
        Invariant.BOUNDS,
        lambda s: s.site.swap(LEAF, TIME.format(n=0), r'\1 "2026-05-12T07:59:59.999Z"'),
    ),
    "a member at its upper bound": (
        Invariant.BOUNDS,
        lambda s: s.site.swap(LEAF, TIME.format(n=2), r'\1 "2026-05-12T11:00:00.000Z"'),
    ),
    "a member outside a bound higher up": (
        Invariant.BOUNDS,
        lambda s: s.site.edit(MONTH, _upper_of(DAY, "2026-05-12T12:00:00.000Z")),
    ),
    "siblings that overlap": (
        Invariant.BOUNDS,
        lambda s: s.site.edit(DAY, _upper_of(LEAF, "2026-05-12T11:00:00.001Z")),
    ),
    "no upper bound": (
        Invariant.BOUNDS,
        lambda s: s.site.swap(DAY, "tree#LessThanRelation", "tree#GreaterThanOrEqualToRelation"),
    ),
    "bounds that hold nothing": (
        Invariant.BOUNDS,
        lambda s: s.site.edit(DAY, _upper_of(LEAF, "2026-05-12T08:00:00.000Z")),
    ),
    "a leaf that leads on": (
        Invariant.BOUNDS,
        lambda s: s.site.edit(
            LEAF,
            lambda body: (
                f"<{LEAF}> <https://w3id.org/tree#relation> _:x .\n"
                f"_:x <https://w3id.org/tree#node> <{LEAF}/2> .\n{body}"
            ),
        ),
    ),
    "members out of order": (
        Invariant.ORDER,
        lambda s: s.site.edit(LEAF, _move_block),
    ),
    "hypermedia behind a member": (
        Invariant.PROFILE,
        lambda s: s.site.edit(LEAF, _hypermedia_late),
    ),
    "a statement outside its member's block": (
        Invariant.PROFILE,
        lambda s: s.site.edit(LEAF, _statement_far),
    ),
    "a blank node of two members": (
        Invariant.PROFILE,
        lambda s: s.site.edit(
            LEAF, lambda body: body.replace("m1000000000000002b0", "m1000000000000001b0")
        ),
    ),
    "something about nobody": (
        Invariant.PROFILE,
        lambda s: s.site.edit(LEAF, lambda body: f"<http://x> <http://p> <http://y> .\n{body}"),
    ),
}


def _sql(statement: str) -> Callable[[SmallStream], object]:
    return lambda stream: stream.damage(statement)


def _member(number: int, **changes: object) -> Callable[[SmallStream], object]:
    """Another n-th member, with a checksum that fits: as if it had been written so."""
    return lambda stream: stream.rewrite_member(number, **changes)


def _stream(**changes: object) -> Callable[[SmallStream], object]:
    """Another record of the stream, with a checksum that fits."""
    return lambda stream: stream.rewrite_stream(**changes)


LOG_DAMAGES: dict[str, tuple[Invariant, Callable[[SmallStream], object]]] = {
    "members that changed": (
        Invariant.STORED,
        _sql("UPDATE pack SET body = substr(body, 2)"),
    ),
    "a member that was written with another value": (
        Invariant.SEALED,
        lambda s: s.rewrite_values(0, lambda value: value.replace("0.50", "0.51")),
    ),
    "a head that changed": (
        Invariant.STORED,
        _sql("UPDATE sealed_head SET prefix = CAST(prefix || ' ' AS BLOB) WHERE path = '2026/05'"),
    ),
    "a head that was written otherwise": (
        Invariant.SEALED,
        lambda s: s.rewrite_head("2026/05/12", lambda prefix: prefix + b" "),
    ),
    "a head that is gone": (
        Invariant.SEALED,
        _sql("DELETE FROM sealed_head WHERE path = '2026/05/12' AND form = 'jsonld'"),
    ),
    "a node that is gone": (
        Invariant.REBUILT,
        _sql("DELETE FROM node WHERE path = '2026/05/12/p2'"),
    ),
    "a node too many": (
        Invariant.REBUILT,
        _sql(
            "INSERT INTO node SELECT stream_id, '2026/05/12/p9', parent, kind, upper_ms,"
            " upper_ms + 1, first_position, members, last_ms, leaves, split, sealed, archived"
            " FROM node WHERE path = '2026/05/12/p2'"
        ),
    ),
    "a node that was counted wrong": (
        Invariant.REBUILT,
        _sql("UPDATE node SET members = members + 1 WHERE path = '2026/06/01/p1'"),
    ),
    "another policy": (
        Invariant.REBUILT,
        _stream(policies=(PolicyRecord(FIRST_POSITION, 4, 2, 4),)),
    ),
    "a record that changed": (
        Invariant.STORED,
        _sql("UPDATE stream SET policies = replace(policies, '3', '4')"),
    ),
    "a member that is gone": (
        Invariant.ORDER,
        _sql("DELETE FROM pack WHERE id = (SELECT max(id) FROM pack WHERE (id & 0xffff) <= 4)"),
    ),
    "a member with another time": (
        Invariant.ORDER,
        _member(4, published_ms=published_at(4) - 7_200_000),
    ),
    "two versions of one thing at one time": (
        Invariant.ORDER,
        _member(4, published_ms=published_at(3), entity="observatie/3"),
    ),
    "a stream that counts too many": (
        Invariant.ORDER,
        _stream(members=12),
    ),
    "a member under another name": (
        Invariant.COMPLETE,
        _member(4, iri="observatie/99/v1"),
    ),
    "an index that leads astray": (
        Invariant.COMPLETE,
        _sql("UPDATE iri SET member_id = member_id + 1 WHERE iri = 'observatie/4/v1'"),
    ),
    "an index that leads nowhere": (
        Invariant.COMPLETE,
        _sql("DELETE FROM iri WHERE iri = 'observatie/4/v1'"),
    ),
    "a template that is gone": (
        Invariant.STORED,
        _sql("DELETE FROM template"),
    ),
    "a time that is before the newest member": (
        Invariant.ORDER,
        _stream(last_ms=published_at(10) - 1),
    ),
}
