"""Progress of a long walk over the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of one part of a longer work.

    Attributes:
        what: the part, for people: `techniek: members`.
        done: how much of it is done.
        whole: how much there is; 0 when that is not known.
    """

    what: str
    done: int
    whole: int


OnStep = Callable[[Step], None]
"""Called now and then with the progress."""
