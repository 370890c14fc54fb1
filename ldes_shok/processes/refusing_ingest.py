"""The sink of a process that only reads."""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.errors import WrittenElsewhere


class RefusingIngest:
    """Refuses all events and names the process that takes them."""

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Refuse the deliveries.

        Raises:
            WrittenElsewhere: always.
        """
        raise WrittenElsewhere(
            f"this process only reads, and took none of {len(deliveries)} events: send them to "
            "the one that writes (service.role: all)"
        )
