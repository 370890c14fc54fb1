"""Tables imported into a real log, and rehearsed without leaving anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.bootstrap.privacy import build_vault
from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.cli.tables import TEMPLATES
from ldes_shok.clock import SystemClock
from ldes_shok.commands.offline import open_offline
from ldes_shok.errors import ConfigurationError, SourceError
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.pipeline.offline_types import Imported
from ldes_shok.settings.model import Settings
from ldes_shok.settings.store import store_path
from tests.support.service import TENANT
from tests.unit.conftest import MakeSettings

FIXTURES = Path(__file__).parents[2] / "fixtures" / "csv"
PUBLISHED, DUPLICATE = OutcomeKind.PUBLISHED, OutcomeKind.DUPLICATE
QUARANTINED, REJECTED = OutcomeKind.QUARANTINED, OutcomeKind.REJECTED


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings({"sources": [{"name": "bestanden", "type": "csv", "tenant": TENANT}]})


def _import(settings: Settings, file: Path, subject: str, *, dry_run: bool = False) -> Imported:
    with open_offline(settings) as offline:
        return offline.import_file(file, subject, "bestanden", dry_run)


def _ends(imported: Imported) -> list[tuple[tuple[int, ...], OutcomeKind]]:
    return [(row.lines, row.outcome) for row in imported.rows]


def test_a_file_that_is_imported_again_changes_nothing(settings: Settings) -> None:
    """P2, for tables."""
    assets, readings = FIXTURES / "assets.csv", FIXTURES / "readings.csv"
    first = _import(settings, assets, "assets")
    assert _ends(first) == [((2, 3, 5), PUBLISHED), ((7,), PUBLISHED)]
    first = _import(settings, readings, "readings")
    assert [end for _, end in _ends(first)] == [PUBLISHED, PUBLISHED, DUPLICATE, PUBLISHED]
    again = _import(settings, readings, "readings")
    assert [end for _, end in _ends(again)] == [DUPLICATE] * 4
    assert sum(row.members for row in again.rows) == 0


def test_a_row_that_was_mended_is_a_correction(settings: Settings, tmp_path: Path) -> None:
    _import(settings, FIXTURES / "assets.csv", "assets")
    file = tmp_path / "readings.csv"
    text = (FIXTURES / "readings.csv").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    before = _import(settings, file, "readings").rows[0]
    file.write_text(text.replace("1284,50", "1284,60"), encoding="utf-8")
    after = _import(settings, file, "readings").rows
    assert [row.outcome for row in after] == [PUBLISHED, DUPLICATE, DUPLICATE, DUPLICATE]
    assert after[0].key == before.key


def test_a_rehearsal_says_what_the_import_does_and_stores_nothing(settings: Settings) -> None:
    for name, subject in (("assets", "assets"), ("readings", "readings")):
        file = FIXTURES / f"{name}.csv"
        rehearsed = _import(settings, file, subject, dry_run=True)
        twice = _import(settings, file, subject, dry_run=True)
        done = _import(settings, file, subject)
        assert rehearsed == twice == done
        assert _ends(_import(settings, file, subject, dry_run=True)) == [
            (lines, DUPLICATE) for lines, _ in _ends(done)
        ]


def test_a_rehearsal_makes_no_log(settings: Settings) -> None:
    rows = _import(settings, FIXTURES / "readings.csv", "readings", dry_run=True).rows
    assert {row.outcome for row in rows} == {QUARANTINED, DUPLICATE}
    assert "was never configured" in rows[0].reason
    assert not store_path(settings.store).exists()


def test_the_templates_of_the_help_can_be_imported(settings: Settings, tmp_path: Path) -> None:
    for subject, lines in TEMPLATES.items():
        file = tmp_path / f"{subject.value}.csv"
        file.write_text("\n".join(lines), encoding="utf-8")
        (row,) = _import(settings, file, subject.value).rows
        assert (row.outcome, row.reason) == (PUBLISHED, "")


def test_each_bad_row_is_rejected_alone_and_counted(settings: Settings) -> None:
    """P8, for tables."""
    _import(settings, FIXTURES / "assets.csv", "assets")
    imported = _import(settings, FIXTURES / "bad-readings.csv", "readings")
    assert [row.outcome for row in imported.rows] == [REJECTED] * 17 + [PUBLISHED]
    with open_offline(settings) as offline:
        assert len(offline.rejected(100)) == 17


def test_the_rows_are_kept_as_they_were_read(settings: Settings) -> None:
    _import(settings, FIXTURES / "reservations.csv", "reservations")
    reader = SqliteLogReader(store_path(settings.store), settings.public_url)
    vault = build_vault(settings, {}, SystemClock())
    rows = [row for _, row in reader.raws(f"csv:{TENANT}:bestanden", 10)]
    kept = b"".join(vault.unseal(row.digest, row.body).payload for row in rows)
    reader.close()
    assert b"R-77" in kept
    assert b"Verzonnen" not in kept


def test_other_files_and_sources_are_refused_with_a_sentence(
    settings: Settings, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(SourceError, match="has no column cabinet"):
        _import(settings, other, "readings")
    with open_offline(settings) as offline, pytest.raises(ConfigurationError, match="bestanden"):
        offline.import_file(other, "readings", "push", False)
