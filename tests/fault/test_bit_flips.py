"""A disk that flips one bit: `fsck` finds it, wherever it is."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ldes_shok.commands.fsck import check_file
from ldes_shok.fsck import Finding
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from tests.support.bits import (
    Flip,
    bytes_before_the_last_commits,
    columns_of,
    empty_tables,
    flip_byte,
    flip_column,
    flip_value,
)
from tests.support.service import SECRETS
from tests.support.small_log import SmallLog, small_log

pytestmark = pytest.mark.fault

SEED = 20260103
SECRET = Secret(SECRETS["TEST_IDENTITY_SECRET"])
FLIPS = 50
NIGHTLY_FLIPS = int(os.environ.get("FLIPS", "1000"))

Damage = Callable[[Path, Random], Flip]

NIGHTLY = pytest.mark.nightly
flips = pytest.mark.parametrize(
    "count",
    [
        FLIPS,
        pytest.param(NIGHTLY_FLIPS, marks=NIGHTLY),
    ],
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    """A small log with something in every table."""
    return small_log(tmp_path_factory.mktemp("sound"))


def found_in(path: Path, settings: Settings) -> list[Finding]:
    return [item for item in check_file(settings, path, SECRET) if isinstance(item, Finding)]


def hidden_of(count: int, damage: Damage, sound: SmallLog, folder: Path) -> list[Flip]:
    """The flips that nothing was found of."""
    path, settings = sound.path, sound.settings
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
    sound: SmallLog,
) -> None:
    path, settings = sound.path, sound.settings
    assert found_in(path, settings) == []
    with closing(sqlite3.connect(path)) as connection:
        kinds = connection.execute("SELECT DISTINCT archived FROM node").fetchall()
    assert {kind for (kind,) in kinds} == {None, 0, 1}
    assert empty_tables(path) == []


@flips
def test_a_flipped_bit_of_a_value_is_found(sound: SmallLog, tmp_path: Path, count: int) -> None:
    """P12 and P4: a value that changed by one bit, in any column of any table, is found."""
    assert hidden_of(count, flip_value, sound, tmp_path) == []


@flips
def test_a_flipped_bit_of_the_file_is_found(sound: SmallLog, tmp_path: Path, count: int) -> None:
    """P12 and P4: so is one in any byte of the file that SQLite makes anything of."""
    assert hidden_of(count, flip_byte, sound, tmp_path) == []


@pytest.mark.parametrize("count", [10, pytest.param(NIGHTLY_FLIPS, marks=NIGHTLY)])
def test_a_flipped_bit_of_the_write_ahead_log_is_found(
    sound: SmallLog, tmp_path: Path, count: int
) -> None:
    """P1: commits that SQLite would pass over in silence are found, all but the last two.

    A bit that flips there cannot be told from a power cut in the middle of the last commit.
    """
    settings = sound.settings
    killed = sound.killed
    wal = killed.with_name(f"{killed.name}-wal")
    assert found_in(killed, settings) == []
    last_bytes = bytes_before_the_last_commits(wal, 2)
    assert last_bytes > 100_000
    chance, hidden = Random(SEED), []
    for number in range(count):
        copy = tmp_path / f"{number}.db"
        shutil.copy(killed, copy)
        content = bytearray(wal.read_bytes())
        offset, bit = chance.randrange(last_bytes), chance.randrange(8)
        content[offset] ^= 1 << bit
        copy.with_name(f"{copy.name}-wal").write_bytes(content)
        if not found_in(copy, settings):
            hidden.append((offset, bit))
        for file in tmp_path.glob(f"{number}.db*"):
            file.unlink()
    assert hidden == []


def test_the_first_and_the_last_bit_of_every_column_are_found(
    sound: SmallLog, tmp_path: Path
) -> None:
    """Chance leaves no column out: each one, in one row that has something in it."""
    path, settings = sound.path, sound.settings
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
