"""A city's pipeline on a log of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.vertical import Lenient, Vertical, open_vertical


@pytest.fixture
def judge() -> Lenient:
    return Lenient()


@pytest.fixture
def vertical(tmp_path: Path, judge: Lenient) -> Iterator[Vertical]:
    opened = open_vertical(tmp_path, judge)
    yield opened
    opened.close()
