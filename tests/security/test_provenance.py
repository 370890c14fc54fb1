"""Whose an event is follows from the way it came in, and from nothing that it says."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.security.conftest import CABINET, NOON, PLANTED
from tests.support.events import measurement, status
from tests.support.service import ServiceProcess, request

PUSH = PLANTED["TEST_PUSH_TOKEN"]
CLAIMED = [
    "derived:voorbeeldstad:watch", "ocpp16:voorbeeldstad:palen", "mqtt:voorbeeldstad:broker",
    "http:voorbeeldstad:webhook", "http:voorbeeldstad", "http:elderstad:other",
]  # fmt: skip
FORMS = ["one", "array", "lines", "structured", "batched", "binary"]
CLOUD = {"specversion": "1.0", "id": "1", "source": "/verzonnen", "type": "shok"}


def saying(event: bytes, **fields: str) -> bytes:
    return json.dumps({**json.loads(event), **fields}).encode()


def sent(service: ServiceProcess, body: bytes, **headers: str) -> list[dict[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"Content-Type": "application/json", "Authorization": f"Bearer {PUSH}", **named}
    answered, _, said = request(f"{service.url}/ingest", method="POST", headers=named, body=body)
    assert answered == 200, said
    results: list[dict[str, Any]] = json.loads(said)["results"]
    return results


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", range(len(CLAIMED)))
def test_a_sender_may_name_only_its_own_source(
    service: ServiceProcess, form: str, number: int
) -> None:
    """In every form of a body; what stands beside it is published."""
    claimed = CLAIMED[number]
    at = NOON + timedelta(hours=1 + FORMS.index(form), minutes=number)
    good = saying(status(CABINET, at), source="http:voorbeeldstad:push")
    bad = saying(status(CABINET, at + timedelta(seconds=1)), source=claimed)
    last = status(CABINET, at + timedelta(seconds=2))
    match form:
        case "one":
            results = [result for body in (good, bad, last) for result in sent(service, body)]
        case "array":
            results = sent(service, b"[" + b",".join((good, bad, last)) + b"]")
        case "lines":
            body = b"\n".join((good, bad, last))
            results = sent(service, body, Content_Type="application/x-ndjson")
        case "binary":
            headers = {f"ce-{name}": value for name, value in CLOUD.items()}
            results = [r for body in (good, bad, last) for r in sent(service, body, **headers)]
        case _:
            wrapped = [{**CLOUD, "data": json.loads(body)} for body in (good, bad, last)]
            kind = "application/cloudevents+json"
            if form == "batched":
                kind = "application/cloudevents-batch+json"
                results = sent(service, json.dumps(wrapped).encode(), Content_Type=kind)
            else:
                bodies = [json.dumps(each).encode() for each in wrapped]
                results = [r for body in bodies for r in sent(service, body, Content_Type=kind)]
    assert [result["outcome"] for result in results] == ["published", "rejected", "published"]
    reason = results[1]["reason"]
    assert reason.startswith(f"source: {claimed} is not of tenant" if "elderstad" in claimed else (
        f"source: {claimed} is not http:voorbeeldstad:push"
    ))  # fmt: skip
    assert "leave it out" in reason
    assert results[1]["members"] == []


def test_what_a_sender_says_of_raw_bytes_and_of_the_receipt_is_dropped_and_named(
    service: ServiceProcess,
) -> None:
    at = NOON + timedelta(days=2)
    event = saying(status(CABINET, at), raw="sha256:" + "0" * 64)
    both = saying(status(CABINET, at), raw="sha256:" + "0" * 64, receivedAt="2026-05-12T12:00:00Z")
    unknown = saying(status("VBS-404", at), raw="sha256:" + "0" * 64)
    published, duplicate, held_back, plain = sent(
        service, b"[" + b",".join((event, both, unknown, status(CABINET, at, "2"))) + b"]"
    )
    assert published["outcome"] == "published"
    assert [text.partition(":")[0] for text in published["unused"]] == ["raw"]
    assert duplicate["outcome"] == "duplicate"
    assert [text.partition(":")[0] for text in duplicate["unused"]] == ["raw", "receivedAt"]
    assert held_back["outcome"] == "quarantined"
    assert held_back["unused"] == published["unused"]
    assert "unused" not in plain


def test_a_key_that_a_sender_gives_is_told_as_it_was_given(service: ServiceProcess) -> None:
    """It counts within its source, and what it names is not what the service named so."""
    at = NOON + timedelta(days=3)
    (first,) = sent(service, measurement(CABINET, at))
    claimed = saying(measurement(CABINET, at + timedelta(minutes=1)), key=first["key"])
    (result,) = sent(service, claimed)
    assert (result["outcome"], result["key"]) == ("published", first["key"])
    entities = {iri.rpartition("/")[0] for iri in first["members"]}
    assert entities.isdisjoint(iri.rpartition("/")[0] for iri in result["members"])
    (again,) = sent(service, claimed)
    assert (again["outcome"], again["key"]) == ("duplicate", first["key"])
