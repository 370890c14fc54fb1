"""Every transport whose sources run on their own, by its section."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ldes_shok.sections.base import Section
from ldes_shok.sources.common.running import RunningSource
from ldes_shok.sources.common.tools import RunningTools
from ldes_shok.sources.dialects.p1.telegram import frames
from ldes_shok.sources.transports.mqtt.section import MqttSource
from ldes_shok.sources.transports.mqtt.source import MqttSubscriber
from ldes_shok.sources.transports.poll.credentials import credentials_of
from ldes_shok.sources.transports.poll.section import PollSource
from ldes_shok.sources.transports.poll.source import Poller
from ldes_shok.sources.transports.tcp.section import TcpSource
from ldes_shok.sources.transports.tcp.source import TcpReader

RUNNING: Final[Mapping[type[Section], Callable[[Any, str, RunningTools], RunningSource]]] = {
    MqttSource: MqttSubscriber,
    PollSource: lambda section, secret, tools: Poller(
        section, credentials_of(section.auth, secret, tools.clock), tools
    ),
    TcpSource: lambda section, _, tools: TcpReader(section, frames, tools),
}
"""The maker of a running source by its section: from the section, its secret and the tools."""
