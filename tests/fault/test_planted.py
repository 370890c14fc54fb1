"""Somebody edits a log behind the service's back, and makes every checksum fit: `fsck` finds it."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path
from random import Random

import msgspec
import psycopg
import pytest
from psycopg import conninfo

from ldes_shok.commands.fsck import check_file, check_store
from ldes_shok.errors import LogError
from ldes_shok.fsck import Finding
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from tests.support.planted import PostgresDatabase, SqliteFile, copied_database, plant, unexplained
from tests.support.postgres import Postgres, new_database
from tests.support.service import SECRETS
from tests.support.small_log import SmallLog, fill, small_log

pytestmark = pytest.mark.fault

SECRET = Secret(SECRETS["TEST_IDENTITY_SECRET"])
NIGHTLY = int(os.environ.get("PLANTED", "2000"))
seeds = pytest.mark.parametrize(
    "seeds",
    [range(100), pytest.param(range(100, 100 + NIGHTLY), marks=pytest.mark.nightly)],
    ids=["100", "nightly"],
)
fewer_seeds = pytest.mark.parametrize(
    "seeds",
    [range(50), pytest.param(range(50, 50 + NIGHTLY // 4), marks=pytest.mark.nightly)],
    ids=["50", "nightly"],
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    """A small log with something in every table."""
    return small_log(tmp_path_factory.mktemp("sound"))


def found_in(path: Path, settings: Settings) -> list[Finding]:
    return [item for item in check_file(settings, path, SECRET) if isinstance(item, Finding)]


def test_the_planter_knows_the_checksum_of_every_table(sound: SmallLog) -> None:
    with closing(SqliteFile(sound.path)) as file:
        with_checksum = [t.name for t in file.tables() if "checksum" in t.columns]
        assert unexplained(with_checksum) == set()
        for table in file.tables():
            rows = file.run(f"SELECT {', '.join(table.columns)} FROM {table.name}")  # noqa: S608
            assert rows, table
            row = dict(zip(table.columns, rows[0], strict=True))
            assert file.fits(table, row) == row


@seeds
def test_whatever_is_planted_in_a_file_is_found(
    sound: SmallLog, tmp_path: Path, seeds: range
) -> None:
    """P4, P8 and P12: rows taken, added, changed, swapped, copied; whole tables; 100 of 100."""
    assert found_in(sound.path, sound.settings) == []
    hidden: list[str] = []
    for seed in seeds:
        copy = Path(shutil.copy(sound.path, tmp_path / f"{seed}.db"))
        with closing(SqliteFile(copy)) as file:
            said = plant(file, Random(seed))
        if not found_in(copy, sound.settings):
            hidden.append(f"{seed}: {said}")
        for file_of in tmp_path.glob(f"{seed}.db*"):
            file_of.unlink()
    assert hidden == []


@pytest.mark.postgres
@fewer_seeds
def test_whatever_is_planted_in_postgresql_is_found(
    postgres_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: range
) -> None:
    """P4, P8 and P12, whatever the store."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    server = postgres_server.url("postgres")
    url = new_database(server)
    template = str(conninfo.conninfo_to_dict(url)["dbname"])

    def settings_at(database: str) -> Settings:
        store = msgspec.structs.replace(log.settings.store, url=database)
        return msgspec.structs.replace(log.settings, store=store)

    def findings(database: str) -> list[str]:
        try:
            items = list(check_store(settings_at(database), ()))
        except LogError as error:  # what the log says of itself cannot be used: nothing is read
            return [str(error)]
        return [str(item) for item in items if isinstance(item, Finding)]

    log = small_log(tmp_path)
    fill(settings_at(url)).close()
    assert findings(url) == []
    hidden: list[str] = []
    for seed in seeds:
        name = f"{template}_{seed}"
        copied_database(server, template, name)
        copy = url.replace(template, name)
        with closing(PostgresDatabase(copy)) as database:
            said = plant(database, Random(seed))
        if not findings(copy):
            hidden.append(f"{seed}: {said}")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    assert hidden == []
