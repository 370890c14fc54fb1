"""`fsck` and `backup` as the settings build them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from ldes_shok.commands.fsck import check_file, check_store, check_url
from ldes_shok.errors import CheckImpossible, ConfigurationError
from ldes_shok.fsck import Finding, Invariant
from ldes_shok.fsck.outside import Outside
from ldes_shok.log.walk_step import Step
from tests.support.small_log import SmallLog, small_log


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    return small_log(tmp_path_factory.mktemp("sound"))


def test_a_sound_log_is_checked_whole(sound: SmallLog) -> None:
    """P12: every page can be rebuilt byte for byte from the log."""
    items = list(check_store(sound.settings, ()))
    assert [item for item in items if isinstance(item, Finding)] == []
    last = {item.what: (item.done, item.whole) for item in items if isinstance(item, Step)}
    for name in ("kasten", "techniek", "verbruik-individueel"):
        for part in ("members", "pages"):
            done, whole = last[f"{name}: {part}"]
            assert done == whole > 0


def test_streams_may_be_chosen(sound: SmallLog) -> None:
    parts = {i.what for i in check_store(sound.settings, ["kasten"]) if isinstance(i, Step)}
    assert "kasten: members" in parts
    assert "techniek: members" not in parts
    with pytest.raises(ConfigurationError, match="no stream water; there is kasten, techniek"):
        list(check_store(sound.settings, ["water"]))


def test_damage_of_the_file_is_said_and_nothing_else_is_asked(
    sound: SmallLog, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.db"
    copy.write_bytes(sound.path.read_bytes()[: 8192 * 5])
    items = list(check_file(sound.settings, copy, None))
    found = [item for item in items if isinstance(item, Finding)]
    assert {finding.invariant for finding in found} == {Invariant.STORED}
    assert not any(isinstance(i, Step) and "members" in i.what for i in items)


def test_a_sum_that_is_wrong_is_p8(sound: SmallLog, tmp_path: Path) -> None:
    """P8: received = published + duplicate + quarantined + rejected + pending."""
    copy = Path(shutil.copy(sound.path, tmp_path / "copy.db"))
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("DELETE FROM quarantine")
    found = [item for item in check_file(sound.settings, copy, None) if isinstance(item, Finding)]
    assert {finding.invariant for finding in found} == {Invariant.COUNTED}


def test_without_a_log_nothing_can_be_checked(sound: SmallLog, tmp_path: Path) -> None:
    store = msgspec.structs.replace(sound.settings.store, url=f"sqlite:///{tmp_path}/none.db")
    settings = msgspec.structs.replace(sound.settings, store=store)
    with pytest.raises(CheckImpossible, match="there is no log here yet"):
        check_store(settings, ())


@pytest.mark.parametrize("url", ["kasten", "ftp://shok.test/", "http://127.0.0.1:1/"])
def test_a_url_that_cannot_be_asked(url: str) -> None:
    with pytest.raises(CheckImpossible):
        list(check_url(Outside(url), ""))
