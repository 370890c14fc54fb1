"""Where an export goes: a folder or a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from ldes_shok.representation.media import Format, content_type


class Life(StrEnum):
    """How long a file may be kept by whoever got it."""

    SEALED = "sealed"
    """A node that never changes again."""

    OPEN = "open"
    """A node that the next export may replace."""

    ENTRY = "entry"
    """A way to the nodes, or the manifest: replaced like an open node."""

    DOCUMENT = "document"
    """What changes with a release or with the configuration."""


CACHE_CONTROL: Final = {
    Life.SEALED: "public, max-age=604800, immutable",
    Life.OPEN: "public, max-age=5",
    Life.ENTRY: "public, max-age=5",
    Life.DOCUMENT: "public, max-age=3600",
}
"""The same words as the service; comma and space, because a client splits on them."""

MANIFEST: Final = "export.json"


@dataclass(frozen=True, slots=True)
class Item:
    """One file.

    Attributes:
        name: its path below the export, `/` between the parts.
        body: its content, uncoded.
        content_type: of `body`.
        life: how long it may be kept.
    """

    name: str
    body: bytes
    content_type: str
    life: Life


def rdf_item(name: str, body: bytes, format_: Format, life: Life, *, profile: bool = False) -> Item:
    """A file of RDF; `profile` says that it keeps the TREE profile."""
    return Item(name, body, content_type(format_, profile=profile), life)


class Target(Protocol):
    """A place that takes files. All raise ExportError when it refuses."""

    def names(self, directory: str) -> frozenset[str]:
        """The names of the files directly in `directory`, without it; empty if there is none."""
        ...

    def read(self, name: str) -> bytes | None:
        """A file's content, uncoded; None if it is not there."""
        ...

    def put(self, items: Sequence[Item]) -> int:
        """Store files, each whole or not at all; all of them are safe when this returns.

        Returns how many were written; the others were there with this content.
        """
        ...

    def close(self) -> None:
        """Let go of the place."""
        ...
