from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from ldes_shok.cli.main import run
from tests.unit.cli.support import CALLED, FakeApplication

Run = Callable[..., int]


@pytest.fixture
def fake() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
def cli(fake: FakeApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command in an empty directory; keywords are environment variables."""
    monkeypatch.chdir(tmp_path)
    for module, names in CALLED.items():
        for name in names:
            monkeypatch.setattr(f"{module}.{name}", getattr(fake, name))
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def call(*arguments: object, **variables: str) -> int:
        return run([str(argument) for argument in arguments], variables)

    yield call
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
