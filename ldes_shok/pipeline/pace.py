"""The pace of commits, learnt from the last ones."""

from __future__ import annotations

from typing import Final

_NEWEST_PART: Final = 0.2


class Pace:
    """Seconds per event, as an average in which the newest commits weigh most."""

    def __init__(self) -> None:
        self._seconds_per_event = 0.0

    def note(self, events: int, seconds: float) -> None:
        """Note the number of events and the duration of a commit."""
        if events <= 0:
            return
        found = seconds / events
        if self._seconds_per_event == 0.0:
            self._seconds_per_event = found
        self._seconds_per_event += _NEWEST_PART * (found - self._seconds_per_event)

    def events_in(self, seconds: float, most: int) -> int:
        """How many events fit in a time, from 1 to `most`; before the first commit, `most`."""
        if self._seconds_per_event == 0.0:
            return most
        return max(1, min(most, int(seconds / self._seconds_per_event)))
