from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.pipeline.offline_types import Imported, ImportedRow
from tests.unit.cli.support import DEMO, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "kasten.csv"
    path.write_text("Kast\n", encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "city.yaml"
    source = "sources:\n  - name: bestanden\n    type: csv\n    tenant: voorbeeldstad\n"
    path.write_text(DEMO.read_text().replace("sources:\n", source), encoding="utf-8")
    return path


def test_an_import_says_what_became_of_the_rows(
    cli: Run, fake: FakeApplication, table: Path, config: Path, capsys: Captured
) -> None:
    assert cli("import", table, "--as", "assets", "--config", config) == 0
    assert fake.calls == [("import", "kasten.csv", "assets", "bestanden", False)]
    output = capsys.readouterr()
    assert output.out == (
        "3 rows, 2 events: published 1, duplicate 1, quarantined 0, rejected 0; 4 members\n"
    )
    assert "not kept: Opmerking" in output.err


def test_a_rehearsal_speaks_of_every_row(
    cli: Run, table: Path, config: Path, capsys: Captured
) -> None:
    assert cli("import", table, "--as", "assets", "--dry-run", "--config", config) == 0
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first.endswith("kasten.csv:2,3: published, 4 members")
    assert second.endswith("kasten.csv:4: duplicate")


def test_a_rejected_row_is_a_problem_and_its_sentence_is_safe(
    cli: Run, fake: FakeApplication, table: Path, config: Path, capsys: Captured
) -> None:
    row = ImportedRow((7,), OutcomeKind.REJECTED, "", 0, "bad_row: line 7: \x1b[31m")
    fake.imported = Imported((row,), ())
    assert cli("import", table, "--as", "readings", "--config", config) == 1
    out = capsys.readouterr().out
    assert "kasten.csv:7: rejected: bad_row: line 7" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("name", ["push", "other"])
def test_only_a_source_of_tables_takes_a_table(
    cli: Run, table: Path, config: Path, name: str, capsys: Captured
) -> None:
    assert cli("import", table, "--as", "assets", "--source", name, "--config", config) == 2
    assert "there are: bestanden" in capsys.readouterr().err


def test_the_help_has_a_template_of_each_kind(cli: Run, capsys: Captured) -> None:
    assert cli("import", "--help") == 0
    out = capsys.readouterr().out
    assert out.count("VBS-001;") == 3
