"""After an upgrade: encrypts with the keys of periods what an older version wrote."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import structlog

from ldes_shok.bootstrap.decoders import build_decoders
from ldes_shok.bootstrap.privacy import Secrecy, pseudonymisers
from ldes_shok.clock import Clock
from ldes_shok.log.base import LogWriter
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_raw_keys

if TYPE_CHECKING:
    from ldes_shok.pipeline.period_vault import PeriodVault


def rekey(log: LogWriter, settings: Settings, vault: PeriodVault, clock: Clock) -> None:
    """Rekey the log unless it is done already; a large log takes some minutes, once.

    Raises:
        LogUnavailable, PseudonymKeyUnavailable: it is not complete; the next start begins again.
    """
    # Imported only where it is used: it loads OpenSSL.
    from ldes_shok.pipeline.rekeying import UnderKeys  # noqa: PLC0415

    secrecy = Secrecy(pseudonymisers(settings, clock), vault)
    decoders = {origin.source: decoder for origin, decoder in build_decoders(settings, secrecy)}
    rekeyed = log.rekey(UnderKeys(vault, resolve_raw_keys(settings, os.environ), decoders))
    if rekeyed is not None:
        structlog.get_logger("ldes_shok.privacy").warning(
            "log_rekeyed",
            **asdict(rekeyed),
            advice="copies of the log from before hold digests without a key: delete them",
        )
