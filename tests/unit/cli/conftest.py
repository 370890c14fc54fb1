from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from ldes_shok.cli.main import run
from tests.unit.cli.support import FakeApplication, environment

Run = Callable[..., int]


@pytest.fixture
def fake() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
def cli(fake: FakeApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command in an empty directory; keywords are environment variables."""
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def call(*arguments: object, **variables: str) -> int:
        return run([str(argument) for argument in arguments], environment(fake, variables))

    yield call
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
