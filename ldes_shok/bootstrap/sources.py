"""The sources that run on their own: built from the settings, started and watched."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import Clock
from ldes_shok.processes.renewal import Renewals
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.sources.base import Aside, Sink, Source
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.decoding import Decoding, Recall
from ldes_shok.sources.dialects.p1.telegram import frames
from ldes_shok.sources.sections import MqttSource as MqttSourceSettings
from ldes_shok.sources.sections import TcpSource as TcpSourceSettings
from ldes_shok.sources.transports.mqtt.connection import MqttSettings
from ldes_shok.sources.transports.mqtt.source import MqttSource
from ldes_shok.sources.transports.poll.build import build_poll, poll_credentials
from ldes_shok.sources.transports.poll.client import client_session
from ldes_shok.sources.transports.poll.section import PollSource as PollSourceSettings
from ldes_shok.sources.transports.poll.source import PollSource, PollTools
from ldes_shok.sources.transports.tcp.source import TcpSettings, TcpSource

RESTART_SECONDS = 5
"""How long a source that failed on a defect of ours is left alone."""


@dataclass(frozen=True, slots=True)
class SourceTools:
    """What every source works with.

    Attributes:
        sink: takes the events.
        decodings: how messages are read, by `Origin.source`; canonical ones have none.
        clock: stamps the moment of receipt.
        recall: what the log remembers of a source; reads the log.
        aside: where that may be read.
        stuck_after: so many failures in a row at one position make a source stuck.
        renewals: told of what a source shows and reads again.
    """

    sink: Sink
    decodings: Mapping[str, Decoding]
    clock: Clock
    recall: Recall
    aside: Aside = asyncio.to_thread
    stuck_after: int = STUCK_AFTER_FAILURES
    renewals: Renewals = field(default_factory=Renewals)


def build_sources(
    settings: Settings, secrets: ServiceSecrets, tools: SourceTools
) -> Sequence[Source]:
    """All sources but those that are pushed to."""
    built: list[Source] = []
    for source in settings.sources:
        match source:
            case MqttSourceSettings():
                built.append(_mqtt(source, secrets, tools))
            case TcpSourceSettings():
                built.append(_tcp(source, tools))
            case PollSourceSettings():
                built.append(_poll(source, secrets, tools))
            case _:
                pass
    return built


@asynccontextmanager
async def running_sources(sources: Sequence[Source]) -> AsyncIterator[None]:
    """Every source in a task of its own, until the block ends."""
    tasks = [asyncio.create_task(_supervised(source)) for source in sources]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _supervised(source: Source) -> None:
    """Run a source; a defect in it is logged and it is started again, nothing acknowledged."""
    while True:
        try:
            await source.run()
        except Exception as error:
            # Whatever it is, the other sources go on.
            if source.failed(error):
                log = structlog.get_logger("ldes_shok.sources")
                log.exception("source_failed", source=source.status.name)
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return


def _poll(source: PollSourceSettings, secrets: ServiceSecrets, tools: SourceTools) -> PollSource:
    origin = Origin("poll", source.tenant, source.name)
    poll_tools = PollTools(
        tools.sink,
        tools.clock,
        random.Random(),  # noqa: S311
        tools.recall,
        client_session,
        tools.decodings.get(origin.source),
        stuck_after=tools.stuck_after,
        aside=tools.aside,
    )
    built = build_poll(source, secrets.shown_by(source.name) or "", poll_tools)
    tools.renewals.of_source(
        source.name,
        secrets,
        lambda shown: built.renew(poll_credentials(source.auth, shown, tools.clock)),
    )
    return built


def _mqtt(source: MqttSourceSettings, secrets: ServiceSecrets, tools: SourceTools) -> MqttSource:
    origin = Origin("mqtt", source.tenant, source.name)
    built = MqttSource(
        _mqtt_settings(source, secrets, tools),
        tools.sink,
        tools.clock,
        random.Random(),  # noqa: S311
        decoding=tools.decodings.get(origin.source),
    )
    tools.renewals.of_source(source.name, secrets, built.renew)
    tools.renewals.files.append(built.certificates.renew)
    return built


def _tcp(source: TcpSourceSettings, tools: SourceTools) -> TcpSource:
    settings = TcpSettings(
        source.name, source.host, source.port, source.silence_seconds, tools.stuck_after
    )
    decoding = tools.decodings[Origin("tcp", source.tenant, source.name).source]
    rng = random.Random()  # noqa: S311
    return TcpSource(settings, frames, decoding, tools.sink, tools.clock, rng)


def _mqtt_settings(
    source: MqttSourceSettings, secrets: ServiceSecrets, tools: SourceTools
) -> MqttSettings:
    return MqttSettings(
        name=source.name,
        tenant=source.tenant,
        host=source.host,
        port=source.port,
        topics=source.topics,
        client_id=source.client_id,
        username=source.username,
        password=secrets.shown_by(source.name),
        tls=source.tls,
        tls_ca_file=source.tls_ca_file,
        tls_certificate_file=source.tls_certificate_file,
        tls_key_file=source.tls_key_file,
        protocol=source.protocol,
        keepalive_seconds=source.keepalive_seconds,
        max_inflight=source.max_inflight,
        stuck_after=tools.stuck_after,
    )
