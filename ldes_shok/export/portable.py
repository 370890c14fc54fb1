"""Nodes and stream documents that work under any URL.

References to other pages are relative to the page itself: relations, the stream, the shape, the
context. Members and their entities keep absolute IRIs: these are identities, not places. There is
no `@base`. A page links to pages of the same form, so every URL is a file name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ldes_shok.errors import ExportError
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import ROOT, Node, NodeKind, Relation
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.representation.hypermedia import HypermediaWriter, NodeHypermedia, node_iri

NOWHERE: Final = "http://portable.invalid"
"""The base of all URLs while a page is written; no finished page contains it (RFC 6761)."""

SUFFIXES: Final = {Form.TURTLE: ".ttl", Form.JSONLD: ".jsonld"}
"""The forms with relative IRIs; N-Triples and N-Quads have none."""

CONTEXT_NAME: Final = "context.jsonld"
_TREE_MEMBER: Final = "tree:member"


def portable_stream(stream: EventStream, form: Form) -> EventStream:
    """Return `stream` with the IRIs that a page of the export in `form` uses."""
    suffix = SUFFIXES[form]
    view = stream.view_iri.removeprefix(stream.iri)
    return replace(
        stream,
        iri=f"{NOWHERE}/{stream.name}{suffix}",
        view_iri=f"{NOWHERE}/{stream.name}{view}",
        shape_iri=f"{NOWHERE}/{shape_name(stream)}",
        page_suffix=suffix,
    )


def shape_name(stream: EventStream) -> str:
    """Return the file name of a stream's shape."""
    return f"shapes/{stream.name}.ttl"


def page_name(stream: EventStream, path: str, form: Form) -> str:
    """Return the file name of a node."""
    return _name(node_iri(portable_stream(stream, form), path))


def stream_name(stream: EventStream, form: Form) -> str:
    """Return the file name of a stream's own document."""
    return f"{stream.name}{SUFFIXES[form]}"


class PortablePages:
    """Writes the pages of one stream in one form."""

    def __init__(self, reader: LogReader, stream: EventStream, form: Form) -> None:
        self._reader = reader
        self._stream = stream
        self._portable = portable_stream(stream, form)
        self._form = form
        self._writer = HypermediaWriter(f"{NOWHERE}/{CONTEXT_NAME}")
        self._membership = f"<{stream.iri}> {_TREE_MEMBER} ".encode()

    def node(self, node: Node, relations: tuple[Relation, ...]) -> bytes:
        """Return a node's page, with as many members as `node` has.

        Raises:
            ExportError: the log's texts have an unexpected form.
        """
        page = NodeHypermedia(self._portable, node.path, sealed=node.sealed, relations=relations)
        prefix, suffix = self._writer.around(page, self._form)
        blocks = b""
        if node.kind is NodeKind.LEAF:
            texts = self._reader.blocks(
                self._stream.name, node.first_position, node.members, self._form
            )
            if len(texts) != node.members:
                sentence = f"node {node.path} has {node.members} members, the log gave {len(texts)}"
                raise ExportError(f"{self._stream.name}: {sentence}; check it with fsck")
            if self._form is Form.TURTLE:
                texts = [self._relative_member(text, page.iri) for text in texts]
            blocks = self._writer.separator(self._form).join(texts)
        return self._relative(prefix, page.iri) + blocks + suffix

    def stream_document(self) -> bytes:
        """Return the stream's own document."""
        document = self._writer.stream_document(self._portable, self._form)
        return self._relative(document, f"{NOWHERE}/{stream_name(self._stream, self._form)}")

    def empty_root(self) -> bytes:
        """Return the root of a stream that has no member yet."""
        root = Node(ROOT, None, NodeKind.INTERIOR, 0, None, 0, 0, 0, 0, split=True, sealed=False)
        return self.node(root, ())

    def _relative(self, text: bytes, url: str) -> bytes:
        """Make everything below `NOWHERE` in hypermedia relative to `url`."""
        up = _up(url)
        if self._form is Form.TURTLE:
            _, _, text = text.partition(f"@base <{url}> .\n".encode())
            if url == self._portable.iri:
                # By name, not <>: a client may ask for the document without its suffix.
                text = text.replace(b"\n<> ", f"\n<{url}> ".encode())
            return text.replace(f"<{NOWHERE}/".encode(), f"<{up}".encode())
        text = text.replace(f',{{"@base":"{url}"}}'.encode(), b"")
        if url != self._portable.iri:
            text = text.replace(f'"{url}"'.encode(), b'""').replace(f'"{url}#'.encode(), b'"#')
        return text.replace(f'"{NOWHERE}/'.encode(), f'"{up}'.encode())

    def _relative_member(self, text: bytes, url: str) -> bytes:
        if not text.startswith(self._membership):
            raise ExportError(
                f"{self._stream.name}: a member in the log does not begin with its membership; "
                "it was written for another public_url, or by a version that is not known here"
            )
        stream = _up(url) + _name(self._portable.iri)
        return f"<{stream}> {_TREE_MEMBER} ".encode() + text[len(self._membership) :]


def _name(url: str) -> str:
    return url.removeprefix(f"{NOWHERE}/")


def _up(url: str) -> str:
    return "../" * _name(url).count("/")
