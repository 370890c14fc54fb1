"""Keys of pseudonyms: durable before use, one per period, and gone when destroyed."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.cabinet.pseudonym import KeyedPseudonyms
from ldes_shok.clock import ManualClock
from ldes_shok.errors import PseudonymKeyUnavailable
from ldes_shok.log.pseudonym_keys import KeyDirectory

MAY = datetime(2026, 5, 12, 18, 30, tzinfo=UTC)
JUNE = datetime(2026, 6, 12, tzinfo=UTC)
AUGUST = datetime(2026, 8, 12, tzinfo=UTC)
CARD = "0417"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MAY)


def _keys(path: Path, clock: ManualClock, keep_periods: int = 1) -> KeyDirectory:
    return KeyDirectory(path / "keys", KeyPeriod.MONTH, keep_periods, clock)


def _pseudonym(
    keys: KeyDirectory, card: str = CARD, at: datetime = MAY, received_at: datetime = MAY
) -> str:
    return KeyedPseudonyms(keys, KeyPeriod.MONTH, "voorbeeldstad")(card, at, received_at)


def test_the_same_key_after_a_restart_and_in_another_process(
    tmp_path: Path, clock: ManualClock
) -> None:
    one, other = _keys(tmp_path, clock), _keys(tmp_path, clock)
    assert _pseudonym(one) == _pseudonym(other) == _pseudonym(_keys(tmp_path, clock))
    assert one.periods() == ["2026-05"]


def test_only_this_user_may_read_it(tmp_path: Path, clock: ManualClock) -> None:
    _pseudonym(_keys(tmp_path, clock))
    (file,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_after_destruction_nothing_links_a_card_to_its_old_pseudonym(
    tmp_path: Path, clock: ManualClock
) -> None:
    """P11: with all that is left, trying every card number does not find who it was."""
    service = _keys(tmp_path, clock)
    published = _pseudonym(service)
    every_card = [f"{number:04d}" for number in range(10_000)]
    assert published in {_pseudonym(service, card) for card in every_card}

    clock.set(AUGUST)
    assert _keys(tmp_path, clock).destroy_old() == ["2026-05"]

    assert not list((tmp_path / "keys").iterdir())
    for keys in (service, _keys(tmp_path, clock)):
        for at in (MAY, AUGUST):
            assert published not in {_pseudonym(keys, card, at) for card in every_card}


def test_a_running_service_forgets_a_key_that_another_process_destroyed(
    tmp_path: Path, clock: ManualClock
) -> None:
    service = _keys(tmp_path, clock)
    published = _pseudonym(service)
    assert _keys(tmp_path, clock).destroy(["2026-05"]) == ["2026-05"]
    assert _pseudonym(service) != published


def test_what_is_still_kept_stays(tmp_path: Path, clock: ManualClock) -> None:
    keys = _keys(tmp_path, clock)
    before = _pseudonym(keys)
    clock.set(JUNE)
    assert keys.destroy_old() == []
    assert _pseudonym(keys) == before


FAR_AWAY = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC))


def test_a_clock_that_is_far_off_leaves_no_key_of_its_own(
    tmp_path: Path, clock: ManualClock
) -> None:
    keys = _keys(tmp_path, clock)
    for at in FAR_AWAY:
        assert _pseudonym(keys, at=at) != _pseudonym(keys)
    assert keys.periods() == ["2026-05"]


def test_what_comes_late_has_the_same_pseudonym_when_it_is_decoded_again(
    tmp_path: Path, clock: ManualClock
) -> None:
    """P2: a report of a period whose key is gone, in a new process and in the next period."""
    said = {at: _pseudonym(_keys(tmp_path, clock), at=at) for at in FAR_AWAY}
    assert len(set(said.values())) == len(FAR_AWAY)
    clock.set(JUNE)
    assert said == {at: _pseudonym(_keys(tmp_path, clock), at=at) for at in FAR_AWAY}


def test_what_comes_late_goes_with_the_key_of_its_receipt(
    tmp_path: Path, clock: ManualClock
) -> None:
    """P11: once that is destroyed nothing links a card to it."""
    late = FAR_AWAY[0]
    published = _pseudonym(_keys(tmp_path, clock), at=late)
    clock.set(AUGUST)
    assert _keys(tmp_path, clock).destroy_old() == ["2026-05"]
    for received_at in (MAY, AUGUST):
        keys = _keys(tmp_path, clock)
        assert _pseudonym(keys, at=late, received_at=received_at) != published


def test_a_key_that_is_cut_short_is_no_key(tmp_path: Path, clock: ManualClock) -> None:
    _pseudonym(_keys(tmp_path, clock))
    (file,) = (tmp_path / "keys").iterdir()
    file.write_bytes(b"short")
    with pytest.raises(PseudonymKeyUnavailable, match=r"2026-05\.key is no key"):
        _pseudonym(_keys(tmp_path, clock))


def test_a_folder_that_cannot_be_made_is_said_with_its_setting(
    tmp_path: Path, clock: ManualClock
) -> None:
    (tmp_path / "keys").write_text("in the way")
    with pytest.raises(PseudonymKeyUnavailable, match=r"privacy\.pseudonyms\.keys_directory"):
        _pseudonym(_keys(tmp_path, clock))


def test_what_a_crash_left_of_making_a_key_holds_none_once_it_is_destroyed(
    tmp_path: Path, clock: ManualClock
) -> None:
    """Between the link and the end of its draft: both names are of one file."""
    keys = _keys(tmp_path, clock)
    key = keys.key("2026-05", "2026-05")
    (tmp_path / "keys" / ".2026-05-draft").hardlink_to(tmp_path / "keys" / "2026-05.key")
    assert keys.destroy(["2026-05"]) == ["2026-05"]
    assert not any(key in file.read_bytes() for file in (tmp_path / "keys").iterdir())


def test_every_key_that_is_there_is_found_and_none_is_made(
    tmp_path: Path, clock: ManualClock
) -> None:
    keys = _keys(tmp_path, clock)
    assert len(keys.present()) == 1  # that of this process
    assert not (tmp_path / "keys").exists()
    key = keys.key("2026-05", "2026-05")
    assert key in _keys(tmp_path, clock).present()
    keys.destroy(["2026-05"])
    assert key not in keys.present()


def test_a_folder_that_may_not_be_looked_into_is_no_empty_one(
    tmp_path: Path, clock: ManualClock
) -> None:
    (tmp_path / "keys").write_text("in the way")
    for look in (_keys(tmp_path, clock).present, _keys(tmp_path, clock).periods):
        with pytest.raises(PseudonymKeyUnavailable, match=r"privacy\.pseudonyms\.keys_directory"):
            look()


FAR_OFF = timedelta(days=400)


def test_a_clock_far_back_destroys_no_key(tmp_path: Path, clock: ManualClock) -> None:
    """Keys of its future are there because it is wrong, and what they named keeps its name."""
    before = _pseudonym(_keys(tmp_path, clock))
    content = (tmp_path / "keys" / "2026-05.key").read_bytes()
    clock.set(MAY - FAR_OFF)
    keys = _keys(tmp_path, clock)
    assert keys.destroy_old() == []
    assert _pseudonym(keys, received_at=MAY - FAR_OFF) == before
    clock.set(MAY)
    assert _pseudonym(_keys(tmp_path, clock)) == before
    assert (tmp_path / "keys" / "2026-05.key").read_bytes() == content


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        (KeyPeriod.DAY, ["2026-05"]),
        (KeyPeriod.MONTH, ["2026-05"]),
        (KeyPeriod.YEAR, ["2026-03", "2026-05"]),
    ],
)
def test_keys_of_another_kind_of_period_go_when_theirs_is_over(
    tmp_path: Path, clock: ManualClock, kind: KeyPeriod, kept: list[str]
) -> None:
    """Also when the setting is changed: not all at once."""
    for at in (datetime(2026, 3, 12, tzinfo=UTC), MAY):
        clock.set(at)
        _pseudonym(_keys(tmp_path, clock), at=at, received_at=at)
    other = KeyDirectory(tmp_path / "keys", kind, 1, clock)
    other.destroy_old()
    assert other.periods() == kept


def test_the_keys_of_another_log_are_not_used(tmp_path: Path, clock: ManualClock) -> None:
    """Two configurations that name one folder: each would destroy the other's by its settings."""

    def keys_of(owner: str) -> KeyDirectory:
        return KeyDirectory(tmp_path / "keys", KeyPeriod.MONTH, 1, clock, owner=owner)

    ours, theirs = keys_of("https://a.example"), keys_of("https://b.example")
    for keys in (ours, theirs):
        keys.check_owner()
    key = ours.key("2026-05", "2026-05")
    assert keys_of("https://a.example").key("2026-05", "2026-05") == key
    with pytest.raises(PseudonymKeyUnavailable, match=r"keys of the log of https://a\.example"):
        theirs.check_owner()
    with pytest.raises(PseudonymKeyUnavailable, match="a folder of its own"):
        theirs.key("2026-06", "2026-06")
    assert ours.periods() == ["2026-05"]


def test_of_a_key_that_is_gone_nothing_is_remembered(tmp_path: Path, clock: ManualClock) -> None:
    """Also not where another one comes that looks the same from outside."""
    service = _keys(tmp_path, clock)
    before = service.key("2026-05", "2026-05")
    file = tmp_path / "keys" / "2026-05.key"
    away, stamp = file.with_name("away"), file.stat().st_mtime_ns
    file.rename(away)
    clock.set(MAY.replace(month=1))  # so that it is not made again
    assert service.key("2026-05", "2026-05") != before
    away.write_bytes(bytes(len(before)))
    os.utime(away, ns=(stamp, stamp))
    away.rename(file)
    assert bytes(len(before)) in service.present()
    assert before not in service.present()
