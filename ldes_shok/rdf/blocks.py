"""The texts of a member: those of its template, with its values in the gaps."""

from __future__ import annotations

from typing import Final

from ldes_shok.clock import format_milliseconds
from ldes_shok.ldes.member import Draft, Member, Stamp, Triple
from ldes_shok.ldes.template import Outline, Template
from ldes_shok.rdf.templates import TemplateWriter

_KEPT_TIMES: Final = 64


def stamped_values(draft: Draft, stamp: Stamp) -> tuple[str, ...]:
    """The values of all gaps: the draft's, its publication time, its position."""
    return (*draft.values, format_milliseconds(stamp.published_ms), str(stamp.position))


def stamped(draft: Draft, stamp: Stamp) -> tuple[Triple, ...]:
    """The draft's triples with its publication time and position."""
    return draft.outline.fill(stamped_values(draft, stamp))


class BlockRenderer:
    """Renders drafts as members. Keeps the templates of known outlines."""

    def __init__(self, templates: TemplateWriter, limit: int = 4096) -> None:
        """`limit` bounds how many templates are kept; above it all are dropped."""
        self._writer = templates
        self._limit = limit
        self._templates: dict[tuple[str, Outline], Template] = {}
        self._times: dict[int, str] = {}

    def render(self, draft: Draft, stamp: Stamp, stream_iri: str) -> Member:
        """The member that is published for `draft`.

        Args:
            draft: what the mapping made.
            stamp: its place in the stream.
            stream_iri: absolute IRI of the event stream.
        """
        key = stream_iri, draft.outline
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) >= self._limit:
                self._templates.clear()
            template = self._writer.template(draft.outline, stream_iri)
            self._templates[key] = template
        return Member(
            stream=draft.stream,
            iri=draft.iri,
            entity=draft.entity,
            stamp=stamp,
            summary=draft.summary,
            template=template,
            values=(*draft.values, self._published(stamp.published_ms), str(stamp.position)),
        )

    def _published(self, published_ms: int) -> str:
        """The publication time as text: many members in a row share it, in each stream."""
        text = self._times.get(published_ms)
        if text is None:
            if len(self._times) >= _KEPT_TIMES:
                self._times.clear()
            text = self._times[published_ms] = format_milliseconds(published_ms)
        return text
