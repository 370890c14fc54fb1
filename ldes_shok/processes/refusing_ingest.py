"""A process that only reads: what stands where the writer's part would."""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.errors import WrittenElsewhere


class RefusingIngest:
    """The Sink of a process that writes nothing: refuses, and says where to go."""

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Refuse.

        Raises:
            WrittenElsewhere: always.
        """
        raise WrittenElsewhere(
            f"this process only reads, and took none of {len(deliveries)} events: send them to "
            "the one that writes (service.role: all)"
        )
