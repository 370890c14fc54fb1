"""A folder that nginx alone serves, and that the client replicates whole.

The command `ldes-shok export` as a process of its own, beside the service that writes the log.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.clock import ManualClock
from tests.support.city import START, city_life
from tests.support.command import kill_command_when, run_command
from tests.support.events import configuration, measurements
from tests.support.exported import contents, dangling, sealed_pages, states
from tests.support.graphs import MemberGraph, logged_members
from tests.support.ldes_client import replicate
from tests.support.local_service import LocalService, local_service
from tests.support.nginx import Nginx, running_nginx
from tests.support.service import ServiceProcess, Tree, request

pytestmark = pytest.mark.integration

SMALL_LEAVES: Final[Tree] = {"fragmentation": {"leaf_members": 30, "bucket_leaves": 4}}
ROOT: Final = "/srv/ldes-shok/export"
IMMUTABLE: Final = "public, max-age=604800, immutable"


class City:
    """A service in this process, and the settings file that the command reads."""

    def __init__(self, directory: Path, service: LocalService, process: ServiceProcess) -> None:
        self.directory = directory
        self.service = service
        self.process = process

    def export(self, root: Path, *arguments: str) -> str:
        done = run_command(self.process, "export", "--static", str(root), *arguments)
        assert done.exit_code == 0, done.errors
        return done.output

    def logged(self, stream: str) -> Mapping[str, MemberGraph]:
        return logged_members(self.process.log_path, self.process.url, stream)

    def live(self, cabinet: str, moment: datetime, count: int) -> None:
        """The cabinet comes and measures `count` times; then whatever is over is sealed."""
        self.service.push([configuration(cabinet, moment)], at=moment)
        self.service.push(list(measurements(cabinet, moment, count)), at=moment)
        self.service.seal(moment + timedelta(seconds=1))


def _city(directory: Path) -> Iterator[City]:
    process = ServiceProcess(directory)
    clock = ManualClock(START)
    with local_service(directory, clock, SMALL_LEAVES, process.port) as service:
        yield City(directory, service, process)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Two cabinets and two days; the third has begun. Read only."""
    for made in _city(tmp_path_factory.mktemp("city")):
        for last, payloads in city_life(cabinets=2, days=2.2).by_day():
            made.service.push(payloads, at=max(last, made.service.clock.now()))
        yield made


