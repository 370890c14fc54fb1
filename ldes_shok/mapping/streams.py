"""The streams of members: one stream per audience, never a filter on a common one."""

from __future__ import annotations

from typing import Final

KASTEN: Final = "kasten"
"""Public: network, cabinet and outlet with their public facts, public organisations."""

TECHNIEK: Final = "techniek"
"""Technical service: meters, connections, complete versions, current, voltage, power."""

VERBRUIK: Final = "verbruik"
"""Public: consumption of a day and peaks, of enough users together."""

VERBRUIK_BEHEER: Final = "verbruik-beheer"
"""The city: every sum and peak, without a least number of users."""

VERBRUIK_INDIVIDUEEL: Final = "verbruik-individueel"
"""The trader and the cabinet manager: registers and intervals of one connection."""

RESERVATIES: Final = "reservaties"
"""City and cabinet manager: reservations, with a pseudonym of the holder."""

RESERVATIES_OPEN: Final = "reservaties-open"
"""Public: the same reservations, without anything that shows which ones are one person's."""

STREAMS: Final = (
    KASTEN, TECHNIEK, VERBRUIK, VERBRUIK_BEHEER, VERBRUIK_INDIVIDUEEL, RESERVATIES,
    RESERVATIES_OPEN,
)  # fmt: skip

WITH_VERSION_TIME: Final = frozenset({KASTEN, TECHNIEK, RESERVATIES, RESERVATIES_OPEN})
"""Streams whose versions may be published out of order, so each version has its own time."""
