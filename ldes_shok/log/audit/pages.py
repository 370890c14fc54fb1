"""Checks of nodes, heads and pages: which rows require which other rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from ldes_shok.ldes.form import Form
from ldes_shok.log.damage import Damage
from ldes_shok.log.sqlite.rows import select
from ldes_shok.log.walk_step import Step

_FORMS: Final = len(Form)
_NAMES: Final = ", ".join(f"'{form.value}'" for form in Form)
_MOST: Final = 100
_CHECKS: Final = {
    "it is a node of no stream": """
        SELECT stream_id, path FROM node WHERE stream_id NOT IN (SELECT id FROM stream)
    """,
    "the node above it is missing": """
        SELECT n.stream_id, n.path FROM node n
        LEFT JOIN node p ON p.stream_id = n.stream_id AND p.path = n.parent
        WHERE p.path IS NULL AND n.path <> ''
    """,
    "it has not the heads that a node like it has": f"""
        SELECT stream_id, path FROM node n WHERE iif(sealed, {_FORMS}, 0) <>
        (SELECT count(*) FROM sealed_head h WHERE h.stream_id = n.stream_id AND h.path = n.path
        AND h.form IN ({_NAMES}))
    """,  # noqa: S608  a constant
    "it has not the pages that a node like it has": f"""
        SELECT stream_id, path FROM node n WHERE iif(archived, {_FORMS}, 0) <>
        (SELECT count(*) FROM page p WHERE p.stream_id = n.stream_id AND p.path = n.path
        AND p.form IN ({_NAMES}))
    """,  # noqa: S608  a constant
    "it is not marked as what it is: archived, to be archived, or neither": """
        SELECT stream_id, path FROM node
        WHERE (archived IS NULL) = (sealed = 1 AND kind = 'leaf')
        OR archived NOT IN (0, 1) OR sealed NOT IN (0, 1) OR split NOT IN (0, 1)
    """,
    "it has a head and is no node": """
        SELECT DISTINCT h.stream_id, h.path FROM sealed_head h
        LEFT JOIN node n ON n.stream_id = h.stream_id AND n.path = h.path WHERE n.path IS NULL
    """,
    "it has a page and is no node": """
        SELECT DISTINCT p.stream_id, p.path FROM page p
        LEFT JOIN node n ON n.stream_id = p.stream_id AND n.path = p.path WHERE n.path IS NULL
    """,
}


def audit_pages(connection: sqlite3.Connection) -> Iterator[Damage | Step]:
    """Check that each node has the rows that it needs, and no others.

    Each check is one statement, so it sees one moment of a log that is being written.
    """
    for number, (sentence, query) in enumerate(_CHECKS.items(), start=1):
        for stream_id, path in select(connection, f"{query} LIMIT {_MOST}"):
            yield Damage(f"node {stream_id}:{path or '(root)'}", sentence)
        yield Step("nodes", number, len(_CHECKS))
