"""What the commands do with the log, without a running service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.clock import ManualClock
from ldes_shok.commands.offline import open_offline
from ldes_shok.errors import ConfigurationError, LogLocked, LogUnavailable, SourceError
from ldes_shok.pipeline.offline_types import IngestProgress, RetrySummary
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from tests.support.vertical import NOON, configuration, status
from tests.unit.mapping.examples import DIRECTORY

AT = "2026-05-12T11:45:00Z"


def _file(tmp_path: Path, *events: bytes) -> Path:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(events) + b"\n")
    return file


def _statuses(count: int) -> list[bytes]:
    return [
        status(f"2026-05-12T11:{n // 60:02d}:{n % 60:02d}Z", axes={"occupancy": "free"})
        for n in range(count)
    ]


def test_a_file_is_ingested_in_commits_and_may_be_resumed(
    settings: Settings, tmp_path: Path
) -> None:
    events = [configuration(), *_statuses(700), b"nonsense"]
    file, progress = _file(tmp_path, *events), list[IngestProgress]()
    with open_offline(settings) as offline:
        summary = offline.ingest_file(file, "push", progress.append, 1)
        again = offline.ingest_file(file, "push", progress.append, 501)
    assert (summary.received, summary.published, summary.rejected) == (702, 701, 1)
    assert [step.line for step in progress] == [500, 702, 702]
    assert progress[0].size_bytes == file.stat().st_size
    assert (again.received, again.duplicate, again.members) == (202, 201, 0)


def test_the_operators_file_may_name_sources_of_its_tenant(
    settings: Settings, tmp_path: Path
) -> None:
    def named(source: str, minute: int) -> bytes:
        event = status(f"2026-05-12T11:{minute}:00Z", axes={"occupancy": "free"})
        return event.replace(b'"v":1', f'"v":1,"source":"{source}"'.encode())

    file = _file(
        tmp_path,
        configuration(),
        named("mqtt:voorbeeldstad:broker", 10),
        named("derived:voorbeeldstad:watch", 11),
        named("mqtt:elderstad:broker", 12),
        status(AT, axes={"occupancy": "free"}).replace(
            b'"v":1', b'"v":1,"raw":"sha256:' + b"0" * 64 + b'"'
        ),
    )
    with open_offline(settings) as offline:
        summary = offline.ingest_file(file, "push", lambda _: None, 1)
        lines = [line.ok for line in offline.validate_file(file, None)]
        reasons = [row.reason for row in offline.rejected(10)]
    assert (summary.published, summary.rejected) == (3, 2)
    assert [(text.partition(":")[0], count) for text, count in summary.unused.items()] == [
        ("raw", 1)
    ]
    assert lines == [True, True, False, False, True]
    assert all(reason.startswith("source: ") for reason in reasons)


def test_all_that_waited_goes_through_before_the_command_ends(
    settings: Settings, tmp_path: Path
) -> None:
    with open_offline(settings) as offline:
        offline.ingest_file(_file(tmp_path, *_statuses(200)), "push", lambda _: None, 1)
        assert len(offline.quarantine(1000)) == 200
        offline.ingest_file(_file(tmp_path, configuration()), "push", lambda _: None, 1)
        assert offline.quarantine(1000) == []


def test_a_source_that_is_not_there_is_named_with_those_that_are(
    settings: Settings, tmp_path: Path
) -> None:
    with open_offline(settings) as offline, pytest.raises(ConfigurationError, match="push"):
        offline.ingest_file(_file(tmp_path, b"{}"), "other", lambda _: None, 1)


def test_a_file_that_is_not_there(settings: Settings, tmp_path: Path) -> None:
    with open_offline(settings) as offline, pytest.raises(SourceError):
        offline.ingest_file(tmp_path / "nothing.ndjson", "push", lambda _: None, 1)


def test_the_quarantine_is_shown_and_tried_again(settings: Settings, tmp_path: Path) -> None:
    elsewhere = status(AT, "9", axes={"occupancy": "free"})
    with open_offline(settings) as offline:
        offline.ingest_file(
            _file(tmp_path, configuration(), elsewhere, *_statuses(1)), "push", lambda _: None, 1
        )
        (row,) = offline.quarantine(10)
        assert (row.kind, row.cabinet) == ("status", "VBS-001")
        assert row.quarantine is not None
        assert row.quarantine.code == "unknown_outlet"
        assert offline.quarantine(0) == []
        assert offline.quarantined(row.id) == row
        assert (row.payload, row.quarantine.report) == (elsewhere, "")
        assert offline.quarantined(row.id + 1) is None
        assert offline.retry(None) == RetrySummary(1, 0, 1)
        assert offline.retry([row.id, 999]) == RetrySummary(1, 0, 1)
        assert offline.retry([999]) == RetrySummary(0, 0, 0)


def test_the_quarantine_is_read_beside_a_running_service(
    settings: Settings, tmp_path: Path
) -> None:
    secret = resolve_identity(settings, os.environ)
    core = build_core(settings, secret, ManualClock(NOON))
    try:
        with open_offline(settings) as offline:
            assert offline.quarantine(10) == []
            with pytest.raises(LogLocked):
                offline.ingest_file(_file(tmp_path, b"{}"), "push", lambda _: None, 1)
    finally:
        core.close()


def test_before_a_service_ran_there_is_no_quarantine(settings: Settings) -> None:
    with open_offline(settings) as offline, pytest.raises(LogUnavailable, match="no log here"):
        offline.quarantine(10)


def test_events_and_members_are_judged_without_storing(settings: Settings, tmp_path: Path) -> None:
    with open_offline(settings) as offline:
        events = _file(tmp_path, configuration(), *_statuses(1), b"{")
        assert [line.ok for line in offline.validate_file(events, None)] == [True, True, False]
        with pytest.raises(ConfigurationError, match="no stream"):
            list(offline.validate_file(DIRECTORY / "kast-kasten.ttl", "other"))
        # Members of another public URL have the concepts of another service.
        (line,) = offline.validate_file(DIRECTORY / "kast-kasten.ttl", "kasten")
        assert not line.ok
