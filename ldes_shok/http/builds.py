"""Pages that must be made first: on another thread, and once, however many wait for them."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from typing import Final

from ldes_shok.ldes.form import Form
from ldes_shok.ldes.node import Node
from ldes_shok.ldes.stream import EventStream
from ldes_shok.representation.coding import Coded, Coding
from ldes_shok.representation.pages import Pages

_Key = tuple[str, Node, Form, Coding]


class Builds:
    """The pages that are being made. For one event loop."""

    def __init__(self, pages: Pages, pool: Executor) -> None:
        self._pages: Final = pages
        self._pool: Final = pool
        self._running: dict[_Key, asyncio.Future[Coded]] = {}

    async def page(self, stream: EventStream, node: Node, form: Form, coding: Coding) -> Coded:
        """The coded body of a node.

        Raises:
            LogUnavailable: the log cannot be read.
        """
        page = self.at_hand_or_begun(stream, node, form, coding)
        # Shielded: one reader that hangs up does not take the page from the others.
        return page if isinstance(page, Coded) else await asyncio.shield(page)

    def at_hand_or_begun(
        self, stream: EventStream, node: Node, form: Form, coding: Coding
    ) -> Coded | asyncio.Future[Coded]:
        """The coded body of a node, or what it will be; not to be cancelled, others may wait.

        Raises:
            LogUnavailable: the log cannot be read; later it is the error of the future.
        """
        coded = self._pages.at_hand(stream, node, form, coding)
        if coded is not None:
            return coded
        key = (stream.name, node, form, coding)
        future = self._running.get(key)
        if future is None:
            future = asyncio.get_running_loop().run_in_executor(
                self._pool, self._pages.build, stream, node, form, coding
            )
            self._running[key] = future
            future.add_done_callback(lambda _: self._running.pop(key))
        return future
