"""Warns when too many messages of a source cannot be read.

One broken message is counted and stored, without a warning. Many broken messages mean a bad cable
or a device with new software; an operator must look. The same holds for a source whose messages
never gave anything: then its settings look in the wrong place.
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
    """Counts over the last 200 messages; warns once above 5 %, and logs when it is below 2 % again.

    It also warns once when the first 20 messages gave nothing: no event, no refusal, no memory.

    Args:
        logger: gets the warnings.
        source: the source, as `adapter:tenant:name`.
    """

    def __init__(self, logger: FilteringBoundLogger, source: str) -> None:
        self._log = logger
        self._source = source
        self._refused: deque[bool] = deque(maxlen=_MESSAGES)
        self._is_alarmed = False
        self._empty = 0
        self._has_spoken = False

    def saw(self, *, is_refused: bool, is_empty: bool = False) -> None:
        """Count a message; a part of it was refused, or it was empty."""
        self._look(is_empty=is_empty)
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

    def _look(self, *, is_empty: bool) -> None:
        self._has_spoken |= not is_empty
        if self._has_spoken:
            return
        self._empty += 1
        if self._empty == _LEAST_MESSAGES:
            self._log.warning(
                "nothing_found",
                source=self._source,
                messages=self._empty,
                reason="no event in any message since the start: compare `decode` with `raw show`",
            )
