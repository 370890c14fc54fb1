from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.fsck.fake import SmallStream


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallStream]:
    """Eleven members in two months."""
    stream = SmallStream(tmp_path)
    yield stream
    stream.close()
