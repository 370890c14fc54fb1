"""The manifest of an export, which tells the next run what it may keep."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ldes_shok.errors import ExportError
from ldes_shok.export.target import MANIFEST, Item, Life, Target
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.base import LogReader

_VERSION = 1


class Reach(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a stream is exported: its members, and the IRI of the newest member."""

    members: int = 0
    newest: str = ""


class ExportManifest(msgspec.Struct, frozen=True):
    """What was exported.

    Attributes:
        public_url: base of its IRIs.
        version: of this layout.
        streams: how far each stream is exported.
        open: the pages that may still change; all other pages of nodes are final. A name is added
            before its page is written, and removed after the final text is safe.
    """

    public_url: str
    version: int = _VERSION
    streams: Mapping[str, Reach] = {}
    open: tuple[str, ...] = ()


def load_manifest(target: Target, public_url: str) -> ExportManifest:
    """Return the manifest of an earlier export; a new one for an empty place.

    Raises:
        ExportError: the place holds other data, or another service's export.
    """
    text = target.read(MANIFEST)
    if text is None:
        if target.names(""):
            raise ExportError(
                f"there are files here, and no {MANIFEST} of an earlier export: name an empty place"
            )
        return ExportManifest(public_url)
    try:
        manifest = msgspec.json.decode(text, type=ExportManifest)
    except msgspec.DecodeError as error:
        raise ExportError(f"{MANIFEST} cannot be read: {error}") from error
    if manifest.version != _VERSION:
        raise ExportError(f"{MANIFEST} is of version {manifest.version}; this one is {_VERSION}")
    if manifest.public_url != public_url:
        raise ExportError(f"the export here is of {manifest.public_url}, not of {public_url}")
    return manifest


def store_manifest(target: Target, manifest: ExportManifest) -> None:
    """Write the manifest; it is safe when this returns."""
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    target.put([Item(MANIFEST, body, "application/json", Life.ENTRY)])


def check_same_log(manifest: ExportManifest, stream: str, reader: LogReader) -> None:
    """Check that the log is the one of the last export, by the newest member of that export.

    Raises:
        ExportError: it is another log, or an older copy.
    """
    reach = manifest.streams.get(stream, Reach())
    if not reach.members:
        return
    rows = reader.rows(stream, FIRST_POSITION + reach.members - 1, 1)
    if not rows or rows[0].iri != reach.newest:
        raise ExportError(
            f"{stream}: member {reach.members} of the export is not in the log; "
            "it is the export of another log, or the log was restored from an older copy"
        )


def reach_of(stream: str, members: int, reader: LogReader) -> Reach:
    """Return how far an export with this many members goes."""
    rows = reader.rows(stream, FIRST_POSITION + members - 1, 1) if members else ()
    return Reach(members, rows[0].iri if rows else "")
