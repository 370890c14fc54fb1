"""Every test of the contract runs on every store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ldes_shok.log.base import LogReader, LogWriter
from tests.contract.examples import BASE
from tests.contract.logs import FACTORIES, Store


@pytest.fixture(params=FACTORIES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FACTORIES[request.param](tmp_path)


@pytest.fixture
def writer(store: Store) -> Iterator[LogWriter]:
    opened = store.writer(BASE)
    yield opened
    opened.close()


@pytest.fixture
def reader(store: Store, writer: LogWriter) -> Iterator[LogReader]:
    assert writer.next_event_id == 1
    opened = store.reader(BASE)
    yield opened
    opened.close()
