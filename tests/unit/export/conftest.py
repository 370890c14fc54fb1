"""A log with sealed and open pages on every level."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.fragmentation.tree import Policy
from tests.support.vertical import Vertical, open_vertical
from tests.unit.export.exports import begin, publish

FIRST_DAY = datetime(2026, 4, 29, 8, tzinfo=UTC)


@pytest.fixture
def vertical(tmp_path: Path) -> Iterator[Vertical]:
    """Four days over the end of a month; leaves of three members, at most two in a bucket."""
    policy = Policy(leaf_members=3, bucket_leaves=2, sparse_month_members=0)
    opened = open_vertical(tmp_path, policy=policy, clock=ManualClock(FIRST_DAY))
    begin(opened)
    for day in range(4):
        publish(opened, FIRST_DAY + timedelta(days=day), 8)
    yield opened
    opened.close()
