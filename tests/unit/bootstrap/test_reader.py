"""What a reader process is made of, and what it and the writer say to each other."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from ldes_shok.http.access.policy import Consumer, Credential
from ldes_shok.processes.channel import (
    Channel,
    Count,
    Message,
    ReaderStart,
    Renew,
    RequestCounts,
)
from ldes_shok.settings.model import Settings
from tests.support.service import ROOT

CREDENTIAL = Credential(
    "a-secret-token",
    Consumer("dienst", frozenset({"techniek"}), 60, datetime(2027, 1, 1, tzinfo=UTC)),
)
FORBIDDEN = (
    "rdflib", "pyld", "pyshacl", "apscheduler", "aiomqtt", "ldes_shok.validation",
    "ldes_shok.mapping.mapper", "ldes_shok.pipeline", "ldes_shok.log.sqlite.writer",
)  # fmt: skip


def test_a_reader_imports_nothing_that_writes_or_parses_rdf() -> None:
    code = f"import sys, ldes_shok.bootstrap.reader; print(*{set(FORBIDDEN)} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert said.stdout.strip() == ""


async def test_what_is_said_arrives(settings: Settings) -> None:
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
