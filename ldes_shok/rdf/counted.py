"""An rdflib store with limits: a document that is too large fails while it is read."""

from __future__ import annotations

from typing import Any

from rdflib.plugins.stores.memory import Memory


class TooManyStatements(Exception):
    """There are more statements than the limit."""


class TooLongNames(Exception):
    """The terms together are longer than the limit."""


class CountedStore(Memory):
    """Keeps statements in memory.

    Args:
        most_statements: the limit of statements; a repeated one counts twice.
        most_bytes: the limit of their terms together, in characters.
    """

    def __init__(self, most_statements: int, most_bytes: int) -> None:
        super().__init__()
        self._statements_left = most_statements
        self._bytes_left = most_bytes

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:  # noqa: FBT001, FBT002
        """Keep a statement.

        Raises:
            TooManyStatements, TooLongNames: this statement exceeds a limit.
        """
        self._statements_left -= 1
        self._bytes_left -= sum(map(len, triple))
        if self._statements_left < 0:
            raise TooManyStatements
        if self._bytes_left < 0:
            raise TooLongNames
        super().add(triple, context, quoted)
