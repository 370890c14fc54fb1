"""A REST interface that is asked, whose server wants our memory."""

from __future__ import annotations

import zlib

import brotli
import pytest
from yarl import URL

from ldes_shok.clock import SystemClock
from ldes_shok.errors import SourceError
from ldes_shok.sources.transports.poll.client import PollClient, client_session
from tests.support.memory import most_bytes
from tests.support.neighbour import Said, neighbour

MB = 1024 * 1024
GROWN_BYTES = 60 * MB


def _bomb(coding: str) -> bytes:
    """Half a gigabyte of zeros."""
    zeros = [bytes(8 * MB)] * 64
    if coding == "br":
        brotli_packer = brotli.Compressor(quality=5)
        return b"".join([*map(brotli_packer.process, zeros), brotli_packer.finish()])
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    return b"".join([*map(packer.compress, zeros), packer.flush()])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
async def test_a_bomb_is_cut_off_at_what_a_page_may_have(coding: str) -> None:
    bomb = Said(_bomb(coding), "application/json", headers={"Content-Encoding": coding})
    assert len(bomb.body) < MB
    with neighbour(lambda _: bomb) as server:
        async with client_session() as session:
            client = PollClient(session, SystemClock(), 60, 10 * MB)
            most_bytes()
            before_bytes = most_bytes()
            with pytest.raises(SourceError, match="a page has more than 10485760 bytes"):
                await client.get(URL(server.url), {})
            assert most_bytes() - before_bytes < GROWN_BYTES
