"""The section of a source that follows another city's stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from msgspec import Meta, field

from ldes_shok.cabinet.claim import FOLLOWED, Claim
from ldes_shok.client.limits import DEFAULTS, PageLimits
from ldes_shok.sections.fields import Iri, Line, Name, Prefix, Slug, SourceLane, VariableName
from ldes_shok.sections.problems import at_most_one
from ldes_shok.sections.secret import SecretReader
from ldes_shok.sources.section import SourceSecrets, SourceSection


class LdesSource(SourceSection, frozen=True, tag="ldes", tag_field="type"):
    """Another SHOK stream, followed and published again under a tenant of ours."""

    corrects: ClassVar[bool] = False
    offline_after_seconds: ClassVar[int | None] = None

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Our tenant that their cabinets stand under.")]
    url: Annotated[Iri, Meta(description="Of their stream, or of the root of a view of it.")]
    cabinets: Annotated[
        dict[Name, Name],
        Meta(description="Their cabinets that are taken, each with its name here."),
    ] = field(default_factory=dict)
    prefix: Annotated[
        Prefix | None,
        Meta(description="Takes all their cabinets, and stands here before the name of each."),
    ] = None
    token_env: Annotated[
        VariableName | None, Meta(description="Environment variable with their token.")
    ] = None
    token_file: Annotated[
        Line | None, Meta(description="File whose first line is their token.")
    ] = None
    every_seconds: Annotated[
        int, Meta(ge=0, le=86_400, description="Between rounds; 0: what their Cache-Control says.")
    ] = 0
    timeout_seconds: Annotated[int, Meta(ge=1, le=600, description="For a page to come.")] = 60
    max_page_bytes: Annotated[
        int, Meta(ge=65_536, le=268_435_456, description="Largest page that is read.")
    ] = DEFAULTS.max_page_bytes
    max_page_statements: Annotated[
        int, Meta(ge=1_000, le=1_000_000, description="Most RDF statements of a page.")
    ] = DEFAULTS.max_page_statements
    max_page_links: Annotated[
        int, Meta(ge=10, le=100_000, description="Most pages that a page leads to.")
    ] = DEFAULTS.max_page_links
    max_remembered_bytes: Annotated[
        int, Meta(ge=65_536, le=1_073_741_824, description="Of all bookmarks in their pages.")
    ] = DEFAULTS.max_remembered_bytes
    lane: SourceLane = "auto"

    @property
    def claim(self) -> Claim:
        """The cabinets that it may publish."""
        server = "://".join(urlsplit(self.url)[:2]).lower()
        source = f"{FOLLOWED}:{self.tenant}:{self.name}"
        return Claim(source, self.tenant, server, self.cabinets, self.prefix or "")

    @property
    def limits(self) -> PageLimits:
        """The limits of its pages."""
        return PageLimits(
            max_page_bytes=self.max_page_bytes,
            max_page_statements=self.max_page_statements,
            max_page_links=self.max_page_links,
            max_remembered_bytes=self.max_remembered_bytes,
        )

    def problems(self, path: str, *, demo: bool) -> Iterator[str]:  # noqa: ARG002  the same for all
        """One sentence for each contradiction, the key first."""
        try:
            parts = urlsplit(self.url)
            usable = (
                parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.fragment
            )
        except ValueError:
            usable = False
        if not usable or "@" in self.url:
            yield (
                f"{path}.url: must be an http or https URL without a user, a password and a "
                "fragment"
            )
        yield from at_most_one(path, self, "token_env", "token_file")
        if bool(self.cabinets) == bool(self.prefix):
            yield (
                f"{path}: must have exactly one of cabinets and prefix, so that their stream tells "
                "of no cabinet of ours; cabinets names theirs that are taken and what they are "
                "called here, such as {KST-1: BUUR-1}, prefix takes all of them and stands before "
                "their names, such as BUUR-"
            )
        if len(set(self.cabinets.values())) != len(self.cabinets):
            yield f"{path}.cabinets: two of their cabinets have one name here; give each its own"

    def secrets(self, reader: SecretReader, path: str, *, demo: bool) -> SourceSecrets:  # noqa: ARG002  the same for all
        """The token for the other server."""
        return SourceSecrets(
            passwords=reader.tokens(f"{path}.token", self.token_env, self.token_file)
        )


def claim_problems(sources: Sequence[SourceSection]) -> Iterator[str]:
    """One sentence for each cabinet name that two followed streams would both publish."""
    followed = [(i, s) for i, s in enumerate(sources) if isinstance(s, LdesSource)]
    for (one, first), (two, second) in combinations(followed, 2):
        try:
            name = second.claim.contested(first.claim)
        except ValueError:
            continue  # `problems` reports it.
        if name is not None:
            key = "prefix" if second.prefix else "cabinets"
            yield (
                f"sources[{two}].{key}: {name} is claimed by sources[{one}] ({first.name}) too; a "
                "cabinet here is one cabinet of one city: give it another name in one of them"
            )
