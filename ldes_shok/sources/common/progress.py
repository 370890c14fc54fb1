"""How a source gets on: its state, and whether it fails again and again at one position.

A link that breaks and comes back is nothing to look at. A source that fails time after time where
it stands is: whatever is behind that position does not come. Then readiness, a metric and one line
of the log say so, and another line when it gets past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ldes_shok.errors import LdesShokError
from ldes_shok.sources.base import SourceState, SourceStatus

if TYPE_CHECKING:
    # The settings stand on this module, and a command that only reads them writes no log.
    from structlog.typing import FilteringBoundLogger

STUCK_AFTER_FAILURES: Final = 5
"""So many failures in a row at one position make a source stuck."""

LINK: Final = "link"
"""The position of a source that has no connection."""

SERVICE: Final = "service"
"""The position of a source of which the service takes nothing now."""

DEFECT: Final = "defect"
"""The position of a source that ended with an error: nobody knows where it stood."""

_MOST_POSITIONS: Final = 1_000
_MOST_SAID: Final = 16


@dataclass(frozen=True, slots=True)
class _Failures:
    """Those in a row at one position, and why the last one was."""

    count: int
    reason: str


class SourceProgress:
    """What a source did last, and how often in a row it failed at each position.

    A position is whatever names the place where a source stands: a page, a cursor, `LINK`. It is
    never shown: an address may hold a secret.

    Args:
        name: of the source.
        log: of the source.
        stuck_after: so many failures in a row at one position make it stuck.
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
        self._said: set[str] = set()
        self._is_told = False

    @property
    def status(self) -> SourceStatus:
        """Its state; `detail` says why it is not connected, or why nothing is taken of it."""
        return SourceStatus(self._name, self._state, self._detail, self._stuck)

    @property
    def _stuck(self) -> str:
        for failed in reversed(self._failures.values()):
            if failed.count >= self._stuck_after:
                return f"failed {failed.count} times at the same position: {failed.reason}"
        return ""

    def connected(self, **where: object) -> None:
        """The other side answers.

        Args:
            where: what the log says of it.
        """
        if self._is_told or self._state is SourceState.STARTING:
            self._log.info("source_connected", **where)
        self._is_told = False
        self._state, self._detail = SourceState.CONNECTED, ""

    def listening(self) -> None:
        """It is there for others to come to."""
        self._state, self._detail = SourceState.CONNECTED, ""

    def passed(self, position: str) -> None:
        """It got past a position."""
        was_stuck = bool(self._stuck)
        self._failures.pop(position, None)
        self._tell_recovery(was_stuck=was_stuck)

    def done(self) -> None:
        """Nothing is left where it failed: all that there was is taken."""
        was_stuck = bool(self._stuck)
        self._failures.clear()
        self._said.clear()
        self._tell_recovery(was_stuck=was_stuck)

    def lost(self, reason: str, position: str) -> bool:
        """It failed at a position, and is not connected; returns whether that is news.

        Args:
            reason: one sentence, without secrets.
            position: where it stands.
        """
        is_news = reason not in self._said
        if is_news:
            if len(self._said) < _MOST_SAID:
                self._said.add(reason)
            self._log.warning("source_disconnected", reason=reason)
            self._is_told = True
        self._state, self._detail = SourceState.DISCONNECTED, reason
        self._failed(reason, position)
        return is_news

    def crashed(self, error: Exception) -> bool:
        """It ended with an error that it does not know; returns whether that is news."""
        is_ours = isinstance(error, LdesShokError)
        return self.lost(
            str(error) if is_ours else f"this service failed on it, {type(error).__name__}", DEFECT
        )

    def held_back(self, reason: str) -> None:
        """The service takes nothing of it now; with an empty reason it does again."""
        if self._state is SourceState.CONNECTED:
            self._detail = reason
        if reason:
            self._failed(reason, SERVICE)
        else:
            self.passed(SERVICE)

    def stopped(self) -> None:
        """It ended."""
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

    def _tell_recovery(self, *, was_stuck: bool) -> None:
        if was_stuck and not self._stuck:
            self._log.info("source_recovered")
