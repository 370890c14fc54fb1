"""Templates in the log: stored in the commit that first uses them, then known by number."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.template import Template
from ldes_shok.log.postgres.connection import Connection
from ldes_shok.log.templates import decode_template


class TemplateNumbers:
    """The writer's side: the number of each template."""

    def __init__(self, connection: Connection) -> None:
        """Read the numbers from the database; raises psycopg.Error."""
        rows = connection.execute("SELECT key, id FROM template").fetchall()
        self._numbers: dict[bytes, int] = {bytes(key): number for key, number in rows}

    def assign(self, templates: Iterable[Template]) -> dict[bytes, tuple[int, Template]]:
        """Numbers for the templates that have none yet, by key. Remembers nothing."""
        new: dict[bytes, tuple[int, Template]] = {}
        for template in templates:
            if template.key not in self._numbers and template.key not in new:
                new[template.key] = (len(self._numbers) + len(new) + 1, template)
        return new

    def number(self, key: bytes) -> int:
        """The number of a template that is stored."""
        return self._numbers[key]

    def get(self, key: bytes) -> int | None:
        """The number of a template, if it is stored."""
        return self._numbers.get(key)

    def remember(self, new: dict[bytes, tuple[int, Template]]) -> None:
        """Remember what `assign` gave, after the commit."""
        self._numbers.update((key, number) for key, (number, _) in new.items())


class TemplateCache:
    """The readers' side: templates by number. They never change, so they are read once."""

    def __init__(self) -> None:
        self._templates: dict[int, Template] = {}
        self._lock = Lock()

    def missing(self, numbers: Iterable[int]) -> list[int]:
        """Those of these numbers that are not cached."""
        return [number for number in numbers if number not in self._templates]

    def put(self, number: int, key: bytes, body: bytes) -> None:
        """Cache a template that was read."""
        template = decode_template(key, body)
        with self._lock:
            self._templates[number] = template

    def __getitem__(self, number: int) -> Template:
        """The template with this number.

        Raises:
            LogDamaged: the log has none.
        """
        try:
            return self._templates[number]
        except KeyError:
            raise LogDamaged(f"the log is damaged: template {number} is missing") from None
