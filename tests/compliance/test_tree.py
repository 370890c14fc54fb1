"""Checklist 1.F: the search tree, over every stream of a city and over the trees that are rare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode

from ldes_shok.clock import ManualClock
from tests.compliance.conftest import SMALL_PAGES, City, at
from tests.support import events
from tests.support.local_service import LocalService, local_service
from tests.support.oracle import check_service, snapshots
from tests.support.pages import (
    GENERATED_AT,
    LDES,
    MEDIA_TYPES,
    RDF_TYPE,
    TREE,
    XSD,
    Page,
    crawl,
    get,
)
from tests.support.service import STREAMS

pytestmark = pytest.mark.compliance

LOWER, UPPER = f"{TREE}GreaterThanOrEqualToRelation", f"{TREE}LessThanRelation"
Bounds = tuple[str, str]


def bounds(page: Page) -> dict[str, Bounds]:
    """The interval of each child, with every rule on relations asserted on the way."""
    found: dict[str, dict[str, str]] = {}
    for relation in page.objects(page.url, f"{TREE}relation"):
        assert isinstance(relation, BlankNode)
        (kind,) = page.objects(relation, RDF_TYPE)
        (node,) = page.objects(relation, f"{TREE}node")
        (path,) = page.objects(relation, f"{TREE}path")
        (value,) = page.objects(relation, f"{TREE}value")
        assert isinstance(node, NamedNode)
        assert path == page.value(page.stream, f"{LDES}timestampPath")
        assert isinstance(value, Literal)
        assert value.datatype.value == f"{XSD}dateTime"
        assert value.value.endswith("Z")
        side = found.setdefault(node.value, {})
        assert kind.value not in side, f"two of {kind.value} to {node.value}"
        side[kind.value] = value.value
    assert all(set(side) == {LOWER, UPPER} for side in found.values())
    return {url: (side[LOWER], side[UPPER]) for url, side in found.items()}


def walk(root: str) -> Iterator[tuple[Page, list[Bounds]]]:
    """Every page of a view with all the bounds that lead to it."""
    waiting: list[tuple[str, list[Bounds]]] = [(root, [])]
    while waiting:
        url, path = waiting.pop()
        page = get(url, "application/n-quads")
        assert page.status == 200
        yield page, path
        waiting += [(child, [*path, own]) for child, own in bounds(page).items()]


def test_relations_hang_on_the_page_and_are_whole(city: City) -> None:
    """Rows 75 to 82: one type, one node, one path, one value; a lower and an upper bound each."""
    linked = 0
    for page in city.every_page:
        linked += len(bounds(page))
        for quad in page.quads:
            if quad.predicate.value == f"{TREE}relation":
                assert quad.subject == NamedNode(page.url)
    assert linked == len(city.every_page) - len(STREAMS)


@pytest.mark.parametrize("word", MEDIA_TYPES)
def test_the_bounds_are_the_same_in_every_format(city: City, word: str) -> None:
    page = next(page for page in city.every_page if len(page.children) > 2)
    assert bounds(get(page.url, MEDIA_TYPES[word])) == bounds(page)


def test_members_lie_within_every_bound_on_their_path(city: City) -> None:
    """P6: every member lies within every bound on its path; siblings never overlap.

    Rows 83, 84.
    """
    for name in STREAMS:
        members = 0
        for page, path in walk(f"{city.url}/{name}/by-time"):
            for iri in page.members:
                moment = page.value(iri, GENERATED_AT).value
                assert all(lower <= moment < upper for lower, upper in path)
                members += 1
            siblings = sorted(bounds(page).values())
            assert all(a[1] <= b[0] for a, b in pairwise(siblings))
        assert members == city.service.core.reader.stream(name).members


def test_every_node_but_the_root_is_linked_from_one(city: City) -> None:
    """Row 85: no cycle, no way back, no link to the root."""
    for pages in city.pages.values():
        linked = Counter(child for page in pages for child in page.children)
        assert set(linked.values()) == {1}
        assert set(linked) | {pages[0].url} == {page.url for page in pages}
        assert pages[0].url not in linked


def test_every_member_is_found_once(city: City) -> None:
    """P5: following relations from a view's root finds every retained member exactly once.

    P10; rows 86, 123: no retention policy is declared, and everything ever published is there.
    """
    for name, pages in city.pages.items():
        found = Counter(iri for page in pages for iri in page.members)
        reader = city.service.core.reader
        count = reader.stream(name).members
        assert set(found.values()) == {1}
        assert set(found) == {row.iri for row in reader.rows(name, 10**15 + 1, count)}


def test_a_page_leads_on_or_holds_members(city: City) -> None:
    """Row 88 by choice; row 87: the root stays small."""
    for pages in city.pages.values():
        for page in pages:
            assert bool(page.children) != bool(page.members)
            assert len(page.children) <= 40
            times = [page.value(iri, GENERATED_AT).value for iri in page.members]
            before_the_last = [time for time in times if time != times[-1]]
            assert len(before_the_last) < 10, "a leaf is cut between two timestamps"


def test_only_relations_that_every_client_knows(city: City) -> None:
    """Rows 89, 93: no InBetweenRelation, no search form, no count that could be wrong."""
    allowed = {"relation", "node", "path", "value", "member", "view", "shape", "viewDescription",
               "rootNode"}  # fmt: skip
    for page in city.every_page:
        words = {
            quad.predicate.value.removeprefix(TREE)
            for quad in page.quads
            if quad.predicate.value.startswith(TREE)
        }
        assert words <= allowed


def test_the_oracle_finds_nothing(city: City) -> None:
    """P3, P4, P5, P6, P9, P12, over HTTP and against the log."""
    reports = check_service(city.url, city.service.core.log_path, forms_every=4)
    assert all(report.members for report in reports.values())


@pytest.mark.parametrize("name", STREAMS)
def test_a_city_has_the_tree_of_its_days(city: City, name: str) -> None:
    """Row 87: levels as they are needed; a quiet month is one bucket."""
    urls = {page.url.removeprefix(f"{city.url}/{name}/by-time") for page in city.pages[name]}
    assert {"", "/2025", "/2025/12", "/2026", "/2026/10"} <= urls


def test_a_millisecond_parts_two_years(city: City) -> None:
    """Row 83: half-open intervals of UTC."""
    root = f"{city.url}/verbruik-individueel/by-time"
    years = bounds(get(root))
    assert years[f"{root}/2025"][1] == years[f"{root}/2026"][0] == "2026-01-01T00:00:00.000Z"
    leaves = [page for page in city.pages["verbruik-individueel"] if page.members]
    times = {
        page.value(iri, GENERATED_AT).value: page.url for page in leaves for iri in page.members
    }
    assert times["2025-12-31T23:59:59.999Z"] == f"{root}/2025/12/31/p1"
    assert times["2026-01-01T00:00:00.000Z"].startswith(f"{root}/2026/01")


# --- trees that are rare --------------------------------------------------------------------


def test_an_empty_stream_is_a_root_without_children(empty: LocalService) -> None:
    """Rows 56, 88: 200, in every format, with its whole context."""
    for name in STREAMS:
        for media_type in (*MEDIA_TYPES.values(), "text/html"):
            page = get(f"{empty.url}/{name}/by-time", media_type)
            assert (page.status, page.media_type) == (200, media_type)
            if media_type != "text/html":
                assert (page.children, page.members) == ([], [])
                assert page.value(page.stream, f"{LDES}timestampPath")
    check_service(empty.url, empty.core.log_path, forms_every=1)


def test_one_member_is_five_pages(tmp_path: Path) -> None:
    """Row 87: root, year, month, day, leaf."""
    start = at(2024, 2, 29, 23, 59, 59)
    with local_service(tmp_path, ManualClock(start)) as service:
        service.push([events.configuration("K1", at(2024, 2, 1))], start)
        moment = at(2026, 2, 28, 12)
        service.push([events.measurement("K1", moment)], moment)
        paths = [page.url for page in crawl(f"{service.url}/verbruik-individueel/by-time")]
        root = f"{service.url}/verbruik-individueel/by-time"
        tails = ["", "/2026", "/2026/02", "/2026/02/28", "/2026/02/28/p1"]
        assert paths == [root + tail for tail in tails]
        assert f"{service.url}/kasten/by-time/2024/02/29/p1" in {
            page.url for page in crawl(f"{service.url}/kasten/by-time")
        }
        check_service(service.url, service.core.log_path, forms_every=1)


def fill(service: LocalService, moments: list[datetime]) -> None:
    """A measurement of one cabinet at each moment, published then."""
    start = moments[0]
    service.push([events.configuration("K1", start - timedelta(days=1))], start)
    for number, moment in enumerate(moments):
        service.push([events.measurement("K1", moment, value=f"{number}.5")], moment)


def test_a_bucket_lists_all_its_leaves_itself(tmp_path: Path) -> None:
    """A day of thirty leaves: all but the last sealed, none leads to another."""
    moments = [at(2026, 5, 12, 8) + number * timedelta(minutes=1) for number in range(60)]
    pages_of_two = {"fragmentation": {"leaf_members": 2, "bucket_leaves": 40}}
    with local_service(tmp_path, ManualClock(moments[0]), pages_of_two) as service:
        fill(service, moments)
        day = get(f"{service.url}/verbruik-individueel/by-time/2026/05/12")
        assert [url.rpartition("/")[2] for url in day.children] == [f"p{n}" for n in range(1, 31)]
        leaves = [get(url) for url in day.children]
        assert [leaf.is_immutable for leaf in leaves] == [True] * 29 + [False]
        assert all(leaf.children == [] and len(leaf.members) == 2 for leaf in leaves)
        check_service(service.url, service.core.log_path, forms_every=9)


def test_a_full_day_goes_on_in_hours(tmp_path: Path) -> None:
    """Once it has its leaves, a day goes finer; the next day opens in hours at once."""
    first = [at(2026, 5, 12, 8) + number * timedelta(minutes=20) for number in range(40)]
    second = [at(2026, 5, 13, 0, 10) + number * timedelta(hours=2) for number in range(12)]
    third = [at(2026, 5, 14, 9)]
    two = {"fragmentation": {"leaf_members": 5, "bucket_leaves": 3}}
    with local_service(tmp_path, ManualClock(first[0]), two) as service:
        fill(service, first)
        month = f"{service.url}/verbruik-individueel/by-time/2026/05"
        tails = [url.removeprefix(f"{month}/12/") for url in get(f"{month}/12").children]
        assert tails == ["p1", "p2", "p3", "13", "14", "15", "16", "17", "18", "19", "20", "21"]
        for number, moment in enumerate([*second, *third]):
            service.push([events.measurement("K1", moment, value=f"9{number}")], moment)
        hours = [url.removeprefix(f"{month}/13/") for url in get(f"{month}/13").children]
        assert hours == [f"{hour:02d}" for hour in range(0, 24, 2)]
        leaves = [url.removeprefix(f"{month}/14/") for url in get(f"{month}/14").children]
        assert leaves == ["p1"], "a quiet day does not open in hours after a quiet one"
        check_service(service.url, service.core.log_path, forms_every=7)


@pytest.mark.parametrize(
    ("midnight", "opens_at"),
    [
        pytest.param(at(2026, 3, 29), "00", id="summer time begins in Brussels"),
        pytest.param(at(2026, 10, 25), "00", id="summer time ends in Brussels"),
        pytest.param(at(2028, 2, 29), "00", id="a leap day"),
        pytest.param(at(2027, 1, 1), "02", id="a new year"),
        pytest.param(at(2100, 3, 1), "02", id="1 March without a leap day before it"),
    ],
)
def test_days_are_24_hours_of_utc(tmp_path: Path, midnight: datetime, opens_at: str) -> None:
    """Rows 82, 83: no hour is missing and none is there twice, whatever clocks on walls do.

    A month after a quiet one begins as a bucket of its own, so its first day opens when that is
    full.
    """
    moments = [midnight + hour * timedelta(hours=1) for hour in range(-2, 26)]
    moments.insert(2, midnight - timedelta(milliseconds=1))
    one = {"fragmentation": {"leaf_members": 1, "bucket_leaves": 2}}
    with local_service(tmp_path, ManualClock(moments[0]), one) as service:
        fill(service, moments)
        service.seal(midnight + timedelta(days=40))
        day = get(f"{service.url}/verbruik-individueel/by-time/{midnight:%Y/%m/%d}")
        hours = [url.rpartition("/")[2] for url in day.children]
        assert hours[-20:] == [f"{hour:02d}" for hour in range(4, 24)]
        assert day.is_immutable
        (own,) = (
            found
            for page in crawl(f"{service.url}/verbruik-individueel/by-time")
            for url, found in bounds(page).items()
            if url == day.url
        )
        after = midnight + timedelta(days=1)
        assert own == (
            f"{midnight:%Y-%m-%d}T{opens_at}:00:00.000Z",
            f"{after:%Y-%m-%d}T00:00:00.000Z",
        )
        check_service(service.url, service.core.log_path)


def test_a_clock_that_goes_back_harms_nothing(tmp_path: Path) -> None:
    """P3: the log only grows; publication time never goes back, whatever the clock does.

    Row 62.
    """
    start = at(2026, 5, 12, 8)
    with local_service(tmp_path, ManualClock(start), SMALL_PAGES) as service:
        fill(service, [start + number * timedelta(hours=1) for number in range(20)])
        reports = check_service(service.url, service.core.log_path)
        for number, moment in enumerate([at(2026, 5, 12, 9), at(2020, 1, 1), at(2026, 5, 13, 2)]):
            service.push([events.measurement("K1", start, value=f"7{number}")], moment)
            service.seal()
            reports = check_service(
                service.url, service.core.log_path, previous=snapshots(reports), forms_every=5
            )
        times = [row.published_ms for row in service.core.reader.rows("techniek", 10**15 + 1, 500)]
        assert times == sorted(times)
        assert not any("2020" in page.url for page in crawl(f"{service.url}/techniek/by-time"))
