"""The commands `raw` on a log: nothing readable in it, each look written down."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.cabinet.incoming import Delivery, Origin, Raw
from ldes_shok.clock import ManualClock, to_milliseconds
from ldes_shok.commands.offline import open_offline
from ldes_shok.commands.raw_archive import destroy_pseudonym_keys, open_raw_archive
from ldes_shok.errors import ClockDoubtful, ConfigurationError, KeyDestroyed, VaultLocked
from ldes_shok.pipeline.rerun import RerunSummary
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from tests.support.forgetting import kept_in
from tests.support.service import SECRETS, TENANT, Tree
from tests.unit.conftest import MakeSettings

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
ORIGIN = Origin("mqtt", TENANT, "meter")
CARD = b"card 04A1B2C3"
KEY = "ab" * 32
IDENTITY = Secret(SECRETS["TEST_IDENTITY_SECRET"])


def _overrides(tmp_path: Path, **raw: str) -> Tree:
    return {
        "access": {"audit_file": str(tmp_path / "audit.log")},
        "privacy": {
            "raw": raw,
            "pseudonyms": {"keys_directory": str(tmp_path / "keys")},
        },
        "sources": [
            {
                "name": "meter",
                "type": "mqtt",
                "tenant": TENANT,
                "topics": ["meters"],
                "client_id": "ldes-shok-test",
                "decode": {"as": "p1", "cabinet": "VBS-001"},
            }
        ],
    }


@pytest.fixture
def settings(
    tmp_path: Path, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("RAW_KEY", KEY)
    return make_settings(_overrides(tmp_path, key_env="RAW_KEY"))


RECEIVED = Raw.of(CARD, {"topic": "meters/04A1B2C3"})


def _received(settings: Settings) -> str:
    """A message that holds an identifier, and is refused: kept as raw and as rejected bytes.

    Returns:
        What the log calls it by.
    """
    core = build_core(settings, IDENTITY, ManualClock(NOON))
    try:
        refusal = "no_telegram: what is card 04A1B2C3?"
        core.writer.write([Delivery(b"", ORIGIN, NOON, RECEIVED, refusal=refusal)])
        ((_, row),) = core.reader.raws(ORIGIN.source, 10)
    finally:
        core.close()
    return row.digest.hex()


def _audit(tmp_path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]


@pytest.mark.parametrize("raw", [{}, {"key_env": "RAW_KEY"}])
def test_nothing_in_the_log_can_be_read_with_or_without_a_key_of_the_settings(
    make_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    raw: Mapping[str, str],
) -> None:
    monkeypatch.setenv("RAW_KEY", KEY)
    _received(make_settings(_overrides(tmp_path, **raw)))
    for file in (tmp_path / "log").iterdir():
        assert b"04A1B2C3" not in file.read_bytes(), file
        assert RECEIVED.digest not in file.read_bytes(), file


def test_who_looks_is_written_down(settings: Settings, tmp_path: Path) -> None:
    digest = _received(settings)
    with open_raw_archive(settings) as archive:
        (row,) = archive.kept(None, 10)
        found = archive.detail(row.digest.hex())
        assert archive.detail("00" * 32) is None
    assert (row.digest.hex(), row.received_ms) == (digest, to_milliseconds(NOON))
    assert found is not None
    kept, raw = found
    assert kept == row
    assert (raw.payload, raw.attributes) == (RECEIVED.payload, RECEIVED.attributes)
    listed, shown, not_found = _audit(tmp_path)
    assert (listed["event"], listed["sources"]) == ("raw_list", ORIGIN.source)
    assert (shown["event"], shown["digest"]) == ("raw_show", digest)
    assert not_found["digest"] == "00" * 32
    assert {line["who"] for line in (listed, shown)} == {getpass.getuser()}
    assert "04A1B2C3" not in (tmp_path / "audit.log").read_text()


def test_nothing_is_shown_that_cannot_be_written_down(settings: Settings, tmp_path: Path) -> None:
    _received(settings)
    (tmp_path / "audit.log").mkdir()
    with (
        open_raw_archive(settings) as archive,
        pytest.raises(ConfigurationError, match=r"access\.audit_file"),
    ):
        archive.kept(None, 10)


def test_without_its_key_a_message_stays_closed(
    settings: Settings, tmp_path: Path, make_settings: MakeSettings
) -> None:
    digest = _received(settings)
    without = make_settings(_overrides(tmp_path))
    # Another port and the same log.
    assert without.store == settings.store
    with open_raw_archive(without) as archive, pytest.raises(VaultLocked, match="old_key_env"):
        archive.detail(digest)


def test_a_rerun_goes_over_all_that_is_kept(settings: Settings) -> None:
    _received(settings)
    with open_raw_archive(settings) as archive:
        summary = archive.rerun("meter", None)
    assert (summary.messages, summary.refused, summary.published) == (1, 1, 0)


def test_what_cannot_be_read_any_more_is_counted_and_stops_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    digest = _received(settings)
    assert destroy_pseudonym_keys(settings, "2026-06") == ["2026-05"]
    with open_raw_archive(settings) as archive:
        assert archive.rerun("meter", None) == RerunSummary(destroyed=1)
        with pytest.raises(KeyDestroyed, match="was destroyed"):
            archive.detail(digest)
    with open_offline(settings) as offline:
        (row,) = offline.rejected(10)
    assert (row.reason, row.payload) == (
        "the key of its period was destroyed: nobody can read it any more",
        b"",
    )
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"04A1B2C3" not in file.read_bytes(), file


def test_only_sources_with_a_decoder_have_raw_bytes(settings: Settings) -> None:
    with (
        open_raw_archive(settings) as archive,
        pytest.raises(ConfigurationError, match="push is not one of them: meter"),
    ):
        archive.rerun("push", None)


def test_keys_of_pseudonyms_are_destroyed_and_that_is_written_down(
    settings: Settings, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    for period in ("2001-01", "2001-02", "2001-03"):
        (keys / f"{period}.key").write_bytes(bytes(32))
    assert destroy_pseudonym_keys(settings, "2001-02") == ["2001-01"]
    # Nothing is known but keys of long ago: the clock may be ahead.
    with pytest.raises(ClockDoubtful, match="pseudonyms destroy --clock-is-right"):
        destroy_pseudonym_keys(settings, None)
    assert destroy_pseudonym_keys(settings, None, clock_is_right=True) == ["2001-02", "2001-03"]
    assert kept_in(keys) == []
    assert destroy_pseudonym_keys(settings, None) == []
    assert [line["event"] for line in _audit(tmp_path)] == ["pseudonyms_destroy"] * 4
