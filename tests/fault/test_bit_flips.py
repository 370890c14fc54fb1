"""A disk that flips one bit: `fsck` finds it, wherever it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.bootstrap.fsck import check_file
from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.clock import ManualClock
from ldes_shok.fsck import Finding
from ldes_shok.pipeline.archive import archive_all
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from tests.support.bits import (
    Flip,
    bytes_before_the_last_commits,
    columns_of,
    empty_tables,
    flip_byte,
    flip_column,
    flip_value,
)
from tests.support.city import START
from tests.support.events import configuration, measurement, status
from tests.support.service import SECRETS, TENANT, Tree, settings_tree, write_settings

pytestmark = pytest.mark.fault

SEED = 20260103
FLIPS = 50
NIGHTLY_FLIPS = int(os.environ.get("FLIPS", "1000"))
SMALL_PAGES: Tree = {"fragmentation": {"leaf_members": 6, "bucket_leaves": 3}}
KILLED = "killed.db"
"""As `sound`, without the last close: its newest commits stand in the write-ahead log."""

CABINET = "VBS-001"
ORIGIN = Origin("http", TENANT, "push")

Damage = Callable[[Path, Random], Flip]

NIGHTLY = (pytest.mark.nightly, pytest.mark.timeout(7200))
flips = pytest.mark.parametrize(
    "count",
    [
        pytest.param(FLIPS, marks=pytest.mark.timeout(240)),
        pytest.param(NIGHTLY_FLIPS, marks=NIGHTLY),
    ],
)


def events(day: int) -> list[bytes]:
    """What one cabinet says on a day: some of it twice, some of it wrong, some of it no event."""
    start = START + timedelta(days=day)
    said = [configuration(CABINET, start)] if day == 0 else []
    for number in range(1, 8):
        at = start + timedelta(minutes=number)
        said += [measurement(CABINET, at, value=f"{day}{number}.5"), status(CABINET, at)]
    return [*said, said[-1], status(CABINET, start, outlet="9"), b"no event"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Settings]:
    """A small log with something in every table: archived leaves, sealed ones, open ones."""
    folder = tmp_path_factory.mktemp("sound")
    clock, path = ManualClock(START), folder / "log.db"
    settings = load_settings(
        write_settings(folder / "settings.yaml", settings_tree(9, path, SMALL_PAGES)), {}
    )
    core = build_core(settings, resolve_identity(settings, SECRETS), clock)
    for day in range(3):
        for number, event in enumerate(events(day)):
            clock.set(START + timedelta(days=day, seconds=number))
            core.writer.write([Delivery(event, ORIGIN, clock.now())])
        if day == 1:
            archive_all(core.writer, core.leaf_archiver)
    shutil.copy(path, folder / KILLED)
    shutil.copy(f"{path}-wal", folder / f"{KILLED}-wal")
    core.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path, settings


def found_in(path: Path, settings: Settings) -> list[Finding]:
    return [item for item in check_file(settings, path) if isinstance(item, Finding)]


def hidden_of(count: int, damage: Damage, sound: tuple[Path, Settings], folder: Path) -> list[Flip]:
    """The flips that nothing was found of."""
    path, settings = sound
    chance, hidden = Random(SEED), []
    for number in range(count):
        copy = folder / f"{number}.db"
        shutil.copy(path, copy)
        flip = damage(copy, chance)
        if not found_in(copy, settings):
            hidden.append(flip)
        for file in folder.glob(f"{number}.db*"):
            file.unlink()
    return hidden


def test_a_sound_log_has_something_everywhere_and_nothing_is_found(
    sound: tuple[Path, Settings],
) -> None:
    path, settings = sound
    assert found_in(path, settings) == []
    with closing(sqlite3.connect(path)) as connection:
        kinds = connection.execute("SELECT DISTINCT archived FROM node").fetchall()
    assert {kind for (kind,) in kinds} == {None, 0, 1}
    assert empty_tables(path) == []


@flips
def test_a_flipped_bit_of_a_value_is_found(
    sound: tuple[Path, Settings], tmp_path: Path, count: int
) -> None:
    """P12 and P4: a value that changed by one bit, in any column of any table, is found."""
    assert hidden_of(count, flip_value, sound, tmp_path) == []


@flips
def test_a_flipped_bit_of_the_file_is_found(
    sound: tuple[Path, Settings], tmp_path: Path, count: int
) -> None:
    """P12 and P4: so is one in any byte of the file that SQLite makes anything of."""
    assert hidden_of(count, flip_byte, sound, tmp_path) == []


@pytest.mark.parametrize("count", [10, pytest.param(NIGHTLY_FLIPS, marks=NIGHTLY)])
def test_a_flipped_bit_of_the_write_ahead_log_is_found(
    sound: tuple[Path, Settings], tmp_path: Path, count: int
) -> None:
    """P1: commits that SQLite would pass over in silence are found, all but the last two.

    A bit that flips there cannot be told from a power cut in the middle of the last commit.
    """
    path, settings = sound
    killed = path.with_name(KILLED)
    assert found_in(killed, settings) == []
    last_bytes = bytes_before_the_last_commits(path.with_name(f"{KILLED}-wal"), 2)
    assert last_bytes > 100_000
    chance, hidden = Random(SEED), []
    for number in range(count):
        copy = tmp_path / f"{number}.db"
        shutil.copy(killed, copy)
        content = bytearray(path.with_name(f"{KILLED}-wal").read_bytes())
        offset, bit = chance.randrange(last_bytes), chance.randrange(8)
        content[offset] ^= 1 << bit
        copy.with_name(f"{copy.name}-wal").write_bytes(content)
        if not found_in(copy, settings):
            hidden.append((offset, bit))
        for file in tmp_path.glob(f"{number}.db*"):
            file.unlink()
    assert hidden == []


def test_the_first_and_the_last_bit_of_every_column_are_found(
    sound: tuple[Path, Settings], tmp_path: Path
) -> None:
    """Chance leaves no column out: each one, in one row that has something in it."""
    path, settings = sound
    hidden = []
    copy = tmp_path / "copy.db"
    for where in columns_of(path):
        for last in (False, True):
            shutil.copy(path, copy)
            flip = flip_column(copy, where, last=last)
            if flip is not None and not found_in(copy, settings):
                hidden.append(flip)
            for file in tmp_path.glob("copy.db*"):
                file.unlink()
    assert hidden == []
