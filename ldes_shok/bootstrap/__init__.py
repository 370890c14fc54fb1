"""The composition root: the only place that builds things from settings.

What is not used is not imported: a process that only reads must not load what only a writer needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ldes_shok.bootstrap.backup import make_backup, restore_backup
    from ldes_shok.bootstrap.demo import run_demo
    from ldes_shok.bootstrap.export import export_members, export_pages
    from ldes_shok.bootstrap.fsck import check_store, check_url, repair_store
    from ldes_shok.bootstrap.offline import open_offline
    from ldes_shok.bootstrap.preflight import check_start
    from ldes_shok.bootstrap.raw_archive import destroy_pseudonym_keys, open_raw_archive
    from ldes_shok.bootstrap.service import run_service

__all__ = [
    "check_start",
    "check_store",
    "check_url",
    "destroy_pseudonym_keys",
    "export_members",
    "export_pages",
    "make_backup",
    "open_offline",
    "open_raw_archive",
    "repair_store",
    "restore_backup",
    "run_demo",
    "run_service",
]

_MODULES: Final = {
    "check_start": "preflight",
    "check_store": "fsck",
    "check_url": "fsck",
    "destroy_pseudonym_keys": "raw_archive",
    "export_members": "export",
    "export_pages": "export",
    "make_backup": "backup",
    "open_offline": "offline",
    "open_raw_archive": "raw_archive",
    "repair_store": "fsck",
    "restore_backup": "backup",
    "run_demo": "demo",
    "run_service": "service",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
