"""What the writing process and its readers say to each other."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

import pytest

from ldes_shok.http.access.policy import Credential, TokenHolder
from ldes_shok.processes.channel import (
    Channel,
    Count,
    Message,
    ReaderStart,
    Renew,
    RequestCounts,
)
from ldes_shok.settings.model import Settings

CREDENTIAL = Credential(
    "a-secret-token",
    TokenHolder("dienst", frozenset({"techniek"}), 60, datetime(2027, 1, 1, tzinfo=UTC)),
)


async def test_what_is_sent_arrives(settings: Settings) -> None:
    sent: tuple[Message, ...] = (
        ReaderStart(1, settings, [CREDENTIAL], "/a/log.db", "/a/socket", [3, 4], 5),
        Count(), RequestCounts([("/{stream}", "200", 3)]), RequestCounts([]), Renew([CREDENTIAL]),
    )  # fmt: skip
    left, right = socket.socketpair()
    one, other = await Channel.over(left), await Channel.over(right)
    for message in sent:
        await one.send(message)
    one.close()
    assert [message async for message in other.messages()] == list(sent)
    other.close()


async def test_half_a_message_is_none(settings: Settings) -> None:
    left, right = socket.socketpair()
    channel = await Channel.over(right)
    left.sendall(b'{"type":"Count"}\n{"type":"Cou')
    left.close()
    assert [message async for message in channel.messages()] == [Count()]
    channel.close()
    # A secret of the settings is in no log line.
    shown = repr(ReaderStart(1, settings, [CREDENTIAL], "", "", [], None))
    assert settings.public_url not in shown
    assert CREDENTIAL.token not in shown


async def test_who_is_gone_is_not_spoken_to() -> None:
    left, right = socket.socketpair()
    channel = await Channel.over(left)
    right.close()

    async def speak() -> None:
        for _ in range(10):
            await channel.send(Count())
            await asyncio.sleep(0)

    with pytest.raises(ConnectionError):
        await speak()
    channel.close()
