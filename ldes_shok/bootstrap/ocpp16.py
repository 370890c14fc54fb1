"""OCPP 1.6: how frames are read, and what stations connect to."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from ldes_shok.bootstrap.sources import SourceTools
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.log.base import LogReader
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.sources.dialects.ocpp16.central import CentralSettings, CentralSystem
from ldes_shok.sources.dialects.ocpp16.decoder import Ocpp16Decoder
from ldes_shok.sources.dialects.ocpp16.presence.silence import Mirror, MirroredSilence
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.ocpp16.tables import (
    CardPseudonyms,
    DataTransferRule,
    Tables,
    no_pseudonym,
)
from ldes_shok.sources.sections import Ocpp16Source, tells_presence
from ldes_shok.sources.sections import Source as SourceSettings

_ADAPTER = "ocpp16"


def build_ocpp16_decoder(
    decode: Ocpp16, origin: Origin, users: CardPseudonyms = no_pseudonym
) -> Ocpp16Decoder:
    """The decoder of mirrored frames, or of those that stations send to us.

    `users` hides whose card it was; by default every user is left out.
    """
    connects = origin.adapter == _ADAPTER
    tables = Tables(
        stations=decode.stations,
        only_these=connects,
        outlets=decode.outlets,
        meters=decode.meters,
        vendor_codes=decode.vendor_codes,
        data_transfers=tuple(
            DataTransferRule(
                vendor=rule.vendor,
                message=rule.message,
                field=rule.field or "",
                time_field=rule.time_field or "",
                opened=rule.opened,
                closed=rule.closed,
            )
            for rule in decode.data_transfers
        ),
        unavailable=decode.unavailable,
        zone=None if decode.zone is None else ZoneInfo(decode.zone),
        topic=decode.topic,
    )
    return Ocpp16Decoder(tables, origin.source, gives_numbers=connects, users=users)


def build_centrals(
    settings: Settings, secrets: ServiceSecrets, tools: SourceTools
) -> Sequence[CentralSystem]:
    """What the stations of each source connect to."""
    return [
        _central(source, secrets, tools)
        for source in settings.sources
        if isinstance(source, Ocpp16Source)
    ]


def build_silences(
    settings: Settings, tools: SourceTools, log: LogReader
) -> Sequence[MirroredSilence]:
    """What tells of the stations that are lost, of each source of mirrored frames."""
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


def _mirror(source: SourceSettings, tools: SourceTools, log: LogReader) -> Mirror:
    origin = Origin(str(source.__struct_config__.tag), source.tenant, source.name)
    seconds = getattr(source, "offline_after_seconds", None)

    def known() -> list[tuple[str, bytes]]:
        return [(record.subject, record.value) for record in log.memories(origin.source, "")]

    silent = None if seconds is None else timedelta(seconds=seconds)
    return Mirror(origin, tools.decodings[origin.source], known, silent, tools.aside)


def station_passwords(source: Ocpp16Source, secrets: ServiceSecrets) -> tuple[str, ...]:
    """What the stations of a source may show."""
    return tuple(password.reveal() for password in secrets.source_passwords[source.name])


def _central(source: Ocpp16Source, secrets: ServiceSecrets, tools: SourceTools) -> CentralSystem:
    origin = Origin(_ADAPTER, source.tenant, source.name)
    central = CentralSystem(
        origin,
        CentralSettings(
            stations=frozenset(source.stations),
            passwords=station_passwords(source, secrets),
            heartbeat_seconds=source.heartbeat_seconds,
            reconnect_seconds=source.reconnect_seconds,
            stuck_after=tools.stuck_after,
        ),
        tools.decodings[origin.source],
        tools.sink,
        tools.clock,
        time.monotonic,
        random.Random(),  # noqa: S311
    )

    async def take(new: ServiceSecrets) -> None:
        central.renew(station_passwords(source, new))

    tools.renewals.secrets.append(take)
    return central
