"""The same export into a bucket of a real S3 service, which a client replicates from there."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from ldes_shok.clock import ManualClock
from tests.support.city import START
from tests.support.command import Done, run_command
from tests.support.events import configuration, measurements
from tests.support.graphs import logged_members
from tests.support.ldes_client import replicate
from tests.support.local_service import LocalService, local_service
from tests.support.s3 import S3, running_s3
from tests.support.service import ServiceProcess, Tree, request

pytestmark = [pytest.mark.integration, pytest.mark.s3]

SMALL_LEAVES: Tree = {"fragmentation": {"leaf_members": 30, "bucket_leaves": 4}}
DAY = timedelta(days=1)


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    with running_s3(tmp_path) as service:
        service.make_bucket("open", readable=True)
        for name, value in service.credentials.items():
            monkeypatch.setenv(name, value)
        yield service


def _say(service: LocalService, days: int) -> None:
    moment = START + days * DAY
    service.push([configuration("VBS-001", moment)], at=moment)
    service.push(list(measurements("VBS-001", moment, 40)), at=moment)
    service.seal(moment + timedelta(seconds=1))


def _export(process: ServiceProcess, s3: S3, *arguments: str) -> Done:
    where = ("--s3", "s3://open/data", "--endpoint-url", s3.url)
    return run_command(process, "export", *where, *arguments)


def _puts(s3: S3) -> list[str]:
    """What was put, in the order in which the service answered."""
    lines = [line for line in s3.log().splitlines() if "| PUT |" in line]
    return [line.split("| PUT |")[1].split("|")[0].strip().removeprefix("/open/data/")
            for line in lines if "/open/data/" in line]  # fmt: skip


def _head(s3: S3, name: str) -> Mapping[str, str]:
    status, headers, _ = request(f"{s3.url}/open/data/{name}")
    assert status == 200, name
    return headers


@pytest.mark.client
def test_a_bucket_alone_serves_it_and_the_client_replicates_it_whole(
    s3: S3, tmp_path: Path
) -> None:
    """Sealed pages first, roots last; then only what is new; nothing sealed is put again."""
    process = ServiceProcess(tmp_path)
    clock = ManualClock(START)
    with local_service(tmp_path, clock, SMALL_LEAVES, process.port) as service:
        _say(service, 0)
        _say(service, 1)
        done = _export(process, s3)
        assert done.exit_code == 0, done.errors
        first = _puts(s3)
        sealed = {
            n for n in first if "/by-time" in n and "immutable" in _head(s3, n)["cache-control"]
        }
        open_pages = [n for n in first if "/by-time" in n and n not in sealed]
        assert len(sealed) > 4
        assert max(map(first.index, sealed)) < min(map(first.index, open_pages))
        for form in ("ttl", "jsonld"):
            pages = [name for name in open_pages if name.endswith(form) and "techniek" in name]
            assert pages[-1] == f"techniek/by-time.{form}"

        url = f"{s3.url}/open/data/techniek.ttl"
        state = tmp_path / "state"
        replica = replicate(url, state=state)
        stored = logged_members(process.log_path, process.url, "techniek")
        assert replica.twice == []
        assert replica.graphs == {iri: member.graph for iri, member in stored.items()}

        _say(service, 2)
        assert _export(process, s3).exit_code == 0
        second = _puts(s3)[len(first) :]
        assert second
        assert not sealed & set(second)
        rest = replicate(url, state=state)
        stored = logged_members(process.log_path, process.url, "techniek")
        assert rest.twice == []
        assert not set(rest.iris) & set(replica.iris)
        assert {*rest.iris, *replica.iris} == set(stored)


def test_an_object_says_what_it_is(s3: S3, tmp_path: Path) -> None:
    process = ServiceProcess(tmp_path)
    with local_service(tmp_path, ManualClock(START), SMALL_LEAVES, process.port) as service:
        _say(service, 0)
        _say(service, 1)
        assert _export(process, s3, "--stream", "kasten", "--form", "ttl").exit_code == 0
    headers = _head(s3, "kasten/by-time.ttl")
    assert headers["content-type"].startswith("text/turtle; charset=utf-8; profile=")
    assert headers["content-encoding"] == "gzip"
    assert headers["cache-control"] == "public, max-age=5"
    assert _head(s3, "kasten/by-time/2026/05/11.ttl")["cache-control"].endswith(", immutable")
    _, _, body = request(f"{s3.url}/open/data/index.html")
    assert b"kasten.ttl" in gzip.decompress(body)


def test_what_the_service_refuses_is_said_without_the_credentials(
    s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = ServiceProcess(tmp_path)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    with local_service(tmp_path, ManualClock(START), {}, process.port) as service:
        _say(service, 0)
        done = _export(process, s3)
    assert done.exit_code == 1
    assert "the bucket refuses" in done.errors
    assert "Traceback" not in done.errors
    assert "a-wrong-secret" not in done.errors + done.output
