"""Builds OCPP 1.6: the central systems of stations, and the watch over lost stations."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import timedelta

from ldes_shok.bootstrap.sources import SourceTools
from ldes_shok.log.base import LogReader
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.sources.dialects.ocpp16.central import CentralSystem
from ldes_shok.sources.dialects.ocpp16.presence.silence import Mirror, MirroredSilence
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16Source
from ldes_shok.sources.registry import Source, origin_of, tells_presence


def build_centrals(
    settings: Settings, secrets: ServiceSecrets, tools: SourceTools
) -> Sequence[CentralSystem]:
    """Return the central system of each OCPP source."""
    return [
        _central(source, secrets, tools)
        for source in settings.sources
        if isinstance(source, Ocpp16Source)
    ]


def build_silences(
    settings: Settings, tools: SourceTools, log: LogReader
) -> Sequence[MirroredSilence]:
    """Return the watch over lost stations, for each source of mirrored frames."""
    return [
        MirroredSilence(
            _mirror(source, tools, log),
            tools.sink,
            tools.clock,
            random.Random(),  # noqa: S311
            stuck_after=tools.stuck_after,
        )
        for source in settings.sources
        if tells_presence(source) and not isinstance(source, Ocpp16Source)
    ]


def _mirror(source: Source, tools: SourceTools, log: LogReader) -> Mirror:
    origin = origin_of(source)
    seconds = source.offline_after_seconds

    def known() -> list[tuple[str, bytes]]:
        return [(record.subject, record.value) for record in log.memories(origin.source, "")]

    silent = None if seconds is None else timedelta(seconds=seconds)
    return Mirror(origin, tools.decodings[origin.source], known, silent, tools.aside)


def station_passwords(source: Ocpp16Source, secrets: ServiceSecrets) -> tuple[str, ...]:
    """Return the passwords that the stations of a source may send."""
    return tuple(password.reveal() for password in secrets.source_passwords[source.name])


def _central(source: Ocpp16Source, secrets: ServiceSecrets, tools: SourceTools) -> CentralSystem:
    central = CentralSystem(
        source,
        station_passwords(source, secrets),
        tools.decodings[origin_of(source).source],
        tools.running(),
        time.monotonic,
    )

    async def take(new: ServiceSecrets) -> None:
        central.renew_passwords(station_passwords(source, new))

    tools.renewals.secrets.append(take)
    return central
