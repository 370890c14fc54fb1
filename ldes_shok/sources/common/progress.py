"""The progress of a source: its state, and whether it fails repeatedly at one position.

A connection that breaks and comes back needs no attention. A source that fails again and again at
one position does: the data after that position does not come. Readiness, a metric and one log line
then report it, and another log line reports when it gets past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ldes_shok.errors import LdesShokError
from ldes_shok.sources.base import SourceState, SourceStatus

if TYPE_CHECKING:
    # The settings import this module; a command that only reads them must not write a log.
    from structlog.typing import FilteringBoundLogger

STUCK_AFTER_FAILURES: Final = 5
"""This many failures in a row at one position make a source stuck."""

LINK: Final = "link"
"""The position of a source that has no connection."""

SERVICE: Final = "service"
"""The position of a source whose events the service does not take at present."""

DEFECT: Final = "defect"
"""The position of a source that ended with an error: its real position is unknown."""

_MOST_POSITIONS: Final = 1_000
_MOST_SAID: Final = 16


@dataclass(frozen=True, slots=True)
class _Failures:
    """Failures in a row at one position, and the reason of the last."""

    count: int
    reason: str


class SourceProgress:
    """The last result of a source, and how often in a row it failed at each position.

    A position is a name for the place where a source is: a page, a cursor, `LINK`. It is never
    shown, because a URL may hold a secret.

    Args:
        name: of the source.
        log: of the source.
        stuck_after: this many failures in a row at one position make it stuck.
    """

    def __init__(
        self, name: str, log: FilteringBoundLogger, stuck_after: int = STUCK_AFTER_FAILURES
    ) -> None:
        self._name = name
        self._log = log
        self._stuck_after = stuck_after
        self._state = SourceState.STARTING
        self._detail = ""
        self._failures: dict[str, _Failures] = {}
        self._logged: set[str] = set()
        self._is_told = False

    @property
    def status(self) -> SourceStatus:
        """The state; `detail` is why it is not connected, or why its events are not taken."""
        return SourceStatus(self._name, self._state, self._detail, self._stuck)

    @property
    def _stuck(self) -> str:
        for failed in reversed(self._failures.values()):
            if failed.count >= self._stuck_after:
                return f"failed {failed.count} times at the same position: {failed.reason}"
        return ""

    def connected(self, **where: object) -> None:
        """Record that the other side answers.

        Args:
            where: the fields of the log line.
        """
        if self._is_told or self._state is SourceState.STARTING:
            self._log.info("source_connected", **where)
        self._is_told = False
        self._state, self._detail = SourceState.CONNECTED, ""

    def listening(self) -> None:
        """Record that it waits for connections of others."""
        self._state, self._detail = SourceState.CONNECTED, ""

    def passed(self, position: str) -> None:
        """Record that it got past a position."""
        was_stuck = bool(self._stuck)
        self._failures.pop(position, None)
        self._log_recovery(was_stuck=was_stuck)

    def done(self) -> None:
        """Record that the source has taken all there was: its failures end."""
        was_stuck = bool(self._stuck)
        self._failures.clear()
        self._logged.clear()
        self._log_recovery(was_stuck=was_stuck)

    def lost(self, reason: str, position: str) -> bool:
        """Record a failure at a position, not connected; returns whether the failure is new.

        Args:
            reason: one sentence, without secrets.
            position: where the source is.
        """
        is_news = reason not in self._logged
        if is_news:
            if len(self._logged) < _MOST_SAID:
                self._logged.add(reason)
            self._log.warning("source_disconnected", reason=reason)
            self._is_told = True
        self._state, self._detail = SourceState.DISCONNECTED, reason
        self._failed(reason, position)
        return is_news

    def crashed(self, error: Exception) -> bool:
        """Record an end with an unexpected error; returns whether the failure is new."""
        is_ours = isinstance(error, LdesShokError)
        return self.lost(
            str(error) if is_ours else f"this service failed on it, {type(error).__name__}", DEFECT
        )

    def held_back(self, reason: str) -> None:
        """Record that the service takes none of its events now; an empty reason ends that."""
        if self._state is SourceState.CONNECTED:
            self._detail = reason
        if reason:
            self._failed(reason, SERVICE)
        else:
            self.passed(SERVICE)

    def stopped(self) -> None:
        """Record that it ended."""
        self._state, self._detail = SourceState.STOPPED, ""

    def _failed(self, reason: str, position: str) -> None:
        was_stuck = bool(self._stuck)
        before = self._failures.pop(position, None)
        count = 1 + (before.count if before else 0)
        self._failures[position] = _Failures(count, reason)
        if len(self._failures) > _MOST_POSITIONS:
            del self._failures[next(iter(self._failures))]
        if self._stuck and not was_stuck:
            self._log.warning("source_stuck", failures=count, reason=reason)

    def _log_recovery(self, *, was_stuck: bool) -> None:
        if was_stuck and not self._stuck:
            self._log.info("source_recovered")
