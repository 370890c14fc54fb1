"""Notifications of a context broker, as ETSI GS CIM 009 has them, to the real service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec
import pytest

from tests.support.events import configuration
from tests.support.pages import crawl
from tests.support.service import (
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)

pytestmark = pytest.mark.integration

CABINET = "VBS-001"
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
TOKEN = "a-token-for-the-broker"
MEASUREMENT = "urn:ngsi-ld:ThreePhaseAcMeasurement:markt-1"
DEVICE = f"urn:ngsi-ld:Device:{CABINET}-2"
DECODE: Tree = {
    "as": "ngsild",
    "entities": {MEASUREMENT: {"cabinet": CABINET, "outlet": "1", "meter": f"{CABINET}-MTR-1"}},
    "patterns": ["urn:ngsi-ld:Device:{cabinet}-{outlet}"],
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("ngsild")
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    sources: list[Tree] = [
        {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
        {
            "name": "context",
            "type": "http",
            "tenant": TENANT,
            "token_file": str(token),
            "decode": DECODE,
        },
    ]
    with running_service(folder, overrides={"sources": sources}) as running:
        assert push(running.url, [configuration(CABINET, NOON)])[0] == 200
        yield running


def _notify(service: ServiceProcess, *entities: Mapping[str, object]) -> dict[str, object]:
    notification = {
        "id": "urn:ngsi-ld:Notification:1",
        "type": "Notification",
        "subscriptionId": "urn:ngsi-ld:Subscription:kast",
        "notifiedAt": "2026-05-12T18:00:00Z",
        "data": entities,
    }
    status, _, answer = request(
        f"{service.url}/ingest",
        method="POST",
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/ld+json",
            "Link": '<https://voorbeeldstad.example/context.jsonld>; rel="x"',
        },
        body=msgspec.json.encode(notification),
    )
    assert status == 200, answer
    return msgspec.json.decode(answer, type=dict[str, object])


def _property(value: object, at: str) -> Mapping[str, object]:
    return {"type": "Property", "value": value, "observedAt": at}


def _published(service: ServiceProcess, stream: str) -> str:
    pages = crawl(f"{service.url}/{stream}/by-time", "application/n-triples")
    return "\n".join(page.body.decode() for page in pages)


def test_a_notification_is_members_with_the_time_of_each_property(service: ServiceProcess) -> None:
    power = _property({"L1": 3640.5, "L2": 0, "L3": 0}, "2026-05-12T12:45:00Z")
    energy = _property(1284.53, "2026-05-12T12:40:00Z")
    state = _property("ok", "2026-05-12T12:30:00Z")
    entities: list[Mapping[str, object]] = [
        {
            "id": MEASUREMENT,
            "type": "ThreePhaseAcMeasurement",
            "activePower": power,
            "totalActiveEnergyImport": energy,
        },
        {"id": DEVICE, "type": "Device", "deviceState": state},
    ]
    answer = _notify(service, *entities)
    assert (answer["received"], answer["published"]) == (3, 3), answer
    energy_page = _published(service, "verbruik-individueel")
    assert '"1284.530"' in energy_page
    assert "2026-05-12T12:40:00Z" in energy_page
    technical = _published(service, "techniek")
    assert '"3.6405"' in technical
    assert "2026-05-12T12:45:00Z" in technical
    assert "2026-05-12T18:00:00Z" not in energy_page + technical
    again = _notify(service, *entities)
    assert (again["received"], again["duplicate"]) == (3, 3)


def test_what_a_broker_repeats_beside_something_new_is_no_new_member(
    service: ServiceProcess,
) -> None:
    def entity(power_at: str) -> Mapping[str, object]:
        return {
            "id": MEASUREMENT,
            "frequency": _property(50.02, power_at),
            "totalActiveEnergyImport": _property(1285.5, "2026-05-12T13:00:00Z"),
        }

    first = _notify(service, entity("2026-05-12T13:00:00Z"))
    assert (first["published"], first["members"]) == (1, 2)
    second = _notify(service, entity("2026-05-12T13:01:00Z"))
    assert second["members"] == 1, second
    assert _published(service, "verbruik-individueel").count('"1285.500"') == 1


def test_a_property_without_its_time_is_rejected_and_its_neighbours_are_not(
    service: ServiceProcess,
) -> None:
    answer = _notify(
        service,
        {
            "id": MEASUREMENT,
            "activePower": {"type": "Property", "value": {"L1": 77.7}},
            "current": _property({"L1": 15.8}, "2026-05-12T14:00:00Z"),
        },
    )
    assert (answer["received"], answer["published"], answer["rejected"]) == (2, 1, 1)
    assert "activePower: there is no observedAt" in str(answer["results"])
    technical = _published(service, "techniek")
    assert '"0.0777"' not in technical
    assert '"15.8"' in technical
