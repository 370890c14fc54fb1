"""A small log with something in every table, made in less than a second."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from ldes_shok.bootstrap.core import Core, build_core
from ldes_shok.cabinet.incoming import Delivery, Memory, Origin, Raw
from ldes_shok.clock import ManualClock
from ldes_shok.pipeline.archive import archive_all
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from tests.support.city import START
from tests.support.events import configuration, measurement, status
from tests.support.service import SECRETS, TENANT, Tree, settings_tree, write_settings

CABINET: Final = "VBS-001"
_SMALL_PAGES: Final[Tree] = {"fragmentation": {"leaf_members": 6, "bucket_leaves": 3}}
_DAYS: Final = 3
_UNUSED_PORT: Final = 9


@dataclass(frozen=True, slots=True)
class SmallLog:
    """Where it is.

    Attributes:
        path: the log, closed: no file beside it.
        killed: the same as a kill leaves it: the newest commits are in the file `-wal` beside it.
        config: its settings as a file.
        settings: the same, read.
    """

    path: Path
    killed: Path
    config: Path
    settings: Settings


def small_log(folder: Path) -> SmallLog:
    """Three days of a cabinet; leaves of the first two are archived, of the third not yet."""
    path, killed = folder / "log.db", folder / "killed.db"
    config = write_settings(
        folder / "settings.yaml", settings_tree(_UNUSED_PORT, path, _SMALL_PAGES)
    )
    settings = load_settings(config, {})
    core = fill(settings)
    shutil.copy(path, killed)
    shutil.copy(f"{path}-wal", f"{killed}-wal")
    core.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return SmallLog(path, killed, config, settings)


def fill(settings: Settings) -> Core:
    """The same in whatever store the settings name, open."""
    clock = ManualClock(START)
    core = build_core(settings, resolve_identity(settings, SECRETS), clock)
    origin = Origin("http", TENANT, "push")
    for day in range(_DAYS):
        for number, event in enumerate(_events(day)):
            clock.set(START + timedelta(days=day, seconds=number))
            raw = Raw.of(b"raw " + event, {"topic": CABINET})
            memory = Memory(CABINET, b"%d" % number)
            core.writer.write([Delivery(event, origin, clock.now(), raw, memory)])
        if day < _DAYS - 1:
            archive_all(core.writer, core.leaf_archiver)
    return core


def _events(day: int) -> list[bytes]:
    """A day of one cabinet: some of it comes twice, some is wrong, some is no event."""
    start = START + timedelta(days=day)
    said = [configuration(CABINET, start)] if day == 0 else []
    for number in range(1, 8):
        at = start + timedelta(minutes=number)
        said += [measurement(CABINET, at, value=f"{day}{number}.5"), status(CABINET, at)]
    return [*said, said[-1], status(CABINET, start, outlet="9"), b"no event"]
