"""Which lane a submission takes, decided from what it says of itself; no header, no promise.

1. The source's own setting, `live` or `replay`, if it has one.
2. Replay, if at least half of its events say `"historical": true`: a controller that empties its
   buffer after an outage says so (canonical event, version 1).
3. Replay, if it came over HTTP with more events than a report of now has: a bulk load. How many
   messages come from a broker at once says nothing, because the grouping is ours.
4. Replay, if the service derived it: nobody waits for it.
5. Live.

The lane decides when something is published, never whether or as what; so a sender gains nothing
by a false word here but its own place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ldes_shok.cabinet.incoming import DERIVED, Delivery
from ldes_shok.pipeline.queue import Lane

# Read before the event is decoded, which costs ten times as much. A text that holds this has its
# quotes escaped, so only a member of an object matches.
_HISTORICAL: Final = re.compile(rb'"historical"[ \t\r\n]*:[ \t\r\n]*true')
_SIZED_BY_SENDER: Final = "http"


@dataclass(frozen=True, slots=True)
class LaneRules:
    """How lanes are chosen.

    Attributes:
        max_live_events: an HTTP request with more events is replay.
        of_source: the lane of each source that has one by its setting, by `Origin.source`.
    """

    max_live_events: int
    of_source: Mapping[str, Lane]

    def lane_of(self, deliveries: Sequence[Delivery]) -> Lane:
        """The lane of one submission, which has one origin."""
        origin = deliveries[0].origin
        if origin.adapter == DERIVED:
            return Lane.REPLAY
        set_lane = self.of_source.get(origin.source)
        if set_lane is not None:
            return set_lane
        if origin.adapter == _SIZED_BY_SENDER and len(deliveries) > self.max_live_events:
            return Lane.REPLAY
        historical = sum(
            b'"historical"' in delivery.payload and _HISTORICAL.search(delivery.payload) is not None
            for delivery in deliveries
        )
        return Lane.REPLAY if 2 * historical >= len(deliveries) else Lane.LIVE
