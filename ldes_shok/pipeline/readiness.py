"""Whether events can be taken and stored now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ldes_shok.pipeline.ingest import GroupCommit

STALLED_SECONDS: Final = 10.0
"""A commit that takes longer is a disk that does not answer: `ready` says so."""


def problems(ingest: GroupCommit) -> Sequence[str]:
    """Why not; nothing if they can."""
    found: list[str] = []
    if ingest.last_error:
        found.append(ingest.last_error)
    if ingest.is_full:
        found.append("the queue is full")
    if ingest.commit_seconds > STALLED_SECONDS:
        found.append(f"a commit has been going on for {ingest.commit_seconds:.0f} s")
    return found
