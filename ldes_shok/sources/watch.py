"""How much of what a source sends cannot be read: a warning when it becomes too much.

One broken message is counted and kept, and that is all. Many of them mean a bad cable or a device
that was given new software, and somebody must look.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from structlog.typing import FilteringBoundLogger

_MESSAGES: Final = 200
_LEAST_MESSAGES: Final = 20
_TOO_MUCH_PERCENT: Final = 5
_FEW_PERCENT: Final = 2


class RefusalWatch:
    """Counts over the last 200 messages; warns once above 5 %, and says when it is below 2 % again.

    Args:
        logger: where to.
        source: whose messages, as `adapter:tenant:name`.
    """

    def __init__(self, logger: FilteringBoundLogger, source: str) -> None:
        self._log = logger
        self._source = source
        self._refused: deque[bool] = deque(maxlen=_MESSAGES)
        self._is_alarmed = False

    def saw(self, *, is_refused: bool) -> None:
        """One message came; something in it was refused, or nothing."""
        self._refused.append(is_refused)
        count = len(self._refused)
        if count < _LEAST_MESSAGES:
            return
        percent = 100 * sum(self._refused) / count
        if percent > _TOO_MUCH_PERCENT and not self._is_alarmed:
            self._is_alarmed = True
            self._log.warning(
                "many_refused", source=self._source, percent=round(percent, 1), messages=count
            )
        elif percent < _FEW_PERCENT and self._is_alarmed:
            self._is_alarmed = False
            self._log.info("few_refused", source=self._source)
