"""`check_stream`: the one oracle of every property, crash, fault and compliance test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from ldes_shok.fsck import stored as log
from ldes_shok.fsck.crawl import Crawl, Visit
from ldes_shok.fsck.fetching import Fetch, Response
from ldes_shok.fsck.finding import Finding, Invariant, Report, Snapshot
from ldes_shok.fsck.forms import Canonical, check_forms, other_forms
from ldes_shok.fsck.order_checks import MemberOrder
from ldes_shok.fsck.page import SEQUENCE_PATH, TIMESTAMP_PATH, NodePage
from ldes_shok.fsck.page_checks import check_page
from ldes_shok.fsck.stored import StoredStream
from ldes_shok.ldes.member import Term


@dataclass(frozen=True, slots=True)
class Check:
    """How thorough a check is.

    Attributes:
        stored: the stream in the log, to compare with; None for somebody else's.
        previous: what an earlier check saw.
        canonical: canonicalises pages for P9; without it the forms are not compared.
        forms_every: P9 on the first page and on every so-many-th after it; 1 means all.
    """

    stored: StoredStream | None = None
    previous: Snapshot = field(default_factory=Snapshot)
    canonical: Canonical | None = None
    forms_every: int = 1


def check_stream(root: str, fetch: Fetch, check: Check | None = None) -> Report:
    """Crawl a view and say what is not as promised.

    The stream may grow meanwhile: a prefix of it is judged.

    Args:
        root: absolute URL of the view's root node.
        fetch: gets a page.
        check: what is compared; by default only the pages with each other.

    Returns:
        What was found; it raises nothing for a damaged stream.
    """
    return _Run(root, fetch, check or Check()).report()


class _Run:
    """One check: what it has seen so far."""

    def __init__(self, root: str, fetch: Fetch, check: Check) -> None:
        self._check = check
        self._fetch = fetch
        self._crawl = Crawl(root, fetch)
        self._root = root
        self._findings: list[Finding] = []
        self._digests: dict[tuple[str, str], bytes] = {}
        self._pages = 0

    def report(self) -> Report:
        stored = self._check.stored
        before = stored.record() if stored is not None else None
        order: MemberOrder | None = None
        timestamp_path = ""
        for visit in self._crawl.visits():
            if order is None:
                timestamp_path = _one(visit.page, TIMESTAMP_PATH)
                order = MemberOrder(timestamp_path, _one(visit.page, SEQUENCE_PATH) or None)
            self._findings += check_page(visit, timestamp_path)
            self._findings += order.take(visit.page)
            for response in self._answers(visit):
                self._keep(response)
                if stored is not None and before is not None:
                    self._findings += log.check_served(stored, before, response)
            self._pages += 1
        self._findings += self._crawl.findings
        members = tuple(order.members) if order is not None else ()
        if stored is not None and before is not None:
            self._findings += self._compare_log(stored, before.members, members)
        last_ms = order.last_ms if order is not None else 0
        self._findings += self._compare_snapshot(len(members), last_ms)
        snapshot = Snapshot(self._digests, len(members), last_ms)
        return Report(tuple(self._findings), self._pages, members, snapshot)

    def _answers(self, visit: Visit) -> list[Response]:
        """The page, in all its forms when it is its turn."""
        canonical = self._check.canonical
        if canonical is None or self._pages % self._check.forms_every:
            return [visit.response]
        try:
            answers = list(other_forms(visit.response, self._fetch))
        except OSError as error:
            sentence = f"no answer in another form: {error}"
            self._findings.append(Finding(Invariant.ANSWER, visit.page.url, sentence))
            return [visit.response]
        # An open page may have grown between two requests: only what came of one state compares.
        if all(answer.is_immutable for _, answer in answers) or self._stands_still(visit):
            self._findings += check_forms(answers, canonical)
        return [answer for _, answer in answers if answer.status == 200]

    def _stands_still(self, visit: Visit) -> bool:
        try:
            again = self._fetch(visit.response.url, visit.response.media_type)
        except OSError:
            return False
        return again.body == visit.response.body

    def _keep(self, response: Response) -> None:
        if response.is_immutable:
            key = (response.url, response.media_type)
            self._digests[key] = hashlib.sha256(response.body).digest()

    def _compare_log(
        self, stored: StoredStream, least: int, members: tuple[str, ...]
    ) -> Iterator[Finding]:
        """P5 against the log: the crawl saw a prefix that holds all there was when it began."""
        if len(members) < least:
            sentence = f"the log had {least} members when the crawl began, it found {len(members)}"
            yield Finding(Invariant.COMPLETE, self._root, sentence)
        in_log = [row.iri for row in stored.rows(max(len(members), least))]
        for number, iri in enumerate(members):
            if number >= len(in_log) or in_log[number] != iri:
                other = in_log[number] if number < len(in_log) else "nothing"
                sentence = f"member {number + 1} is {iri}, in the log it is {other}"
                yield Finding(Invariant.COMPLETE, self._root, sentence)
                break
        yield from log.check_rows(stored)
        yield from log.check_tree(stored)
        yield from log.check_heads(stored)

    def _compare_snapshot(self, members: int, last_ms: int) -> Iterator[Finding]:
        previous = self._check.previous
        if members < previous.members:
            sentence = f"there were {previous.members} members, now there are {members}"
            yield Finding(Invariant.ORDER, self._root, sentence)
        if last_ms < previous.last_ms:
            yield Finding(Invariant.ORDER, self._root, "the newest member is older than before")
        for (url, media_type), digest in previous.digests.items():
            key = (url, media_type)
            if key not in self._digests:
                response = self._again(url, media_type)
                if response is None:
                    sentence = f"it was sealed and is not served as {media_type} any more"
                    yield Finding(Invariant.SEALED, url, sentence)
                    continue
                self._digests[key] = hashlib.sha256(response.body).digest()
            if self._digests[key] != digest:
                sentence = f"it was sealed, and its {media_type} bytes changed"
                yield Finding(Invariant.SEALED, url, sentence)

    def _again(self, url: str, media_type: str) -> Response | None:
        """A form that this check's sample left out, if it is still there and immutable."""
        try:
            response = self._fetch(url, media_type)
        except OSError:
            return None
        if response.status != 200 or response.media_type != media_type:
            return None
        return response if response.is_immutable else None


def _one(page: NodePage, predicate: Term) -> Term:
    """The stream's one value of a predicate; empty without exactly one."""
    values = page.values(page.streams[0], predicate) if page.streams else ()
    return values[0] if len(values) == 1 else ""
