"""The composition root: the only place that builds things from settings."""

from ldes_shok.bootstrap.demo import run_demo
from ldes_shok.bootstrap.export import export_members, export_pages
from ldes_shok.bootstrap.offline import open_offline
from ldes_shok.bootstrap.service import run_service

__all__ = ["export_members", "export_pages", "open_offline", "run_demo", "run_service"]
