"""The service as it is started by its users: a process of its own, on the machine's clock."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import events
from tests.support.oracle import check_service, snapshots
from tests.support.pages import crawl, get
from tests.support.service import STREAMS, ServiceProcess, push

pytestmark = pytest.mark.compliance


def test_what_is_pushed_is_published_and_survives_a_restart(tmp_path: Path) -> None:
    """P3, P4, P5, P6, P9, P12 over a real process, and again after its end and start."""
    start = datetime(2026, 5, 12, 8, tzinfo=UTC)
    service = ServiceProcess(tmp_path, overrides={"fragmentation": {"leaf_members": 5}})
    service.start()
    try:
        status, _, body = push(service.url, [events.configuration("K1", start)])
        assert status == 200
        published = len(json.loads(body)["results"][0]["members"])
        for payload in events.measurements("K1", start, 20):
            status, _, body = push(service.url, [payload])
            assert status == 200
            published += len(json.loads(body)["results"][0]["members"])
        first = check_service(service.url, service.log_path, forms_every=3)
        assert sum(len(report.members) for report in first.values()) == published
        roots = [f"{service.url}/{name}/by-time" for name in STREAMS]
        tags = {page.url: page.headers["etag"] for root in roots for page in crawl(root)}
        assert service.stop(signal.SIGTERM) == 0
        service.start()
        assert {url: get(url).headers["etag"] for url in tags} == tags
        again = check_service(service.url, service.log_path, previous=snapshots(first))
        assert {name: report.members for name, report in again.items()} == {
            name: report.members for name, report in first.items()
        }
    finally:
        service.kill()
