"""A process that only reads: what stands where the writer's parts would."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.errors import WrittenElsewhere


class IngestElsewhere:
    """The Sink of a process that writes nothing: refuses, and says where to go."""

    def __init__(self, problem: Callable[[], str]) -> None:
        """`problem` says why this process cannot read; empty when it can."""
        self._problem = problem

    @property
    def last_error(self) -> str:
        """Why the log cannot be read; empty when it can."""
        return self._problem()

    @property
    def commit_seconds(self) -> float:
        """Nothing is ever committed here."""
        return 0.0

    @property
    def is_full(self) -> bool:
        """Nothing ever waits here."""
        return False

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Refuse.

        Raises:
            WrittenElsewhere: always.
        """
        raise WrittenElsewhere(
            f"this process only reads, and took none of {len(deliveries)} events: send them to "
            "the one that writes (service.role: all)"
        )
