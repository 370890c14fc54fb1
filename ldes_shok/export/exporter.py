"""A whole export, the first or a later one, into any target.

First come sealed pages, whole subtrees from below. Then come open pages, each after those it links
to, the roots last. Then comes the catalogue. The next run finishes one that was interrupted: it
keeps what exists, and the manifest names the pages that may not have their final text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from ldes_shok.export.documents import Sources, documents, front
from ldes_shok.export.manifest import (
    ExportManifest,
    check_same_log,
    load_manifest,
    reach_of,
    store_manifest,
)
from ldes_shok.export.portable import SUFFIXES, PortablePages, stream_name
from ldes_shok.export.request import ExportSummary
from ldes_shok.export.target import Item, Life, Target, rdf_item
from ldes_shok.export.tree import FORMATS, OpenPages, TreeExport
from ldes_shok.export.writer import BatchWriter
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.walk_step import OnStep


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What to export.

    Attributes:
        streams: the streams of this run.
        forms: keys of `portable.SUFFIXES`.
        thorough: check every page, also below complete pages.
    """

    streams: tuple[EventStream, ...]
    forms: tuple[Form, ...]
    thorough: bool = False


class Exporter:
    """Brings a target up to date with the log."""

    def __init__(
        self, reader: LogReader, sources: Sources, every_stream: Sequence[EventStream]
    ) -> None:
        """`every_stream` is all streams of the service; the catalogue lists the exported ones."""
        self._reader = reader
        self._sources = sources
        self._every_stream = every_stream

    def run(self, target: Target, choice: ExportChoice, on_step: OnStep) -> ExportSummary:
        """Write what is missing.

        Raises:
            ExportError: the place refuses, or holds other data. Existing files stay valid.
            LogUnavailable: the log cannot be read.
        """
        manifest = load_manifest(target, self._sources.public_url)
        for stream in choice.streams:
            check_same_log(manifest, stream.name, self._reader)
        whole = sum(self._reader.stream(s.name).members for s in choice.streams)
        writer = BatchWriter(target, whole * len(choice.forms), on_step)
        store_manifest(target, manifest)
        listed = {*manifest.streams, *(stream.name for stream in choice.streams)}
        streams = [stream for stream in self._every_stream if stream.name in listed]

        for item in documents(self._sources, choice.streams, choice.forms):
            writer.add(item)
        open_pages = self._sealed(writer, choice, manifest)
        still_open = {item.name for pages in open_pages.values() for item in pages.items}
        manifest = replace(manifest, open=tuple(sorted(still_open.union(manifest.open))))
        store_manifest(target, manifest)
        for (stream, form), pages in open_pages.items():
            entry = self._stream_document(stream, form)
            writer.one_by_one((*pages.items, entry), pages.open_members)
        writer.one_by_one(tuple(front(self._sources, streams, choice.forms)))

        store_manifest(target, self._finished(manifest, choice, open_pages, still_open))
        members = sum(self._exported(stream, open_pages) for stream in choice.streams)
        return ExportSummary(members, writer.files, writer.kept_members)

    def _sealed(
        self, writer: BatchWriter, choice: ExportChoice, manifest: ExportManifest
    ) -> dict[tuple[EventStream, Form], OpenPages]:
        unfinished = frozenset(manifest.open)
        return {
            (stream, form): TreeExport(
                self._reader, stream, form, unfinished=unfinished, thorough=choice.thorough
            ).write_sealed(writer)
            for stream in choice.streams
            for form in choice.forms
        }

    def _stream_document(self, stream: EventStream, form: Form) -> Item:
        body = PortablePages(self._reader, stream, form).stream_document()
        return rdf_item(stream_name(stream, form), body, FORMATS[form], Life.ENTRY)

    def _finished(
        self,
        manifest: ExportManifest,
        choice: ExportChoice,
        open_pages: dict[tuple[EventStream, Form], OpenPages],
        still_open: set[str],
    ) -> ExportManifest:
        reaches = {
            stream.name: reach_of(stream.name, self._exported(stream, open_pages), self._reader)
            for stream in choice.streams
        }
        # Pages of streams and forms that were not chosen this time did not change.
        untouched = {
            name
            for name in manifest.open
            if not any(_is_page_of(name, stream, form) for stream, form in open_pages)
        }
        return replace(
            manifest,
            streams={**manifest.streams, **reaches},
            open=tuple(sorted(still_open.union(untouched))),
        )

    @staticmethod
    def _exported(
        stream: EventStream, open_pages: dict[tuple[EventStream, Form], OpenPages]
    ) -> int:
        return min(pages.members for (each, _), pages in open_pages.items() if each == stream)


def _is_page_of(name: str, stream: EventStream, form: Form) -> bool:
    return name.startswith(f"{stream.name}/") and name.endswith(SUFFIXES[form])
