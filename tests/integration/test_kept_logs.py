"""A log that an earlier version wrote opens, says what it said, and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.commands.fsck import check_file
from ldes_shok.errors import LogMismatch
from ldes_shok.fsck.finding import Finding
from ldes_shok.settings.secrets import resolve_identity
from tests.fixtures.logs.make import device_change, post_device
from tests.support.events import measurement, status
from tests.support.kept_logs import Manifest, held, kept_logs, manifest, opened
from tests.support.local_service import LocalService
from tests.support.service import SECRETS

pytestmark = pytest.mark.integration

QUOTED = "http:voorbeeldstad:shelly"


class Kept:
    """A kept log: what it held, what this version holds of it, and the service on it."""

    def __init__(self, name: str, service: LocalService) -> None:
        self.then = manifest(name)
        self.now = held(service, self.then)
        self.service = service


@pytest.fixture(scope="module", params=kept_logs())
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kept]:
    with opened(request.param, tmp_path_factory.mktemp("kept")) as service:
        yield Kept(request.param, service)


def assert_nothing_changed(then: Manifest, now: Manifest) -> None:
    """Every sealed page has its bytes, every member its IRI and bytes."""
    for address, page in then.pages.items():
        if page.sealed:
            assert now.pages[address].sealed
            assert now.pages[address].sha256.items() >= page.sha256.items(), address
    for name, stream in then.streams.items():
        assert now.streams[name].sha256.items() >= stream.sha256.items(), name


def test_sealed_pages_and_members_are_the_same_bytes(kept: Kept) -> None:
    """P4, over an upgrade: the data of a sealed node never changes by a byte."""
    assert sum(page.sealed for page in kept.then.pages.values()) > 20
    assert kept.then.streams["verbruik"].members > 0
    assert_nothing_changed(kept.then, kept.now)


def test_nothing_that_is_kept_beside_the_streams_is_lost(kept: Kept) -> None:
    then, now = kept.then, kept.now
    assert now.events == then.events
    assert now.raws.items() >= then.raws.items()
    assert now.rejected == then.rejected
    assert now.quarantine == then.quarantine
    assert len({*then.quarantine.values()}) > 2
    for source, memories in then.memories.items():
        assert now.memories[source].keys() == memories.keys()
        # What a device said as it came is remembered under a key since: the next test reads it.
        if source != QUOTED:
            assert now.memories[source] == memories


def test_it_goes_on_and_knows_what_it_was_told(kept: Kept) -> None:
    """P2, over an upgrade: what was delivered before is recognised, and what is new is taken."""
    service, reader = kept.service, kept.service.core.reader
    told = [event for event in reader.events(0, 10_000) if event.source.endswith(":push")]
    again = service.push([event.payload for event in told])
    assert {outcome.kind for outcome in again} == {OutcomeKind.DUPLICATE}
    at = kept.then.at + timedelta(days=1)
    (waiting,) = {event.cabinet for event in told if event.cabinet == "VBS-050"}
    fresh = service.push([status(waiting, at), measurement(waiting, at, value="2000000")], at=at)
    assert {outcome.kind for outcome in fresh} == {OutcomeKind.PUBLISHED}
    # Their stream told of it first, before there were claims to a name.
    (theirs,) = service.push([status("BUUR-001", at)])
    assert "cabinet BUUR-001 is another city's" in str(theirs.reason)
    # Laid over the full state of before: a change alone does not say what the voltage is.
    post_device(service, device_change(at))
    last = reader.events(0, 10_000)[-1]
    readings = json.loads(last.payload)["data"]["readings"]
    assert "voltage" in {reading["quantity"] for reading in readings}
    service.derive(at + timedelta(hours=2))
    service.seal(at + timedelta(days=2))
    assert_nothing_changed(kept.then, held(service, kept.then))


def test_the_check_finds_nothing(kept: Kept) -> None:
    settings, path = kept.service.core.settings, kept.service.core.log_path
    secret = resolve_identity(settings, SECRETS)
    found = [item for item in check_file(settings, path, secret) if isinstance(item, Finding)]
    assert found == []


@pytest.mark.parametrize("name", kept_logs())
def test_another_secret_than_it_was_written_with_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it has no fingerprint: what it holds stands under addresses of its own secret."""
    monkeypatch.setitem(SECRETS, "TEST_IDENTITY_SECRET", "another invented secret")
    with (
        pytest.raises(LogMismatch, match="not the one that this log was written with"),
        opened(name, tmp_path),
    ):
        pass
    monkeypatch.undo()
    with opened(name, tmp_path) as service:
        assert service.core.reader.tallies()
