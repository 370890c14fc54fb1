"""The roles of `deploy/postgresql.md`: the writer's may all it needs, the readers' only read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.bootstrap.log_readers import open_log_reader
from ldes_shok.clock import ManualClock
from ldes_shok.commands.export import export_pages
from ldes_shok.export.request import ExportRequest
from ldes_shok.ldes.node import ROOT
from ldes_shok.log.walk_step import Step
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from tests.support.exported import dangling
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.service import ROOT as REPOSITORY
from tests.support.service import SECRETS, settings_tree, write_settings
from tests.support.vertical import NOON, configuration, deliveries, measurement, reading

pytestmark = [pytest.mark.integration, pytest.mark.postgres]

DATABASE = "ldes_shok"


@pytest.fixture
def settings_of(
    postgres_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Settings]:
    """The settings of a process with a role, after the document's statements were run."""
    text = (REPOSITORY / "deploy" / "postgresql.md").read_text()
    blocks = re.findall(r"^```sql\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (statements,) = (block for block in blocks if "CREATE ROLE" in block)
    first, second = statements.split(f"\\connect {DATABASE}\n")
    for database, part in (("postgres", first), (DATABASE, second)):
        with psycopg.connect(postgres_server.url(database), autocommit=True) as connection:
            for statement in filter(str.strip, part.split(";")):
                connection.execute(statement.encode())
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    port = free_port()

    def settings(role: str) -> Settings:
        url = urlsplit(postgres_server.url(DATABASE))
        url = url._replace(netloc=f"{role}@{url.hostname}:{url.port}")
        tree = settings_tree(port, tmp_path / "unused", {"store": {"url": url.geturl()}})
        return load_settings(write_settings(tmp_path / f"{role}.yaml", tree), {})

    return settings


def _nothing(_: Step) -> None:
    pass


def test_the_writer_writes_and_a_reader_reads_what_came_after_it(
    settings_of: Callable[[str], Settings], tmp_path: Path
) -> None:
    """Also tables that were made later; and it can change nothing. An export needs no more."""
    writing, reading_only = settings_of("ldes_shok_writer"), settings_of("ldes_shok_reader")
    core = build_core(writing, resolve_identity(writing, os.environ), ManualClock(NOON))
    with closing(core), closing(open_log_reader(reading_only)) as reader:
        before = reader.generation()
        values = [reading("energy.import.register", "1", "Wh")]
        core.writer.write(deliveries(configuration(), measurement("2026-05-12T11:00:00Z", values)))
        assert reader.stream("verbruik-individueel").members == 1
        assert reader.node("verbruik-individueel", ROOT) is not None
        summary = export_pages(reading_only, tmp_path / "site", ExportRequest(), _nothing)
        assert summary.members == sum(reader.stream(s.name).members for s in core.streams)
        assert before != reader.generation()
    assert dangling(tmp_path / "site") == []
    with psycopg.connect(reading_only.store.url) as connection:
        for statement in (b"DELETE FROM stream", b"CREATE TABLE mine (x int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)
