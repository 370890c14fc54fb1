"""Crawls a view from the root along its relations, as an LDES client does; yields findings.

Children are visited in the order of their lower bounds. So members come in the order of their
publication, and a crawl of a growing stream sees a prefix of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ldes_shok.client.fetching import NQUADS, Fetch, Response
from ldes_shok.client.page import ChildNode, Page, children_of, read_page
from ldes_shok.fsck.finding import Finding, Invariant
from ldes_shok.rdf import vocab
from ldes_shok.rdf.lines import read_lines


@dataclass(frozen=True, slots=True)
class TimeBounds:
    """A half-open interval of publication time, milliseconds since 1970; None is open."""

    lower_ms: int | None = None
    upper_ms: int | None = None

    def within(self, other: TimeBounds) -> TimeBounds:
        """The intersection of both intervals."""
        lowers = [b for b in (self.lower_ms, other.lower_ms) if b is not None]
        uppers = [b for b in (self.upper_ms, other.upper_ms) if b is not None]
        return TimeBounds(max(lowers, default=None), min(uppers, default=None))

    def hold(self, instant_ms: int) -> bool:
        """Whether an instant lies inside."""
        if self.lower_ms is not None and instant_ms < self.lower_ms:
            return False
        return self.upper_ms is None or instant_ms < self.upper_ms


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that the crawl reached.

    Attributes:
        response: the answer.
        page: its content.
        bounds: all bounds on the path to it.
        parent_immutable: whether the page that links here can never change.
        is_root: whether the crawl began here.
    """

    response: Response
    page: Page
    bounds: TimeBounds
    parent_immutable: bool
    is_root: bool


@dataclass(frozen=True, slots=True)
class _Waiting:
    url: str
    bounds: TimeBounds
    linked_from: str
    parent_immutable: bool


class Crawl:
    """One walk over a view."""

    def __init__(self, root: str, fetch: Fetch) -> None:
        self._findings: list[Finding] = []
        self._fetch = fetch
        self._root = root
        self._waiting = [_Waiting(root, TimeBounds(), root, parent_immutable=False)]
        self._linked_from = {root: root}

    def take_findings(self) -> list[Finding]:
        """The findings since the last call."""
        findings, self._findings = self._findings, []
        return findings

    def visits(self) -> Iterator[Visit]:
        """Every page once, depth first."""
        while self._waiting:
            waiting = self._waiting.pop()
            visit = self._visit(waiting)
            if visit is None:
                continue
            children = self._children(visit)
            for url, bounds in reversed(children):
                inner = waiting.bounds.within(bounds)
                immutable = visit.response.is_immutable
                self._waiting.append(_Waiting(url, inner, visit.page.url, immutable))
            yield visit

    def _visit(self, waiting: _Waiting) -> Visit | None:
        try:
            response = self._fetch(waiting.url, NQUADS)
        except OSError as error:
            self._find(Invariant.ANSWER, waiting.url, f"no answer: {error}")
            return None
        if response.status != 200:
            sentence = f"answers {response.status}, and {waiting.linked_from} links to it"
            self._find(Invariant.ANSWER, waiting.url, sentence)
            return None
        if response.media_type != NQUADS:
            sentence = f"N-Quads were asked for, {response.media_type or 'nothing'} came"
            self._find(Invariant.ANSWER, waiting.url, sentence)
            return None
        try:
            page = read_page(list(read_lines(response.body)), response.url)
        except ValueError as error:
            self._find(Invariant.ANSWER, waiting.url, f"the body is not what it says: {error}")
            return None
        is_root = waiting.url == self._root
        return Visit(response, page, waiting.bounds, waiting.parent_immutable, is_root)

    def _children(self, visit: Visit) -> list[tuple[str, TimeBounds]]:
        """The child nodes of a page, ascending, each visited once."""
        relations = []
        for relation in visit.page.relations:
            if len(relation.nodes) != 1 or not relation.nodes[0].startswith("<"):
                count = len(relation.nodes)
                sentence = f"a relation has {count} tree:node, it must be one IRI"
                self._find(Invariant.HYPERMEDIA, visit.page.url, sentence)
                continue
            relations.append(relation)
        children = []
        for child in children_of(relations):
            bounds = self._bounds(visit.page.url, child)
            if child.url in self._linked_from:
                sentence = (
                    f"{child.url} is linked from here and from {self._linked_from[child.url]}"
                )
                self._find(Invariant.COMPLETE, visit.page.url, sentence)
                continue
            self._linked_from[child.url] = visit.page.url
            children.append((child.url, bounds))
        self._check_siblings(visit.page.url, children)
        return children

    def _bounds(self, url: str, child: ChildNode) -> TimeBounds:
        lower: list[int] = []
        upper: list[int] = []
        for relation in child.relations:
            types = relation.types
            if relation.value_ms is None:
                sentence = f"the bound of a relation to {child.url} is no dateTime with a timezone"
                self._find(Invariant.HYPERMEDIA, url, sentence)
            elif types == (vocab.TREE_GREATER_OR_EQUAL,):
                lower.append(relation.value_ms)
            elif types == (vocab.TREE_LESS,):
                upper.append(relation.value_ms)
            else:
                sentence = f"a relation to {child.url} is typed {' '.join(types) or 'nothing'}"
                self._find(Invariant.HYPERMEDIA, url, sentence)
        if len(lower) != 1 or len(upper) != 1:
            sentence = f"{child.url} needs one lower and one upper bound, it has {len(lower)} and "
            self._find(Invariant.BOUNDS, url, f"{sentence}{len(upper)}")
        return TimeBounds(max(lower, default=None), min(upper, default=None))

    def _check_siblings(self, url: str, children: list[tuple[str, TimeBounds]]) -> None:
        for (left, before), (right, after) in pairwise(children):
            if before.upper_ms is None or after.lower_ms is None:
                continue
            if before.upper_ms > after.lower_ms:
                self._find(Invariant.BOUNDS, url, f"{left} and {right} overlap")
        for child, bounds in children:
            if bounds.lower_ms is not None and not bounds.hold(bounds.lower_ms):
                self._find(Invariant.BOUNDS, url, f"the bounds of {child} hold nothing")

    def _find(self, invariant: Invariant, url: str, sentence: str) -> None:
        self._findings.append(Finding(invariant, url, sentence))
