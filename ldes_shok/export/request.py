"""The request of an export, and its summary."""

from __future__ import annotations

from dataclasses import dataclass

from ldes_shok.ldes.member import Form


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export.

    Attributes:
        streams: names; empty for all open streams.
        include_closed: also accept streams that need a token.
        forms: of the pages; Turtle, JSON-LD or both.
        thorough: check every page, also below complete pages.
    """

    streams: tuple[str, ...] = ()
    include_closed: bool = False
    forms: tuple[Form, ...] = (Form.TURTLE, Form.JSONLD)
    thorough: bool = False


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """The result of an export.

    Attributes:
        members: members of the chosen streams that the export holds now.
        files: files that were written or replaced.
        kept_members: members of pages that existed already, counted once for each form.
    """

    members: int
    files: int
    kept_members: int
