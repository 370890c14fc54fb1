"""A plain walk over a view: follow every relation, see every member, keep every sealed page.

The oracle of `ldes_shok.fsck` says more; this one is quick enough to run after each of many kills,
and knows nothing of the service's own code.
"""

from __future__ import annotations

import hashlib
import http.client
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_TREE: Final = "https://w3id.org/tree#"
_NODE: Final = re.compile(rf"^\S+ <{_TREE}node> <([^>]+)> \.$", re.MULTILINE)
_MEMBER: Final = re.compile(rf"^\S+ <{_TREE}member> <([^>]+)> \.$", re.MULTILINE)
_POSITION: Final = re.compile(
    r'^<([^>]+)> <https://schema\.org/position> "(\d+)"\S* \.$', re.MULTILINE
)
_PUBLISHED: Final = re.compile(
    r'^<([^>]+)> <http://www\.w3\.org/ns/prov#generatedAtTime> "([^"]+)"\S* \.$', re.MULTILINE
)
_FIRST_POSITION: Final = 10**15 + 1


@dataclass(frozen=True, slots=True)
class Walk:
    """What following the relations from a root showed.

    Attributes:
        members: every member, as often as it was met, in the order of the walk.
        positions: by member.
        published: publication times by member, as written.
        sealed: a digest of every page that says it never changes, by URL.
        visits: how often each node was linked.
    """

    members: tuple[str, ...]
    positions: Mapping[str, int]
    published: Mapping[str, str]
    sealed: Mapping[str, bytes]
    visits: Mapping[str, int]

    def faults(self) -> list[str]:
        """What is wrong with it; empty when P3 and P5 hold."""
        found = [f"{iri} stands on {n} pages" for iri, n in Counter(self.members).items() if n > 1]
        found += [f"{url} is linked {n} times" for url, n in self.visits.items() if n > 1]
        ordered = sorted(self.members, key=lambda iri: self.positions[iri])
        expected = range(_FIRST_POSITION, _FIRST_POSITION + len(ordered))
        if [self.positions[iri] for iri in ordered] != list(expected):
            found.append("the positions are not contiguous")
        times = [self.published[iri] for iri in ordered]
        if times != sorted(times):
            found.append("a publication time goes back")
        return found

    def changed(self, before: Walk) -> list[str]:
        """Pages that were sealed in `before` and are not the same bytes now."""
        return [url for url, digest in before.sealed.items() if self.sealed.get(url) != digest]


def walk(root_url: str) -> Walk:
    """Follow all relations from `root_url`; a stream may grow meanwhile, and a prefix is seen.

    Raises:
        AssertionError: a page is not answered with 200.
    """
    connection = http.client.HTTPConnection(urlsplit(root_url).netloc, timeout=30)
    members: list[str] = []
    positions: dict[str, int] = {}
    published: dict[str, str] = {}
    sealed: dict[str, bytes] = {}
    visits: Counter[str] = Counter([root_url])
    waiting = [root_url]
    try:
        while waiting:
            url = waiting.pop()
            connection.request("GET", urlsplit(url).path, headers={"Accept": "application/n-quads"})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, f"{url}: {answer.status}"
            if "immutable" in (answer.getheader("Cache-Control") or ""):
                sealed[url] = hashlib.sha256(body).digest()
            text = body.decode()
            members += _MEMBER.findall(text)
            positions.update((iri, int(number)) for iri, number in _POSITION.findall(text))
            published.update(_PUBLISHED.findall(text))
            children = _NODE.findall(text)
            waiting += [child for child in dict.fromkeys(children) if child not in visits]
            visits.update(dict.fromkeys(children, 1))
    finally:
        connection.close()
    return Walk(tuple(members), positions, published, sealed, visits)
