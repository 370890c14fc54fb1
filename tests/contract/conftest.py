"""Every test runs on every store; one that needs a server gets it, or is skipped by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldes_shok.log.base import LogReader, LogWriter
from tests.contract.examples import BASE
from tests.contract.logs import FACTORIES, Store


@pytest.fixture(params=FACTORIES)
def store(request: pytest.FixtureRequest, tmp_path: Path, _server: None) -> Store:
    return FACTORIES[request.param](tmp_path)


@pytest.fixture
def writer(store: Store) -> Iterator[LogWriter]:
    """Whatever a test did with it, the log adds up in the end."""
    opened = store.writer(BASE)
    yield opened
    opened.close()
    assert store.misfits() == []


@pytest.fixture
def reader(store: Store, writer: LogWriter) -> Iterator[LogReader]:
    assert writer.next_event_id == 1
    opened = store.reader(BASE)
    yield opened
    opened.close()


def _is_postgres(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return call is not None and "postgres" in call.params.values()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_postgres(item):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(autouse=True)
def _server(request: pytest.FixtureRequest) -> None:
    if _is_postgres(request.node):
        request.getfixturevalue("postgres_server")