@pytest.fixture(scope="module")
def site(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its export, in a folder below the one that nginx serves."""
    root = tmp_path_factory.mktemp("site") / "open" / "data"
    said = city.export(root)
    assert "members" in said
    return root


@pytest.fixture(scope="module")
def nginx(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    changes = {ROOT: str(site.parents[1])}
    with running_nginx(tmp_path_factory.mktemp("nginx"), "static-export.conf", changes) as server:
        yield server


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[City]:
    """One cabinet and what it said on its first two days."""
    for made in _city(tmp_path):
        made.live("VBS-001", START, 40)
        made.live("VBS-001", START + timedelta(days=1), 40)
        yield made


@pytest.mark.nginx
@pytest.mark.client
@pytest.mark.parametrize(
    ("stream", "entry"),
    [
        ("techniek", "techniek.ttl"),
        ("kasten", "kasten.jsonld"),
        ("kasten", "kasten/by-time.ttl"),
        ("verbruik-individueel", "verbruik-individueel"),
    ],
)
def test_nginx_alone_serves_it_and_the_client_replicates_it_whole(
    city: City, nginx: Nginx, stream: str, entry: str
) -> None:
    """Every member once, with exactly its quads, in order, under a URL that nobody foresaw."""
    stored = city.logged(stream)
    replica = replicate(f"{nginx.url}/open/data/{entry}", ordered="ascending")
    assert replica.twice == []
    assert replica.graphs == {iri: member.graph for iri, member in stored.items()}
    times = [member.published for member in replica.members]
    assert times == sorted(times)
    assert len(times) > 30


@pytest.mark.nginx
def test_nginx_says_of_each_page_what_it_is(site: Path, nginx: Nginx) -> None:
    """Type, coding, and whether it may be kept for ever: as the page itself says."""
    sealed = sealed_pages(site)
    pages = [name for name in contents(site) if "/by-time" in name and name[-3:] in ("ttl", "nld")]
    assert sealed
    assert len(pages) > len(sealed)
    for name in pages:
        accept = {"Accept-Encoding": "gzip"}
        status, headers, body = request(f"{nginx.url}/open/data/{name}", headers=accept)
        assert status == 200
        assert gzip.decompress(body) == (site / name).read_bytes()
        kept = IMMUTABLE if name in sealed else "public, max-age=5"
        assert headers["cache-control"] == kept, name
        turtle = name.endswith(".ttl")
        media_type = "text/turtle; charset=utf-8" if turtle else "application/ld+json"
        assert headers["content-type"] == media_type
        assert headers["access-control-allow-origin"] == "*"


@pytest.mark.nginx
def test_nginx_knows_the_urls_without_suffix(site: Path, nginx: Nginx) -> None:
    def get(path: str, accept: str = "*/*") -> tuple[int, Mapping[str, str], bytes]:
        return request(f"{nginx.url}/open/data/{path}", headers={"Accept": accept})

    assert get("kasten")[2] == (site / "kasten.ttl").read_bytes()
    status, headers, body = get("kasten/by-time/2026", "application/ld+json")
    assert body == (site / "kasten/by-time/2026.jsonld").read_bytes()
    assert headers["vary"] == "Accept"
    assert (
        get("shapes/kasten", "application/ld+json")[2] == (site / "shapes/kasten.ttl").read_bytes()
    )
    assert get("kasten/by-time/2026/")[1]["location"].endswith("/kasten/by-time/2026")
    assert get("index", "text/html,*/*;q=0.8")[1]["content-type"] == "text/html; charset=utf-8"
    for absent in ("nothing", "kasten/by-time.ttl.open", "kasten/by-time/1999"):
        status, headers, _ = get(absent)
        assert status == 404
        assert "cache-control" not in headers


@pytest.mark.nginx
def test_nginx_answers_304(nginx: Nginx) -> None:
    url = f"{nginx.url}/open/data/kasten/by-time.ttl"
    _, headers, _ = request(url)
    status, _, body = request(url, headers={"If-None-Match": headers["etag"]})
    assert (status, body) == (304, b"")


@pytest.mark.nginx
@pytest.mark.client
def test_the_next_export_leaves_sealed_pages_alone_and_a_client_gets_what_is_new(
    quiet: City, tmp_path: Path
) -> None:
    """Not one sealed file is written again; a client with its state gets each new member once."""
    root = tmp_path / "site"
    quiet.export(root)
    before, sealed = states(root), sealed_pages(root)
    assert len(sealed) > 4
    with running_nginx(tmp_path / "nginx", "static-export.conf", {ROOT: str(root)}) as server:
        url, state = f"{server.url}/techniek.ttl", tmp_path / "state"
        first = replicate(url, state=state)
        quiet.live("VBS-001", START + timedelta(days=2), 40)
        quiet.export(root)
        second = replicate(url, state=state)
    after = states(root)
    for name in sealed:
        assert after[name] == before[name]
        assert after[f"{name}.gz"] == before[f"{name}.gz"]
    assert sealed < sealed_pages(root)
    assert first.twice == second.twice == []
    assert not set(first.iris) & set(second.iris)
    assert {*first.iris, *second.iris} == set(quiet.logged("techniek"))


def test_an_export_that_finds_nothing_new_writes_nothing(city: City, site: Path) -> None:
    before = states(site)
    assert city.export(site).endswith(" 0 files written\n")
    assert states(site) == before


def test_killed_in_the_middle_and_run_again_gives_the_same(quiet: City, tmp_path: Path) -> None:
    """kill -9 at several moments: no relation ever leads to nothing, no file is half written."""
    whole, root = tmp_path / "whole", tmp_path / "killed"
    quiet.export(whole)
    names = [name for name in contents(whole) if name.endswith(".gz")]
    for share in (0.3, 0.7):
        enough = int(len(names) * share)

        def far_enough(enough: int = enough) -> bool:
            return sum(1 for _ in root.rglob("*.gz")) >= enough

        if far_enough():
            continue
        kill_command_when(quiet.process, far_enough, "export", "--static", str(root))
        assert dangling(root) == []
        for name in sealed_pages(root):
            assert (root / name).read_bytes() == (whole / name).read_bytes()
    assert contents(root) != contents(whole)
    quiet.export(root)
    kept = {name: body for name, body in contents(root).items() if not name.endswith(".part")}
    assert kept == contents(whole)


def test_all_members_in_one_file(city: City, tmp_path: Path) -> None:
    """`--nquads`: the quads of the log, compressed."""
    dump = tmp_path / "all.nq.gz"
    done = run_command(city.process, "export", "--nquads", str(dump), "--stream", "kasten")
    assert done.exit_code == 0, done.errors
    lines = gzip.decompress(dump.read_bytes()).splitlines()
    members = {line.split()[2].decode()[1:-1] for line in lines if b"tree#member>" in line}
    assert members == set(city.logged("kasten"))
    assert len(lines) == len(members) + sum(len(m.graph) for m in city.logged("kasten").values())
