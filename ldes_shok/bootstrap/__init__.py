"""The composition root: the only place that builds things from settings."""

from ldes_shok.bootstrap.backup import make_backup, restore_backup
from ldes_shok.bootstrap.demo import run_demo
from ldes_shok.bootstrap.export import export_members, export_pages
from ldes_shok.bootstrap.fsck import check_store, check_url
from ldes_shok.bootstrap.offline import open_offline
from ldes_shok.bootstrap.service import run_service

__all__ = [
    "check_store",
    "check_url",
    "export_members",
    "export_pages",
    "make_backup",
    "open_offline",
    "restore_backup",
    "run_demo",
    "run_service",
]
