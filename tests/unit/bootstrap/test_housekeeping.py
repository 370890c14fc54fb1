"""What is old is forgotten, by the clock and on the writer's thread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.bootstrap.core import Core, build_core
from ldes_shok.bootstrap.housekeeping import build_forgetting
from ldes_shok.bootstrap.intake import lane_rules, limits
from ldes_shok.bootstrap.privacy import period_keys
from ldes_shok.cabinet.incoming import Delivery, Origin, Raw
from ldes_shok.clock import ManualClock
from ldes_shok.pipeline.archive import BackgroundArchiver
from ldes_shok.pipeline.ingest import GroupCommit
from ldes_shok.sections.secret import Secret
from tests.support.forgetting import live_until
from tests.support.service import SECRETS, TENANT, Tree
from tests.unit.conftest import MakeSettings

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
    ingest = GroupCommit(
        core.writer,
        limits(core.settings),
        lane_rules(core.settings),
        core.metrics,
        BackgroundArchiver(core.leaf_archiver, core.metrics),
    )
    forget = build_forgetting(core, ingest, clock)
    keys = period_keys(core.settings, clock)
    keys.key("2026-05", "2026-05")
    raw = Raw.of(b"a card", {})
    ingest.start()
    try:
        await ingest.submit([Delivery(b"", ORIGIN, NOON, raw, refusal="no_telegram: none")])
        await live_until(NOON + timedelta(days=7), forget, clock)
        (row,) = core.reader.raws(ORIGIN.source, 10)
        assert core.vault.unseal(row[1].digest, row[1].body) == raw
        kept = core.reader.rejections(1)[0].payload
        assert core.vault.unseal_refused(kept) == ("no_telegram: none", b"a card")

        clock.set(NOON + timedelta(days=7, milliseconds=1))
        await forget()
        assert core.reader.raws(ORIGIN.source, 10) == []
        assert core.reader.rejections(1)[0].payload == b""
        assert keys.periods() == ["2026-05"]

        await live_until(NOON + timedelta(days=62), forget, clock)
        assert keys.periods() == []
    finally:
        ingest.stop()


async def test_what_was_received_is_nowhere_on_the_disk(core: Core, tmp_path: Path) -> None:
    """Not before it is forgotten, and what it was sealed in not afterwards: P11."""
    clock = ManualClock(NOON)
    ingest = GroupCommit(
        core.writer,
        limits(core.settings),
        lane_rules(core.settings),
        core.metrics,
        BackgroundArchiver(core.leaf_archiver, core.metrics),
    )
    forget = build_forgetting(core, ingest, clock)
    ingest.start()

    def is_there(text: bytes) -> bool:
        return any(text in f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())

    try:
        raw = Raw.of(b"card 0451", {"topic": "stall/of/jan"})
        refused = Delivery(b"", ORIGIN, NOON, raw, refusal="no_telegram: what is card 0452?")
        await ingest.submit([refused])
        await ingest.submit([Delivery(b"card 0453", ORIGIN, NOON)])
        said = (b"card 0451", b"stall/of/jan", b"card 0452", b"card 0453", raw.digest)
        assert not any(map(is_there, said))
        (_, row) = core.reader.raws(ORIGIN.source, 10)[0]
        sealed = (row.digest, row.body, *(r.payload for r in core.reader.rejections(10)))
        assert all(map(is_there, sealed))
        await live_until(NOON + timedelta(days=8), forget, clock)
        assert not any(map(is_there, sealed))
    finally:
        ingest.stop()
