"""A backup of a service under load, the machine is lost, another one goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from ldes_shok.log.manifest import read_manifest
from tests.conftest import CLIENTS
from tests.support.command import run_command
from tests.support.ldes_client import replicate
from tests.support.load import HttpLoad
from tests.support.oracle import check_service, snapshots
from tests.support.service import ServiceProcess, Tree, push

pytestmark = pytest.mark.integration

SEED = 20260103
SMALL_PAGES: Tree = {"fragmentation": {"leaf_members": 25, "bucket_leaves": 4}}
ENOUGH_REQUESTS = 40
EVENTS_AT_ONCE = 200
STREAM = "verbruik-individueel"


def wait_for(load: HttpLoad, requests: int) -> None:
    goal = load.progress() + requests
    while load.progress() < goal:
        load.wait()


def again_at(service: ServiceProcess, directory: Path) -> ServiceProcess:
    """Another machine with an empty disk that answers to the same public URL."""
    directory.mkdir()
    other = ServiceProcess(directory, overrides=SMALL_PAGES)
    other.port, other.url = service.port, service.url
    other.configure(SMALL_PAGES)
    return other


def outcomes_of(service: ServiceProcess, events: Sequence[bytes]) -> Counter[str]:
    """Send events that may have come before."""
    outcomes: Counter[str] = Counter()
    for start in range(0, len(events), EVENTS_AT_ONCE):
        status, _, body = push(service.url, events[start : start + EVENTS_AT_ONCE])
        assert status == 200, body
        outcomes.update(result["outcome"] for result in json.loads(body)["results"])
    return outcomes


def test_a_restored_stream_goes_on(tmp_path: Path) -> None:
    """P4 over a restore: the same sealed bytes. P2: events that come again are the same members.

    What was acknowledged after the backup is not in it; the sources that keep their events send
    it again. The promise is about what the backup holds.
    """
    with_client = (CLIENTS / "node_modules" / "ldes-client").is_dir()
    (tmp_path / "lost").mkdir()
    service = ServiceProcess(tmp_path / "lost", overrides=SMALL_PAGES)
    other = again_at(service, tmp_path / "new")
    load = HttpLoad(service.url, SEED, senders=1)
    try:
        service.start()
        load.start()
        wait_for(load, ENOUGH_REQUESTS)
        load.pause()
        before = check_service(service.url)
        root = f"{service.url}/{STREAM}/by-time"
        state = tmp_path / "state"
        first = replicate(root, state=state) if with_client else None
        published_before = set(load.members)
        load.resume()

        at_the_start = load.progress()
        made = run_command(service, "backup", str(tmp_path / "copy"))
        assert made.exit_code == 0, made.errors
        assert load.progress() > at_the_start, "nothing was written meanwhile"
        service.kill()
        load.pause()

        manifest = read_manifest(tmp_path / "copy")
        restored = run_command(other, "restore", str(tmp_path / "copy"), "--verify")
        assert restored.exit_code == 0, restored.output + restored.errors
        assert "0 findings" in restored.output
        other.start()

        reports = check_service(
            other.url, other.log_path, previous=snapshots(before), forms_every=50
        )
        counted = {stream.name: stream.members for stream in manifest.streams}
        assert {n: len(r.members) for n, r in reports.items() if r.members} == counted
        kept = {iri for report in reports.values() for iri in report.members}
        assert published_before <= kept

        outcomes = outcomes_of(other, load.sent)
        assert outcomes["duplicate"] >= manifest.events
        assert set(outcomes) <= {"duplicate", "published"}

        load.resume()
        wait_for(load, 5)
        load.finish()
        after = check_service(other.url, other.log_path, previous=snapshots(reports))
        members = [iri for report in after.values() for iri in report.members]
        assert len(members) == len(set(members))
        assert set(load.members) <= set(members)
        if first is not None:
            rest = replicate(root, state=state)
            assert Counter([*first.iris, *rest.iris]) == Counter(after[STREAM].members)
    finally:
        service.kill()
        other.kill()
