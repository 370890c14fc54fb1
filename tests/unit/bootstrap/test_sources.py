"""Sources are built from the settings, and started again when they fail."""

from __future__ import annotations

import asyncio
import os
from random import Random

import pytest
from structlog.testing import capture_logs

from ldes_shok.bootstrap import sources
from ldes_shok.bootstrap.sources import SourceTools, build_sources, running_sources
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import ManualClock
from ldes_shok.errors import SourceError
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.sources.common.running import RunningSource
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.p1.decoder import P1Decoder
from ldes_shok.sources.dialects.p1.section import P1
from tests.support.service import Tree
from tests.support.sinks import RecordingSink
from tests.support.vertical import NOON
from tests.unit.conftest import MakeSettings


def test_brokers_of_the_settings_become_sources(make_settings: MakeSettings) -> None:
    broker: Tree = {
        "name": "broker", "type": "mqtt", "tenant": "voorbeeldstad", "host": "127.0.0.1",
        "port": 1884, "topics": ["kasten/#"], "client_id": "shok", "tls": False,
    }  # fmt: skip
    settings = make_settings({"sources": [broker]})
    secrets = resolve_secrets(settings, os.environ)
    tools = SourceTools(RecordingSink(), {}, ManualClock(NOON), lambda _source, _subject: None)
    (source,) = build_sources(settings, secrets, tools)
    assert source.status.name == "broker"


def test_bridges_of_the_settings_become_sources(make_settings: MakeSettings) -> None:
    bridge: Tree = {
        "name": "hoofdmeter", "type": "tcp", "tenant": "voorbeeldstad", "port": 2001,
        "decode": {"as": "p1", "cabinet": "VBS-001"},
    }  # fmt: skip
    settings = make_settings({"sources": [bridge]})
    secrets = resolve_secrets(settings, os.environ)
    origin = Origin("tcp", "voorbeeldstad", "hoofdmeter")
    decoding = Decoding(P1Decoder(P1("VBS-001")), origin, lambda _source, _subject: None)
    tools = SourceTools(
        RecordingSink(),
        {origin.source: decoding},
        ManualClock(NOON),
        lambda _source, _subject: None,
    )
    (source,) = build_sources(settings, secrets, tools)
    assert source.status.name == "hoofdmeter"


class _Failing(RunningSource):
    """Fails twice, then ends."""

    def __init__(self) -> None:
        super().__init__("broker", "test", Random(1))
        self.runs = 0

    async def _deliver(self) -> None:
        self.runs += 1
        if self.runs < 3:
            raise SourceError("a defect")


async def test_a_source_with_a_defect_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "RESTART_SECONDS", 0)
    with capture_logs() as lines:
        source = _Failing()
        async with running_sources([source]):
            while source.runs < 3:  # noqa: ASYNC110 - nothing is awaited but the next turn
                await asyncio.sleep(0)
    assert source.runs == 3
    events = [line["event"] for line in lines]
    assert events == ["source_disconnected", "source_failed"], "what is no news is said once"
