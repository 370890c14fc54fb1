"""The results of the oracle, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ldes_shok.log.walk_step import Step


class Invariant(StrEnum):
    """The promises; the P numbers are those of the README."""

    ANSWER = "HTTP"
    """Every linked page answers 200 in the requested media type."""
    HYPERMEDIA = "hypermedia"
    """Every node gives its type, its stream and its relations."""
    PROFILE = "TREE profile"
    """Hypermedia first, then one block per member, ascending in time."""
    ORDER = "P3"
    """The log only grows; sequence contiguous; publication time never goes back."""
    SEALED = "P4"
    """A sealed node never changes by a byte."""
    COMPLETE = "P5"
    """Following relations from the root finds every member exactly once."""
    BOUNDS = "P6"
    """Every member lies within every bound on its path; siblings never overlap."""
    COUNTED = "P8"
    """Received = published + duplicate + quarantined + rejected + pending."""
    FORMS = "P9"
    """All RDF forms of a node are the same graph."""
    REBUILT = "P12"
    """Every page can be rebuilt byte for byte from the log."""
    STORED = "log"
    """The stored bytes are the written bytes, down to the bit."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise.

    Attributes:
        invariant: the promise.
        url: the page where it shows, or the place in the log.
        sentence: what is wrong, for people.
    """

    invariant: Invariant
    url: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.invariant.value}: {self.url}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Remark:
    """Not an error, but worth knowing: something that could not be checked.

    Attributes:
        place: the place of it.
        sentence: for people.
    """

    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


Item = Finding | Remark | Step
"""What a check yields while it runs."""


@dataclass(frozen=True, slots=True)
class EarlierCrawl:
    """What an earlier crawl saw that may not change any more.

    Attributes:
        digests: SHA-256 of each immutable page, by URL and media type.
        members: how many members there were.
        last_ms: publication time of the newest member, milliseconds since 1970.
    """

    digests: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    members: int = 0
    last_ms: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check.

    Attributes:
        findings: empty when everything holds.
        pages: how many pages were crawled.
        members: IRIs of the members found, in order.
        snapshot: for the next check.
    """

    findings: tuple[Finding, ...]
    pages: int
    members: tuple[str, ...]
    snapshot: EarlierCrawl

    def __str__(self) -> str:
        lines = [f"{self.pages} pages, {len(self.members)} members, {len(self.findings)} findings"]
        lines += [str(finding) for finding in self.findings]
        return "\n".join(lines)
