"""Builds what protects people: keys of periods, pseudonyms, the vault."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.cabinet.pseudonym import KeyedPseudonyms, Pseudonymiser
from ldes_shok.clock import Clock
from ldes_shok.log.pseudonym_keys import KeyDirectory
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_raw_keys
from ldes_shok.sources.dialects.p1.memory import Sealing

if TYPE_CHECKING:
    from ldes_shok.pipeline.period_vault import PeriodVault


@dataclass(frozen=True, slots=True)
class Secrecy:
    """What the decoders of personal data use.

    Attributes:
        users: returns the pseudonymiser of a tenant, by its name.
        sealing: hides parts of messages that must be remembered.
    """

    users: Callable[[str], Pseudonymiser]
    sealing: Sealing


def build_vault(settings: Settings, environ: Mapping[str, str], clock: Clock) -> PeriodVault:
    """Return a vault with the keys of periods, and with the key of the settings if there is one.

    Raises:
        ConfigurationError: a named key does not exist or is not valid.
    """
    # Imported only where it is used: it loads OpenSSL.
    from ldes_shok.pipeline.period_vault import PeriodVault  # noqa: PLC0415

    keys, given = period_keys(settings, clock), resolve_raw_keys(settings, environ)
    return PeriodVault(keys, KeyPeriod(settings.privacy.pseudonyms.period), given, os.urandom)


def period_keys(settings: Settings, clock: Clock) -> KeyDirectory:
    """Return the keys of periods; a key is made when it is first needed."""
    pseudonyms = settings.privacy.pseudonyms
    return KeyDirectory(
        Path(pseudonyms.keys_directory),
        KeyPeriod(pseudonyms.period),
        pseudonyms.keep_periods,
        clock,
        owner=settings.public_url,
    )


def build_secrecy(settings: Settings, environ: Mapping[str, str], clock: Clock) -> Secrecy:
    """Build what gives pseudonyms to people and hides what decoders must remember of a message.

    Raises:
        ConfigurationError: a named key does not exist or is not valid.
    """
    return Secrecy(pseudonymisers(settings, clock), build_vault(settings, environ, clock))


def pseudonymisers(settings: Settings, clock: Clock) -> Callable[[str], Pseudonymiser]:
    """Return a function from a tenant's name to its `Pseudonymiser`."""
    keys = period_keys(settings, clock)
    period = KeyPeriod(settings.privacy.pseudonyms.period)
    return lambda tenant: KeyedPseudonyms(keys, period, tenant)
