"""Which tests are nearest to a module."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

PACKAGES: Final = ("pipeline", "log", "derive", "fragmentation", "validation", "http/access")
"""Where faults are planted, under `ldes_shok/`."""

_UNITS: Final = {
    "pipeline": ("tests/unit/pipeline",),
    "log": ("tests/unit/log", "tests/contract", "tests/unit/pipeline"),
    "derive": ("tests/unit/derive",),
    "fragmentation": ("tests/unit/fragmentation", "tests/unit/pipeline"),
    "validation": ("tests/unit/validation",),
    "http/access": ("tests/unit/http/access",),
}
_SERVICES: Final = {
    "pipeline": ("tests/unit/bootstrap", "tests/contract", "tests/integration/test_raw.py"),
    "log": ("tests/integration/test_backup.py", "tests/integration/test_postgres.py"),
    "log/sqlite": ("tests/fault/test_write_ahead_log.py", "tests/fault/test_names.py",
                   "tests/fault/test_bit_flips.py", "tests/integration/test_rekeying.py",
                   "tests/integration/test_kept_logs.py"),
    "log/postgres": ("tests/integration/test_postgres.py", "tests/integration/test_rekeying.py",
                     "tests/integration/test_postgresql_roles.py", "tests/fault/test_postgres.py"),
    "log/audit": ("tests/unit/fsck",
                  "tests/fault/test_bit_flips.py", "tests/fault/test_repair.py"),
    "derive": ("tests/privacy",
               "tests/integration/test_derived.py", "tests/integration/test_derived_city.py"),
    "fragmentation": ("tests/compliance/test_tree.py",),
    "validation": ("tests/compliance/test_process.py", "tests/compliance/test_profile.py"),
    "http/access": ("tests/unit/http",
                    "tests/security/test_tokens.py", "tests/compliance/test_answers.py"),
}  # fmt: skip


def mirrored(module: str) -> str:
    """The file that has the tests of a module and no other, if it is written."""
    path = Path(module)
    return str(Path("tests/unit", *path.parts[1:-1], f"test_{path.name}"))


def units(module: str) -> tuple[str, ...]:
    """Folders of tests that need no service of their own, the nearest one first."""
    return _UNITS[_package(module, _UNITS)]


def services(module: str) -> tuple[str, ...]:
    """Suites that start services; what the units let pass, they are asked about."""
    return _SERVICES[_package(module, _SERVICES)]


def _package(module: str, table: Mapping[str, tuple[str, ...]]) -> str:
    folder = Path(*Path(module).parts[1:-1])
    return next(str(path) for path in (folder, *folder.parents) if str(path) in table)
