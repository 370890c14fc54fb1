"""Whether events can be taken and stored now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ldes_shok.pipeline.ingest import GroupCommit

STALLED_SECONDS: Final = 10.0
"""If a commit takes longer, the disk does not answer: `ready` reports it."""


def problems(ingest: GroupCommit) -> Sequence[str]:
    """The reasons why events cannot be stored now; empty if they can."""
    found: list[str] = []
    if ingest.last_error:
        found.append(ingest.last_error)
    if ingest.is_full:
        found.append("the queue is full")
    if ingest.commit_seconds > STALLED_SECONDS:
        found.append(f"a commit has been going on for {ingest.commit_seconds:.0f} s")
    return found
