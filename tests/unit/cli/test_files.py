from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok.errors import LogLocked, LogUnavailable
from ldes_shok.pipeline.offline_types import IngestProgress, IngestSummary, ValidationLine
from tests.unit.cli.support import DEMO, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_text("{}\n", encoding="utf-8")
    return path


def test_ingest_says_what_became_of_the_events(
    cli: Run, fake: FakeApplication, events: Path, capsys: Captured
) -> None:
    assert cli("ingest", events, "--config", DEMO) == 0
    assert fake.calls == [("ingest", "events.ndjson", "push", 1)]
    assert capsys.readouterr().out == (
        "received 3: published 2, duplicate 1, quarantined 0, rejected 0; 5 members\n"
    )


@pytest.mark.parametrize(
    ("summary", "code", "hint"),
    [
        (IngestSummary(1, 0, 0, 1, 0, 0), 0, True),
        (IngestSummary(1, 0, 0, 0, 1, 0), 1, False),
    ],
)
def test_rejected_events_are_a_problem_and_quarantined_ones_are_kept(
    cli: Run,
    fake: FakeApplication,
    events: Path,
    capsys: Captured,
    summary: IngestSummary,
    code: int,
    hint: bool,
) -> None:
    fake.summary = summary
    assert cli("ingest", events, "--config", DEMO) == code
    assert ("quarantine list" in capsys.readouterr().err) == hint


def test_ingest_says_what_was_dropped_of_the_events(
    cli: Run, fake: FakeApplication, events: Path, capsys: Captured
) -> None:
    fake.summary = IngestSummary(2, 2, 0, 0, 0, 2, {"raw: was dropped: leave it out": 2})
    assert cli("ingest", events, "--config", DEMO) == 0
    assert "raw: was dropped: leave it out (events: 2)" in capsys.readouterr().err


def test_ingest_goes_on_where_it_stopped(cli: Run, fake: FakeApplication, events: Path) -> None:
    assert cli("ingest", events, "--source", "push", "--from-line", "11", "--config", DEMO) == 0
    assert fake.calls == [("ingest", "events.ndjson", "push", 11)]


@pytest.mark.parametrize(
    ("failure", "code"), [(KeyboardInterrupt(), 130), (LogUnavailable("disk full"), 1)]
)
def test_an_interrupted_ingest_says_how_to_go_on(
    cli: Run,
    fake: FakeApplication,
    events: Path,
    capsys: Captured,
    failure: BaseException,
    code: int,
) -> None:
    fake.steps = [IngestProgress(line=500, position_bytes=50, size_bytes=100, received=500)]
    fake.failure = failure
    assert cli("ingest", events, "--config", DEMO) == code
    assert "go on with --from-line 501" in capsys.readouterr().err


def test_an_unknown_source_is_a_wrong_command(cli: Run, events: Path, capsys: Captured) -> None:
    assert cli("ingest", events, "--source", "broker", "--config", DEMO) == 2
    assert "there is no source broker; there are: push" in capsys.readouterr().err


def test_a_source_must_be_said_when_there_are_several(
    cli: Run, events: Path, tmp_path: Path, capsys: Captured
) -> None:
    text = DEMO.read_text(encoding="utf-8")
    more = "sources:\n  - {name: b, type: http, tenant: voorbeeldstad, token_env: B}\n"
    config = tmp_path / "two.yaml"
    config.write_text(text.replace("sources:\n", more), encoding="utf-8")
    assert cli("ingest", events, "--config", config) == 2
    assert "--source; there are: b, push" in capsys.readouterr().err


def test_a_locked_log_is_said_with_what_to_do(
    cli: Run, fake: FakeApplication, events: Path, capsys: Captured
) -> None:
    fake.opening_failure = LogLocked("var/x.db is held by process 7")
    assert cli("ingest", events, "--config", DEMO) == 1
    assert capsys.readouterr().err == (
        "ldes-shok: var/x.db is held by process 7; stop the running service first "
        "(events can also go to its POST /ingest)\n"
    )


def test_a_missing_file_is_a_wrong_command(cli: Run) -> None:
    assert cli("ingest", "none.ndjson", "--config", DEMO) == 2


def test_validate_prints_only_what_is_wrong(
    cli: Run, fake: FakeApplication, events: Path, capsys: Captured
) -> None:
    fake.lines = [
        ValidationLine(1, ok=True, sentence=""),
        ValidationLine(2, ok=False, sentence="data: missing\x07"),
        ValidationLine(0, ok=False, sentence="not a shape"),
    ]
    assert cli("validate", events, "--stream", "kasten", "--config", DEMO) == 1
    assert fake.calls == [("validate", "events.ndjson", "kasten")]
    assert capsys.readouterr().out.splitlines() == [
        f"{events}:2: data: missing\\x07",
        f"{events}: not a shape",
        "3 judged, 2 wrong",
    ]


def test_validate_needs_no_configuration(
    cli: Run, fake: FakeApplication, events: Path, capsys: Captured
) -> None:
    fake.lines = [ValidationLine(1, ok=True, sentence="")]
    assert cli("validate", events) == 0
    assert "no configuration given" in capsys.readouterr().err


def test_validate_knows_its_streams(cli: Run, events: Path, capsys: Captured) -> None:
    assert cli("validate", events, "--stream", "kast", "--config", DEMO) == 2
    assert "there is no stream kast; there are kasten, techniek" in capsys.readouterr().err
