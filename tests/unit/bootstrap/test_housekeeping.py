"""What is old is forgotten, by the clock and on the writer's thread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.bootstrap.core import Core, build_core
from ldes_shok.bootstrap.housekeeping import forgetting
from ldes_shok.bootstrap.intake import lane_rules, limits
from ldes_shok.bootstrap.privacy import pseudonym_keys
from ldes_shok.cabinet.incoming import Delivery, Origin, Raw
from ldes_shok.clock import ManualClock
from ldes_shok.pipeline.archive import BackgroundArchiver
from ldes_shok.pipeline.ingest import Ingest
from ldes_shok.settings.secrets import Secret
from tests.support.service import SECRETS, TENANT, Tree
from tests.unit.bootstrap.conftest import MakeSettings

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
ORIGIN = Origin("mqtt", TENANT, "meter")


@pytest.fixture
def core(make_settings: MakeSettings, tmp_path: Path) -> Iterator[Core]:
    keys: Tree = {"keys_directory": str(tmp_path / "keys"), "keep_periods": 1}
    settings = make_settings({"privacy": {"raw": {"keep_days": 7}, "pseudonyms": keys}})
    core = build_core(settings, Secret(SECRETS["TEST_IDENTITY_SECRET"]), ManualClock(NOON))
    yield core
    core.close()


async def test_raw_bytes_rejected_bytes_and_keys_are_kept_for_their_time(core: Core) -> None:
    clock = ManualClock(NOON)
    ingest = Ingest(
        core.writer,
        limits(core.settings),
        lane_rules(core.settings),
        core.metrics,
        BackgroundArchiver(core.leaf_archiver, core.metrics),
    )
    forget = forgetting(core.settings, ingest, clock)
    keys = pseudonym_keys(core.settings, clock)
    keys.key("2026-05", "2026-05")
    raw = Raw.of(b"a card", {})
    ingest.start()
    try:
        await ingest.submit([Delivery(b"", ORIGIN, NOON, raw, refusal="no_telegram: none")])
        clock.set(NOON + timedelta(days=7))
        await forget()
        assert core.reader.raw(raw.digest) is not None
        assert core.reader.rejections(1)[0].payload == b"a card"

        clock.set(NOON + timedelta(days=7, milliseconds=1))
        await forget()
        assert core.reader.raw(raw.digest) is None
        assert core.reader.rejections(1)[0].payload == b""
        assert keys.periods() == ["2026-05"]

        clock.set(NOON + timedelta(days=62))
        await forget()
        assert keys.periods() == []
    finally:
        ingest.stop()
