"""A store of rdflib that takes so much and no more: what grows too large is seen as it grows."""

from __future__ import annotations

from typing import Any

from rdflib.plugins.stores.memory import Memory


class TooManyStatements(Exception):
    """There are more statements than are taken."""


class TooLongNames(Exception):
    """The terms are longer together than what is taken."""


class CountedStore(Memory):
    """Keeps statements in memory.

    Args:
        most_statements: so many, the same one twice counted twice.
        most_bytes: of their terms together, in characters.
    """

    def __init__(self, most_statements: int, most_bytes: int) -> None:
        super().__init__()
        self._statements_left = most_statements
        self._bytes_left = most_bytes

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:  # noqa: FBT001, FBT002
        """Keep a statement.

        Raises:
            TooManyStatements, TooLongNames: with this one there is too much.
        """
        self._statements_left -= 1
        self._bytes_left -= sum(map(len, triple))
        if self._statements_left < 0:
            raise TooManyStatements
        if self._bytes_left < 0:
            raise TooLongNames
        super().add(triple, context, quoted)
