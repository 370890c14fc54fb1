"""Decides which lane a submission takes, from its content only and not from a header.

1. The source's own setting, `live` or `replay`, if it has one.
2. Replay, if at least half of its events have `"historical": true`. A controller that empties its
   buffer after an outage sets it (canonical event, version 1).
3. Replay, if it came over HTTP with more events than a report of now has: a bulk load. The number
   of messages that come from a broker at once means nothing, because the service groups them.
4. Replay, if the service derived it: no sender waits for it.
5. Live.

The lane decides when an event is published, never whether or as what. So with a wrong value a
sender changes only its own place in the queue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ldes_shok.cabinet.incoming import DERIVED, Delivery
from ldes_shok.pipeline.queue import Lane

# Searched before the event is decoded, which costs ten times as much. Inside a JSON string the
# quotes are escaped, so only a member of an object matches.
_HISTORICAL: Final = re.compile(rb'"historical"[ \t\r\n]*:[ \t\r\n]*true')
_SIZED_BY_SENDER: Final = "http"


@dataclass(frozen=True, slots=True)
class LaneRules:
    """The rules that choose a lane.

    Attributes:
        max_live_events: an HTTP request with more events is replay.
        of_source: the lane of each source whose settings name one, by `Origin.source`.
    """

    max_live_events: int
    of_source: Mapping[str, Lane]

    def lane_of(self, deliveries: Sequence[Delivery]) -> Lane:
        """The lane of one submission. All its deliveries have the same origin."""
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
