"""What a backup and a restore refuse, and what they say."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ldes_shok.commands.backup import make_backup, restore_backup
from ldes_shok.errors import BackupUnusable, ConfigurationError, LogUnavailable
from ldes_shok.fsck import Finding
from ldes_shok.log.manifest import BackupManifest
from ldes_shok.log.walk_step import Step
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from tests.support.service import SECRETS
from tests.support.small_log import SmallLog, small_log


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    return small_log(tmp_path_factory.mktemp("sound"))


def at(settings: Settings, url: str) -> Settings:
    """The settings with another store."""
    return msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, url=url))


def nothing(_: Step) -> None: ...


def secret_of(log: SmallLog) -> Secret:
    return resolve_identity(log.settings, SECRETS)


def backed_up(log: SmallLog, folder: Path) -> BackupManifest:
    return make_backup(log.settings, secret_of(log), folder, nothing, with_secret=False)


def test_a_backup_is_restored_where_the_settings_say(sound: SmallLog, tmp_path: Path) -> None:
    """P12: what was restored is checked as fsck does, before it becomes the log."""
    manifest = backed_up(sound, tmp_path / "copy")
    new = at(sound.settings, f"sqlite:///{tmp_path}/new/log.db")
    order = (new, secret_of(sound), tmp_path / "copy", nothing)
    with restore_backup(*order, force=False) as restoring:
        assert restoring.manifest == manifest
        assert restoring.path == tmp_path / "new" / "log.db"
        items = list(restoring.check())
        assert [item for item in items if isinstance(item, Finding)] == []
        assert not restoring.path.exists()
    assert restoring.path.read_bytes() == (tmp_path / "copy" / "log.db").read_bytes()
    with (
        pytest.raises(BackupUnusable, match="--force keeps it"),
        restore_backup(*order, force=False),
    ):
        raise AssertionError
    with restore_backup(*order, force=True):
        pass
    assert (tmp_path / "new" / "log.db.replaced").exists()


def test_another_secret_would_give_other_addresses(sound: SmallLog, tmp_path: Path) -> None:
    """P2: delivered once or a thousand times, it is one member with one IRI."""
    backed_up(sound, tmp_path / "copy")
    order = (sound.settings, Secret("another-identity-secret"), tmp_path / "copy", nothing)
    with (
        pytest.raises(ConfigurationError, match="set the old secret"),
        restore_backup(*order, force=True),
    ):
        raise AssertionError


def test_without_a_log_there_is_no_backup(sound: SmallLog, tmp_path: Path) -> None:
    settings = at(sound.settings, f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(LogUnavailable, match="no log here yet"):
        make_backup(settings, secret_of(sound), tmp_path / "copy", nothing, with_secret=False)


def test_for_postgresql_the_command_is_said(sound: SmallLog, tmp_path: Path) -> None:
    settings = at(sound.settings, "postgresql://localhost/shok")
    secret = secret_of(sound)
    with pytest.raises(ConfigurationError, match="pg_dump --format=custom"):
        make_backup(settings, secret, tmp_path / "copy", nothing, with_secret=False)
    with (
        pytest.raises(ConfigurationError, match="pg_restore"),
        restore_backup(settings, secret, tmp_path, nothing, force=False),
    ):
        raise AssertionError
