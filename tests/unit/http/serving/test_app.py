"""The routes over a small log: every document in every form, and every error as a problem."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyoxigraph import RdfFormat

from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable, Overloaded, ShuttingDown, ValidationUnavailable
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.records import MemberRow
from ldes_shok.rdf.context import load_context
from ldes_shok.representation.media import Format
from tests.support.local_service import LocalService, local_service
from tests.support.rdf import read, read_jsonld
from tests.support.service import PUSH_TOKEN, STREAM_TOKEN, request
from tests.support.vertical import NOON, configuration
from tests.unit.http.conftest import EVENTS

TOKEN = {"Authorization": f"Bearer {STREAM_TOKEN}"}
PUSH = {"Authorization": f"Bearer {PUSH_TOKEN}", "Content-Type": "application/json"}
READERS = {
    Format.TURTLE: RdfFormat.TURTLE,
    Format.TRIG: RdfFormat.TRIG,
    Format.NTRIPLES: RdfFormat.N_TRIPLES,
    Format.NQUADS: RdfFormat.N_QUADS,
}


def _get(
    service: LocalService, path: str, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    return request(f"{service.url}{path}", headers=headers)


def _problem(answer: tuple[int, Mapping[str, str], bytes]) -> dict[str, Any]:
    status, headers, body = answer
    assert headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = msgspec.json.decode(body)
    assert document["status"] == status
    assert document["detail"]
    return document


def _member(service: LocalService, stream: str, kind: str) -> MemberRow:
    count = service.core.reader.stream(stream).members
    rows = service.core.reader.rows(stream, FIRST_POSITION, count)
    return next(row for row in rows if row.summary.kind == kind)


def _path(service: LocalService, iri: str) -> str:
    return iri.removeprefix(service.url)


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/kasten",
        "/kasten/by-time",
        "/kasten/by-time/2026",
        "/kasten/by-time/2026/05/12/p1",
        "/verbruik-individueel/by-time/2026/05/12/p1",
        "/shapes/kasten",
        "/id/concept/kasttype/marktkast",
        "/id/conceptscheme/kasttype",
    ],
)
def test_every_document_in_every_form(service: LocalService, path: str, format_: Format) -> None:
    status, headers, body = _get(service, f"{path}?format={format_.value}")
    assert status == 200
    assert headers["etag"]
    if format_ in READERS:
        assert read(body, READERS[format_], service.url + path)
    elif format_ is Format.JSONLD:
        context = {f"{service.url}/context.jsonld": load_context().document}
        assert read_jsonld(body, context, service.url + path)
    else:
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert body.startswith((b"<!doctype html>", b"<!DOCTYPE html>"))


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("kind", ["Kast", "Stopcontact", "Organisatie"])
def test_a_member_is_a_document_whatever_its_label_holds(
    service: LocalService, kind: str, format_: Format
) -> None:
    row = _member(service, "kasten", kind)
    status, headers, body = _get(service, f"{_path(service, row.iri)}?format={format_.value}")
    assert status == 200
    if format_ in READERS:
        assert read(body, READERS[format_])
    # A version never changes; the page around it, with its list of versions, does.
    assert ("immutable" in headers["cache-control"]) == (format_ is not Format.HTML)
    if format_ is Format.HTML:
        assert b"<b>" not in body


def test_an_entity_leads_to_its_latest_version(service: LocalService) -> None:
    row = _member(service, "kasten", "Stopcontact")
    path = _path(service, row.entity)
    status, headers, _ = _get(service, f"{path}?format=nt")
    assert status == 303
    assert headers["cache-control"] == "public, max-age=5"
    status, _, body = request(headers["location"])
    assert status == 200
    assert b"beschikbaarheidsstatus/vrij" in body


def test_whoever_may_read_more_is_led_further_and_nobody_caches_that_for_others(
    service: LocalService,
) -> None:
    path = _path(service, _member(service, "techniek", "Stopcontact").entity)
    _, public, _ = _get(service, path)
    status, private, _ = _get(service, path, TOKEN)
    assert status == 303
    assert private["location"] != public["location"]
    assert private["cache-control"] == "private, max-age=5"
    assert request(private["location"])[0] == 401
    assert request(private["location"], headers=TOKEN)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/techniek",
        "/techniek/by-time",
        "/techniek/by-time/2026/05/12/p1",
        "/techniek/by-time/nonsense",
    ],
)
def test_a_restricted_stream_needs_its_token(service: LocalService, path: str) -> None:
    answer = _get(service, path)
    assert _problem(answer)["status"] == 401
    assert answer[1]["www-authenticate"].startswith("Bearer")
    status, headers, _ = _get(service, path, TOKEN)
    assert status == (404 if "nonsense" in path else 200)
    assert "public" not in headers["cache-control"]


def test_a_restricted_thing_needs_the_token_too(service: LocalService) -> None:
    meter = _member(service, "techniek", "Meter")
    for iri in (meter.entity, meter.iri):
        assert _problem(_get(service, _path(service, iri)))["status"] == 401
    assert _get(service, _path(service, meter.iri), TOKEN)[0] == 200
    assert _get(service, _path(service, meter.entity), TOKEN)[0] == 303


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/nothing/by-time",
        "/kasten/by-name",
        "/kasten/by-time/2025",
        "/kasten/by-time/2026/13",
        "/kasten/by-time/2026/05/12/p2",
        "/kasten/by-time/9999/12/31",
        "/kasten/by-time/2026/",
        "/kasten/by-time//2026",
        "/kasten/by-time/%32026",
        "/shapes/nothing",
        "/id/kast/voorbeeldstad/VBS-404",
        "/id/kast/voorbeeldstad/VBS%2D001",
        "/id/concept/kasttype/nothing",
        "/static/nothing.css",
    ],
)
def test_what_is_not_there(service: LocalService, path: str) -> None:
    assert _problem(_get(service, path))["status"] == 404


@pytest.mark.parametrize("path", ["/", "/kasten", "/kasten/by-time", "/shapes/kasten", "/id/x"])
def test_an_unknown_parameter_is_said(service: LocalService, path: str) -> None:
    assert "page" in _problem(_get(service, f"{path}?page=2"))["detail"]


def test_what_a_client_has_is_not_sent_again(service: LocalService) -> None:
    path = "/kasten/by-time"
    for coding in ("gzip", "br", "identity"):
        _, headers, _ = _get(service, path, {"Accept-Encoding": coding})
        again = {"Accept-Encoding": coding, "If-None-Match": headers["etag"]}
        status, repeated, body = _get(service, path, again)
        assert (status, body) == (304, b"")
        assert repeated["etag"] == headers["etag"]


def test_fixed_documents(service: LocalService) -> None:
    for path, media_type in (
        ("/context.jsonld", "application/ld+json"),
        ("/openapi.json", "application/json"),
        ("/static/ldes-shok.css", "text/css; charset=utf-8"),
    ):
        status, headers, body = _get(service, path)
        assert (status, headers["content-type"]) == (200, media_type)
        assert body


def test_health_and_metrics(service: LocalService) -> None:
    for path in ("/health/live", "/health/ready"):
        status, headers, _ = _get(service, path)
        assert (status, headers["cache-control"]) == (200, "no-store")
    _, _, text = _get(service, "/metrics")
    assert b'ldes_shok_log_events{outcome="published",source="http:voorbeeldstad:push"} 3.0' in text
    assert b'ldes_shok_log_events{outcome="received",source="http:voorbeeldstad:push"} 3.0' in text


def test_what_a_sender_names_as_its_source_is_in_no_metric(tmp_path: Path) -> None:
    event = {**msgspec.json.decode(configuration()), "source": "http:voorbeeldstad:jan-peeters"}
    with local_service(tmp_path, ManualClock(NOON)) as own:
        (outcome,) = own.push([msgspec.json.encode(event)])
        assert outcome.kind.value == "rejected"
        _, _, text = _get(own, "/metrics")
    assert b"jan-peeters" not in text


def test_a_service_that_cannot_write_is_not_ready(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.ingest, "_last_error", "the disk is full")
    monkeypatch.setattr(type(service.ingest), "is_full", True)
    status, _, body = _get(service, "/health/ready")
    assert status == 503
    assert msgspec.json.decode(body)["problems"] == ["the disk is full", "the queue is full"]


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/kasten", "/ingest", "/kasten/by-time/2026"])
def test_methods_that_do_nothing(service: LocalService, path: str, method: str) -> None:
    answer = request(f"{service.url}{path}", method=method)
    assert _problem(answer)["status"] == 405
    assert answer[1]["allow"]


def test_any_origin_may_ask_and_read(service: LocalService) -> None:
    status, headers, _ = request(f"{service.url}/kasten", method="OPTIONS")
    assert status == 204
    assert "Authorization" in headers["access-control-allow-headers"]
    for path in ("/kasten", "/nothing"):
        _, headers, _ = _get(service, path)
        assert headers["access-control-allow-origin"] == "*"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["server"] == "ldes-shok"


# --------------------------------------------------------------------------------------- ingest


def _post(
    service: LocalService, body: bytes, headers: Mapping[str, str] = PUSH
) -> tuple[int, Mapping[str, str], bytes]:
    return request(f"{service.url}/ingest", method="POST", headers=headers, body=body)


def test_every_event_gets_its_result(service: LocalService) -> None:
    status, _, body = _post(service, b"[%b,%b,{}]" % (EVENTS[1], EVENTS[1]))
    answer = msgspec.json.decode(body)
    assert status == 200
    counts = [answer[name] for name in ("received", "duplicate", "rejected", "members")]
    assert counts == [3, 2, 1, 0]
    assert [result["index"] for result in answer["results"]] == [0, 1, 2]
    assert answer["results"][2]["reason"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"[]", 401),
        ({**PUSH, "Authorization": "Bearer wrong"}, b"[]", 401),
        ({**PUSH, "Authorization": f"Basic {PUSH_TOKEN}"}, b"[]", 401),
        ({**PUSH, "Content-Type": "text/csv"}, b"a,b", 415),
        (PUSH, b"not JSON", 400),
        (PUSH, b"", 400),
        (PUSH, b"[" + b"1," * 20_000 + b"1]", 413),
        (PUSH, b" " * 60_000_000, 413),
    ],
)
def test_a_body_that_cannot_be_taken(
    service: LocalService, headers: Mapping[str, str], body: bytes, status: int
) -> None:
    assert _problem(_post(service, body, headers))["status"] == status


@pytest.mark.parametrize(
    ("failure", "status", "retry_after"),
    [
        (Overloaded(9), 429, "9"),
        (ShuttingDown("stopping"), 503, "2"),
        (LogUnavailable("the disk is full"), 503, "2"),
        (ValidationUnavailable("pyshacl's process is not there"), 503, "2"),
        (ZeroDivisionError("a secret detail"), 500, None),
    ],
)
def test_a_batch_that_was_not_taken(
    service: LocalService,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    status: int,
    retry_after: str | None,
) -> None:
    async def refuse(_: object) -> None:
        await asyncio.sleep(0)
        raise failure

    monkeypatch.setattr(service.ingest, "submit", refuse)
    answer = _post(service, b"[%b]" % EVENTS[1])
    problem = _problem(answer)
    assert problem["status"] == status
    assert answer[1].get("retry-after") == retry_after
    assert "secret detail" not in problem["detail"]
