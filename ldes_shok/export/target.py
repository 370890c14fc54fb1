"""The target of an export: a folder or a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from ldes_shok.representation.media import Format, content_type


class Life(StrEnum):
    """How long a cache may keep a file."""

    SEALED = "sealed"
    """A node that never changes again."""

    OPEN = "open"
    """A node that the next export may replace."""

    ENTRY = "entry"
    """An entry to the nodes, or the manifest: replaced like an open node."""

    DOCUMENT = "document"
    """A document that changes with a release or with the configuration."""


CACHE_CONTROL: Final = {
    Life.SEALED: "public, max-age=604800, immutable",
    Life.OPEN: "public, max-age=5",
    Life.ENTRY: "public, max-age=5",
    Life.DOCUMENT: "public, max-age=3600",
}
"""The same values as the service; comma and space, because a client splits on them."""

MANIFEST: Final = "export.json"


@dataclass(frozen=True, slots=True)
class Item:
    """One file.

    Attributes:
        name: its path below the export, `/` between the parts.
        body: its content, uncoded.
        content_type: of `body`.
        life: how long a cache may keep it.
    """

    name: str
    body: bytes
    content_type: str
    life: Life


def rdf_item(name: str, body: bytes, format_: Format, life: Life, *, profile: bool = False) -> Item:
    """Return a file of RDF; `profile` means that it keeps the TREE profile."""
    return Item(name, body, content_type(format_, profile=profile), life)


class Target(Protocol):
    """A place for files. All methods raise ExportError if the place refuses."""

    def names(self, directory: str) -> frozenset[str]:
        """Return the names of the files directly in `directory`; empty if it does not exist."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return a file's content, uncoded; None if it does not exist."""
        ...

    def put(self, items: Sequence[Item]) -> int:
        """Store files, each whole or not at all; all are safe when this returns.

        Returns how many were written; the others already had this content.
        """
        ...

    def close(self) -> None:
        """Release the place."""
        ...
