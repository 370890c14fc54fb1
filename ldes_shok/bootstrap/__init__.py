"""The composition root: the only place that builds things from settings.

What is not used is not imported: a process that only reads must not load what only a writer needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ldes_shok.bootstrap.demo import run_demo
    from ldes_shok.bootstrap.offline import open_offline
    from ldes_shok.bootstrap.service import run_service

__all__ = ["open_offline", "run_demo", "run_service"]


def __getattr__(name: str) -> object:
    modules = {"open_offline": "offline", "run_demo": "demo", "run_service": "service"}
    if name not in modules:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{modules[name]}"), name)
