"""Templates in the log: stored once, in the commit that first uses them, then known by number."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import msgspec

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.template import Layout, Template
from ldes_shok.log.postgres.connection import Connection

_Layouts = dict[Form, tuple[str, tuple[int, ...]]]


def encode_template(template: Template) -> bytes:
    """A template's layouts as bytes."""
    layouts = {form: (layout.text, layout.holes) for form, layout in template.layouts.items()}
    return msgspec.msgpack.encode(layouts)


def decode_template(key: bytes, body: bytes) -> Template:
    """The inverse of `encode_template`.

    Raises:
        LogUnavailable: it is damaged; `key` is not its own.
    """
    try:
        layouts = msgspec.msgpack.decode(body, type=_Layouts)
        template = Template({form: Layout(*layout) for form, layout in layouts.items()})
    except (msgspec.DecodeError, KeyError) as error:
        raise LogUnavailable(f"a template is damaged: {error}") from error
    if template.key != key:
        raise LogUnavailable("a template is damaged: its key is another one's")
    return template


class TemplateNumbers:
    """The writer's side: which template has which number."""

    def __init__(self, connection: Connection) -> None:
        """Ask the database; raises psycopg.Error."""
        rows = connection.execute("SELECT key, id FROM template").fetchall()
        self._numbers: dict[bytes, int] = {bytes(key): number for key, number in rows}

    def assign(self, templates: Iterable[Template]) -> dict[bytes, tuple[int, Template]]:
        """Numbers for those that have none yet, by key; nothing is remembered."""
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
        """What `assign` gave is committed."""
        self._numbers.update((key, number) for key, (number, _) in new.items())


class TemplateCache:
    """The readers' side: templates by number. They never change, so they are read once."""

    def __init__(self) -> None:
        self._templates: dict[int, Template] = {}
        self._lock = Lock()

    def missing(self, numbers: Iterable[int]) -> list[int]:
        """Which of these are not at hand."""
        return [number for number in numbers if number not in self._templates]

    def put(self, number: int, key: bytes, body: bytes) -> None:
        """Keep what was read."""
        template = decode_template(key, body)
        with self._lock:
            self._templates[number] = template

    def __getitem__(self, number: int) -> Template:
        """The template with this number.

        Raises:
            LogUnavailable: the log has none.
        """
        try:
            return self._templates[number]
        except KeyError:
            raise LogUnavailable(f"template {number} is missing: the log is damaged") from None
