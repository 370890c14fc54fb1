"""What an export is asked for, and what it did."""

from __future__ import annotations

from dataclasses import dataclass

from ldes_shok.ldes.member import Form


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is wanted.

    Attributes:
        streams: names; empty for all that are open to everybody.
        include_closed: streams that are read with a token may be among them.
        forms: of the pages; Turtle, JSON-LD or both.
        thorough: look for every page, also below those that are complete.
    """

    streams: tuple[str, ...] = ()
    include_closed: bool = False
    forms: tuple[Form, ...] = (Form.TURTLE, Form.JSONLD)
    thorough: bool = False


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export did.

    Attributes:
        members: members of the chosen streams that are there now.
        files: files that were written or replaced.
        kept_members: members, counted once for each form, whose pages were there already.
    """

    members: int
    files: int
    kept_members: int
