"""What protects people, built from the settings: the raw archive's vault, pseudonyms."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ldes_shok.cabinet.pseudonym import KeyedPseudonyms, Period, Pseudonymiser
from ldes_shok.clock import Clock
from ldes_shok.log.pseudonym_keys import KeyDirectory
from ldes_shok.pipeline.vault import PlainVault, Vault
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_raw_keys


def build_vault(settings: Settings, environ: Mapping[str, str]) -> Vault:
    """Encrypts when a key is given.

    Raises:
        ConfigurationError: a key is named that is not there or is none.
    """
    keys = resolve_raw_keys(settings, environ)
    if not keys:
        return PlainVault()
    # Only where it is used: it loads OpenSSL.
    from ldes_shok.pipeline.encrypted_vault import EncryptedVault  # noqa: PLC0415

    return EncryptedVault(keys, os.urandom)


def pseudonym_keys(settings: Settings, clock: Clock) -> KeyDirectory:
    """The keys of pseudonyms; nothing is made before one is needed."""
    pseudonyms = settings.privacy.pseudonyms
    return KeyDirectory(
        Path(pseudonyms.keys_directory),
        Period(pseudonyms.period),
        pseudonyms.keep_periods,
        clock,
    )


def pseudonymisers(settings: Settings, clock: Clock) -> Callable[[str], Pseudonymiser]:
    """The `Pseudonymiser` of a tenant, by its name: for the decoders that meet persons."""
    keys = pseudonym_keys(settings, clock)
    period = Period(settings.privacy.pseudonyms.period)
    return lambda tenant: KeyedPseudonyms(keys, period, tenant)
