"""Pages for answers: from memory, or built on another thread, once for all that wait for one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

from ldes_shok.ldes.form import Form
from ldes_shok.ldes.node import Node
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.reads import Reads
from ldes_shok.representation.coding import Coded, Coding
from ldes_shok.representation.nodes import CurrentNodes
from ldes_shok.representation.pages import Pages

_Key = tuple[str, str, Form, Coding, int]


@dataclass(frozen=True, slots=True)
class Built:
    """A page that was built, and its node."""

    node: Node
    coded: Coded


Building = asyncio.Future[Built | None]
"""A page that is being built; its result is None if there is no such node."""


class Builds:
    """The pages in memory and the pages that are being built, for one event loop."""

    def __init__(self, nodes: CurrentNodes, pages: Pages, reads: Reads) -> None:
        self._nodes: Final = nodes
        self._pages: Final = pages
        self._reads: Final = reads
        self._running: dict[_Key, Building] = {}

    async def page(
        self, stream: EventStream, path: str, form: Form, coding: Coding
    ) -> Coded | None:
        """Return the coded body of the node at `path`; None if there is no such node.

        Raises:
            LogUnavailable: the log cannot be read.
        """
        page = self.at_hand_or_begun(stream, path, form, coding)
        if isinstance(page, Coded):
            return page
        # Shielded: if one reader disconnects, the others still get the page.
        built = await asyncio.shield(page)
        return None if built is None else built.coded

    def at_hand_or_begun(
        self, stream: EventStream, path: str, form: Form, coding: Coding
    ) -> Coded | Building:
        """Return the coded body of a node, or its future; do not cancel it, others may wait for it.

        Raises:
            LogUnavailable: the log cannot be read; a later failure is the future's exception.
        """
        node = self._nodes.at_hand(stream, path)
        if node is not None:
            coded = self._pages.at_hand(stream, node, form, coding)
            if coded is not None:
                return coded
        # A request after a later commit must not get a page whose build began before that commit.
        generation = self._nodes.generation()
        key = (stream.name, path, form, coding, generation)
        building = self._running.get(key)
        if building is None:
            building = self._reads.begin(self._build, stream, path, node, form, coding)
            self._running[key] = building
            building.add_done_callback(partial(self._built, stream, key))
        return building

    def _build(
        self, stream: EventStream, path: str, node: Node | None, form: Form, coding: Coding
    ) -> Built | None:
        """Build a page; on another thread."""
        node = node or self._pages.node(stream, path)
        return None if node is None else Built(node, self._pages.build(stream, node, form, coding))

    def _built(self, stream: EventStream, key: _Key, building: Building) -> None:
        del self._running[key]
        if building.cancelled() or building.exception() is not None:
            return
        built = building.result()
        if built is not None:
            self._nodes.keep(stream, built.node, key[-1])
