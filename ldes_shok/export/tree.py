"""The tree of one stream in one form, from the leaves to the root.

Children are written before their parent. So every link of an existing page leads to an existing
page, and an existing sealed page means that everything below it exists. Only the last path of the
tree is open, so all sealed pages come before all open ones.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ldes_shok.export.portable import SUFFIXES, PortablePages, page_name
from ldes_shok.export.target import Item, Life, Target, rdf_item
from ldes_shok.export.writer import BatchWriter
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import ROOT, Node, NodeKind, Relation
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.representation.hypermedia import relations_of
from ldes_shok.representation.media import Format

FORMATS = {Form.TURTLE: Format.TURTLE, Form.JSONLD: Format.JSONLD}


@dataclass(frozen=True, slots=True)
class OpenPages:
    """The pages of a stream in one form that must still be written.

    Attributes:
        items: its open pages, each after those it links to; the root is the last.
        members: how many members the export then has.
        open_members: how many of these members are on the open pages.
    """

    items: tuple[Item, ...]
    members: int
    open_members: int = 0


class TreeExport:
    """One walk over a stream's tree."""

    def __init__(
        self,
        reader: LogReader,
        stream: EventStream,
        form: Form,
        *,
        unfinished: Collection[str],
        thorough: bool,
    ) -> None:
        """Prepare a walk.

        Args:
            reader: the log; it may grow during the walk.
            stream: one of its streams.
            form: a form of `portable.SUFFIXES`.
            unfinished: names of existing pages that may not have their final text.
            thorough: also check below existing sealed pages.
        """
        self._reader = reader
        self._stream = stream
        self._form = form
        self._pages = PortablePages(reader, stream, form)
        self._unfinished = unfinished
        self._thorough = thorough
        self._open: list[Item] = []
        self._open_members = 0

    def write_sealed(self, writer: BatchWriter) -> OpenPages:
        """Write the sealed pages that are missing; return the open pages, to be written later.

        Raises:
            ExportError, LogUnavailable.
        """
        root = self._reader.node(self._stream.name, ROOT)
        if root is None:
            item = self._item(ROOT, self._pages.empty_root(), Life.OPEN)
            return OpenPages((item,), 0)
        self._open, self._open_members = [], 0
        self._visit(root, writer, kept=False)
        writer.settle()
        return OpenPages(tuple(self._open), root.members, self._open_members)

    def _visit(self, node: Node, writer: BatchWriter, *, kept: bool) -> None:
        relations: tuple[Relation, ...] = ()
        if node.kind is NodeKind.INTERIOR:
            children = self._reader.children(self._stream.name, node.path)
            present = self._present(node, writer.target)
            for child in children:
                there = child.sealed and page_name(self._stream, child.path, self._form) in present
                if there and (child.kind is NodeKind.LEAF or not self._thorough):
                    writer.keep(child.members)
                else:
                    self._visit(child, writer, kept=there)
            relations = relations_of(children)
            writer.settle()
        if kept:
            return
        body = self._pages.node(node, relations)
        members = node.members if node.kind is NodeKind.LEAF else 0
        if node.sealed:
            writer.add(self._item(node.path, body, Life.SEALED), members)
        else:
            self._open.append(self._item(node.path, body, Life.OPEN))
            self._open_members += members

    def _present(self, node: Node, target: Target) -> Collection[str]:
        """Return the names of the finished pages of a node's children."""
        page = page_name(self._stream, node.path, self._form)
        directory = page.removesuffix(SUFFIXES[self._form])
        names = {f"{directory}/{name}" for name in target.names(directory)}
        return names.difference(self._unfinished)

    def _item(self, path: str, body: bytes, life: Life) -> Item:
        name = page_name(self._stream, path, self._form)
        return rdf_item(name, body, FORMATS[self._form], life, profile=True)
