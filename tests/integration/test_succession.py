"""A log with public sums of an earlier rule: they stay, closed, and new ones go elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ldes_shok.ldes.member import FIRST_POSITION
from tests.support.events import configuration, event
from tests.support.kept_logs import held, manifest, opened
from tests.support.local_service import LocalService
from tests.support.service import STREAM_TOKEN, Tree, request

pytestmark = pytest.mark.integration

KEPT = "8ace133"
CLOSED, NEW = "verbruik", "verbruik-2"
TURTLE = {"Accept": "text/turtle"}
TOKEN = {**TURTLE, "Authorization": f"Bearer {STREAM_TOKEN}"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """The kept log, and a market of twelve sockets on a day after it."""
    with opened(KEPT, tmp_path_factory.mktemp("kept")) as running:
        noon = manifest(KEPT).at.replace(hour=12, minute=0, second=0) + timedelta(days=1)
        running.push([configuration("VBS-900", noon, outlets=12)], at=noon)
        for outlet in range(1, 13):
            running.push([*_used(noon, outlet)], at=noon + timedelta(hours=1))
        running.derive(noon + timedelta(days=1))
        yield running


def _used(noon: datetime, outlet: int) -> Iterator[bytes]:
    start, end = (f"{noon + timedelta(minutes=m):%Y-%m-%dT%H:%M:%SZ}" for m in (0, 15))
    period: Tree = {"start": start, "end": end}
    booked: Tree = {
        "reservationId": f"nieuw-{outlet}",
        "state": "confirmed",
        "period": period,
        "activity": {"id": "nieuwe-markt", "type": "market"},
    }
    yield event("reservation", "VBS-900", noon, booked, str(outlet))
    reading: Tree = {
        "quantity": "energy.import.interval", "phase": "total", "value": "100", "unit": "Wh",
    }  # fmt: skip
    told: Tree = {"meter": f"VBS-900-MTR-{outlet}", "period": period, "readings": [reading]}
    yield event("measurement", "VBS-900", noon + timedelta(minutes=15), told, str(outlet))


def answer(service: LocalService, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    status, _, body = request(f"http://127.0.0.1:{service.port}/{path}", headers=headers)
    return status, body


def test_what_the_earlier_rule_made_public_is_behind_a_token(service: LocalService) -> None:
    """P11: pages, members and things of it alike."""
    pages = [address for address in manifest(KEPT).pages if address.startswith(f"{CLOSED}/")]
    assert len(pages) > 5
    reader = service.core.reader
    rows = reader.rows(CLOSED, FIRST_POSITION, reader.stream(CLOSED).members)
    members = [row.iri.removeprefix(f"{service.url}/") for row in rows]
    things = [row.entity.removeprefix(f"{service.url}/") for row in rows if "/zone/" not in row.iri]
    refused = b""
    for path in (*pages, *members, *things, CLOSED):
        status, refused = answer(service, path, TURTLE)
        assert status == 401, path
    assert f"what is published since is at {service.url}/{NEW}".encode() in refused
    assert answer(service, CLOSED, TOKEN)[0] == 200


def test_it_stays_as_it_was(service: LocalService) -> None:
    """P4: to the byte, and nothing is added."""
    then, now = manifest(KEPT), held(service)
    assert now.streams[CLOSED] == then.streams[CLOSED]
    sealed = [name for name, page in then.pages.items() if page.sealed and CLOSED in name]
    for name in sealed:
        assert now.pages[name].sha256.items() >= then.pages[name].sha256.items()


def test_new_sums_go_to_the_successor_for_everybody(service: LocalService) -> None:
    reader = service.core.reader
    rows = reader.rows(NEW, FIRST_POSITION, reader.stream(NEW).members)
    said = [(row.summary.kind, row.summary.subject, row.summary.value) for row in rows]
    assert said == [
        ("Verbruik samen", "nieuwe-markt", "1.200 kWh"),
        ("Piekvermogen", "nieuwe-markt", "4.800 kW"),
    ]
    status, page = answer(service, f"{NEW}/by-time", TURTLE)
    assert status == 200
    assert f"tree:shape <{service.url}/shapes/verbruik>".encode() in page
    assert answer(service, rows[0].iri.removeprefix(f"{service.url}/"), TURTLE)[0] == 200
    assert answer(service, "shapes/verbruik", TURTLE)[0] == 200


def test_days_that_were_told_by_the_earlier_rule_get_no_more(service: LocalService) -> None:
    """What is left of them is told to the city alone."""
    aggregates = [
        json.loads(record.payload)["data"]
        for record in service.core.reader.events(0, 100_000)
        if record.kind == "aggregate"
    ]
    before = {said["period"]["end"] for said in aggregates if "audience" not in said}
    city = {said["period"]["end"] for said in aggregates if said.get("audience") == "city"}
    assert len(before) > 5
    assert city > {max(before)}
    public = [said["subject"] for said in aggregates if said.get("audience") == "public"]
    assert set(public) <= {"nieuwe-markt"}


def test_the_catalogue_leads_from_one_to_the_other(service: LocalService) -> None:
    status, body = answer(service, "?format=nt", {})
    assert status == 200
    old, new = f"<{service.url}/{CLOSED}>", f"<{service.url}/{NEW}>"
    statements = body.decode()
    assert f"{old} <http://purl.org/dc/terms/isReplacedBy> {new} ." in statements
    assert f"{new} <http://purl.org/dc/terms/replaces> {old} ." in statements
    right = "http://purl.org/dc/terms/accessRights> <http://publications.europa.eu/resource"
    assert f"{old} <{right}/authority/access-right/RESTRICTED> ." in statements
    assert f"{new} <{right}/authority/access-right/PUBLIC> ." in statements
