"""`check_stream`: the one oracle of all property, crash, fault and compliance tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from ldes_shok.client.fetching import Fetch, Response
from ldes_shok.client.page import Page
from ldes_shok.errors import LogError
from ldes_shok.fsck.crawl import Crawl, Visit
from ldes_shok.fsck.finding import EarlierCrawl, Finding, Invariant, Item, Report
from ldes_shok.fsck.forms import Canonical, check_forms, other_forms
from ldes_shok.fsck.guard import guarded, unreadable
from ldes_shok.fsck.order_checks import MemberOrder
from ldes_shok.fsck.page_checks import check_page
from ldes_shok.fsck.stored import StoredStream, check_served
from ldes_shok.fsck.stream import check_stored
from ldes_shok.ldes.member import Term
from ldes_shok.log.records import StreamRecord
from ldes_shok.log.walk_step import Step
from ldes_shok.rdf import vocab


@dataclass(frozen=True, slots=True)
class Check:
    """The options of a check.

    Attributes:
        stored: the stream in the log, to compare with; None for a stream of another service.
        previous: the result of an earlier check.
        canonical: canonicalises pages for P9; without it the forms are not compared.
        forms_every: P9 on the first page and on every n-th page after it; 1 means all.
    """

    stored: StoredStream | None = None
    previous: EarlierCrawl = field(default_factory=EarlierCrawl)
    canonical: Canonical | None = None
    forms_every: int = 1


def check_stream(root: str, fetch: Fetch, check: Check | None = None) -> Report:
    """Crawl a view and report each broken promise.

    The stream may grow meanwhile: the check judges a prefix of it.

    Args:
        root: absolute URL of the view's root node.
        fetch: gets a page.
        check: what to compare; by default only the pages with each other.

    Returns:
        The findings. A damaged stream does not raise.
    """
    run = StreamCheck(root, fetch, check or Check())
    findings = tuple(found for found in run.watch() if isinstance(found, Finding))
    return Report(findings, run.pages, run.members, run.snapshot())


class StreamCheck:
    """One check, for a caller that follows its progress.

    Attributes:
        pages: how many pages were crawled.
    """

    def __init__(self, root: str, fetch: Fetch, check: Check) -> None:
        self.pages = 0
        self._check = check
        self._fetch = fetch
        self._crawl = Crawl(root, fetch)
        self._root = root
        self._digests: dict[tuple[str, str], bytes] = {}
        self._order: MemberOrder | None = None

    @property
    def members(self) -> tuple[str, ...]:
        """IRIs of the members found, in order."""
        return tuple(self._order.members) if self._order is not None else ()

    def snapshot(self) -> EarlierCrawl:
        """The snapshot for the next check."""
        return EarlierCrawl(self._digests, self._count(), self._last_ms())

    def watch(self) -> Iterator[Item]:
        """Check everything, once: yields a step after each page, and findings as they come."""
        stored, before = self._check.stored, StreamRecord("")
        if stored is not None:
            try:
                before = stored.record()
            except LogError as error:
                yield unreadable(stored.stream.iri, error)
                stored = None
        timestamp_path = ""
        for visit in self._crawl.visits():
            if self._order is None:
                timestamp_path = _one(visit.page, vocab.LDES_TIMESTAMP_PATH)
                sequence_path = _one(visit.page, vocab.LDES_SEQUENCE_PATH) or None
                self._order = MemberOrder(timestamp_path, sequence_path)
            yield from self._crawl.take_findings()
            yield from check_page(visit, timestamp_path)
            yield from self._order.take(visit.page)
            answers, findings = self._answers(visit)
            yield from findings
            for response in answers:
                self._keep(response)
                if stored is not None:
                    served = partial(check_served, stored, before, response)
                    yield from guarded(served, response.url)
            self.pages += 1
            yield Step(f"{self._root}: members", self._count(), before.members)
        yield from self._crawl.take_findings()
        if stored is not None:
            yield from guarded(partial(self._compare_log, stored, before.members), self._root)
            yield from (f for f in check_stored(stored) if isinstance(f, Finding))
        yield from self._compare_snapshot()

    def _count(self) -> int:
        return len(self._order.members) if self._order is not None else 0

    def _last_ms(self) -> int:
        return self._order.last_ms if self._order is not None else 0

    def _answers(self, visit: Visit) -> tuple[list[Response], list[Finding]]:
        """The page in all its forms, if this page is sampled, and findings about these."""
        canonical = self._check.canonical
        if canonical is None or self.pages % self._check.forms_every:
            return [visit.response], []
        try:
            answers = list(other_forms(visit.response, self._fetch))
        except OSError as error:
            sentence = f"no answer in another form: {error}"
            return [visit.response], [Finding(Invariant.ANSWER, visit.page.url, sentence)]
        findings: list[Finding] = []
        # An open page may have grown between two requests: compare only forms of one state.
        if all(answer.is_immutable for _, answer in answers) or self._stands_still(visit):
            findings += check_forms(answers, canonical)
        return [answer for _, answer in answers if answer.status == 200], findings

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

    def _compare_log(self, stored: StoredStream, least: int) -> Iterator[Finding]:
        """Check P5 against the log: the crawl saw a prefix with all members from before it."""
        members = self.members
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

    def _compare_snapshot(self) -> Iterator[Finding]:
        previous = self._check.previous
        if self._count() < previous.members:
            sentence = f"there were {previous.members} members, now there are {self._count()}"
            yield Finding(Invariant.ORDER, self._root, sentence)
        if self._last_ms() < previous.last_ms:
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
        """A form that this check's sample left out, if the page still exists and is immutable."""
        try:
            response = self._fetch(url, media_type)
        except OSError:
            return None
        if response.status != 200 or response.media_type != media_type:
            return None
        return response if response.is_immutable else None


def _one(page: Page, predicate: Term) -> Term:
    """The stream's one value of a predicate; empty without exactly one."""
    values = page.values(page.streams[0], predicate) if page.streams else ()
    return values[0] if len(values) == 1 else ""
