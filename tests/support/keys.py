"""Keys of periods in memory, and a vault that uses them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ldes_shok.cabinet.period_keys import KEY_BYTES, KeyPeriod
from ldes_shok.clock import SystemClock
from ldes_shok.log.pseudonym_keys import KeyDirectory
from ldes_shok.pipeline.period_vault import PeriodVault


def vault_beside(log: Path) -> PeriodVault:
    """The vault of a service that `tests.support.service` set up, by its log."""
    keys = KeyDirectory(Path(f"{log.absolute()}.keys"), KeyPeriod.MONTH, 1, SystemClock())
    return PeriodVault(keys, KeyPeriod.MONTH, (), os.urandom)


class MemoryKeys:
    """`PeriodKeys` that last as long as the test, and can be destroyed."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def key(self, period: str, received_in: str) -> bytes:  # noqa: ARG002  all are kept
        return self.held.setdefault(period, os.urandom(KEY_BYTES))

    def present(self) -> Sequence[bytes]:
        return list(self.held.values())


def memory_vault(keys: MemoryKeys | None = None, *given: bytes) -> PeriodVault:
    """A vault whose keys are a month's each."""
    return PeriodVault(keys or MemoryKeys(), KeyPeriod.MONTH, given, os.urandom)
