"""Webhooks against the real service: signed bodies, CloudEvents, and both at once."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from ldes_shok.log.sqlite.reader import SqliteLogReader
from tests.support.events import configuration, status
from tests.support.keys import vault_beside
from tests.support.raw import exchange, status_of
from tests.support.service import (
    PUSH_TOKEN,
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)
from tests.support.telegram import telegram

pytestmark = pytest.mark.integration

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
SECRET = "webhook-secret-of-a-test"
METER_SECRET = "meter-secret-of-a-test"
BOTH_TOKEN = "token-beside-a-signature"
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
ENVIRONMENT = {
    "TEST_WEBHOOK_SECRET": SECRET,
    "TEST_METER_SECRET": METER_SECRET,
    "TEST_BOTH_TOKEN": BOTH_TOKEN,
}
SIGNATURE = {"header": "X-Signature", "prefix": "sha256=", "secret_env": "TEST_WEBHOOK_SECRET"}
HTTP = {"type": "http", "tenant": TENANT}
SOURCES: list[Tree] = [
    {**HTTP, "name": "push", "token_env": "TEST_PUSH_TOKEN"},
    {**HTTP, "name": "verkoper", "signature": {**SIGNATURE, "timestamp_header": "X-Time"}},
    {**HTTP, "name": "beide", "token_env": "TEST_BOTH_TOKEN", "signature": SIGNATURE},
    {
        **HTTP, "name": "meter", "decode": {"as": "p1", "cabinet": "VBS-001"},
        "signature": {
            "header": "X-Signature", "algorithm": "sha512", "secret_env": "TEST_METER_SECRET",
        },
    },
]  # fmt: skip

Answer = tuple[int, Mapping[str, str], bytes]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("webhooks")
    with running_service(
        folder, overrides={"sources": SOURCES}, environment=ENVIRONMENT
    ) as running:
        assert push(running.url, [configuration("VBS-001", NOON)])[0] == 200
        yield running


def _event(minute: int) -> bytes:
    return status("VBS-001", NOON + timedelta(minutes=minute))


def _signed(body: bytes, at: str = "", secret: str = SECRET) -> dict[str, str]:
    message = at.encode() + b"." + body if at else body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    said = {"X-Signature": f"sha256={digest}", "Content-Type": "application/json"}
    return {**said, "X-Time": at} if at else said


def _now(offset_seconds: int = 0) -> str:
    return str(int(datetime.now(UTC).timestamp()) + offset_seconds)


def _post(
    service: ServiceProcess, body: bytes, headers: Mapping[str, str], source: str = ""
) -> Answer:
    path = f"/ingest/{source}" if source else "/ingest"
    return request(f"{service.url}{path}", method="POST", headers=headers, body=body)


def _outcomes(answer: Answer) -> list[str]:
    assert answer[0] == 200, answer
    return [result["outcome"] for result in json.loads(answer[2])["results"]]


def test_a_signed_body_is_published_under_the_name_in_its_url(service: ServiceProcess) -> None:
    body = _event(1)
    assert _outcomes(_post(service, body, _signed(body, _now()), "verkoper")) == ["published"]
    # The same body again, inside the window: it is the same event.
    assert _outcomes(_post(service, body, _signed(body, _now()), "verkoper")) == ["duplicate"]
    coded = {**_signed(body, _now()), "Content-Encoding": "gzip"}
    assert _outcomes(_post(service, gzip.compress(body), coded, "verkoper")) == ["duplicate"]


def _bad_requests() -> Iterator[tuple[str, dict[str, str], str]]:
    body = _event(2)
    good = _signed(body, _now())
    yield "", good, "send Authorization: Bearer"
    yield "push", good, "send Authorization: Bearer"
    yield "nobody", good, "send Authorization: Bearer"
    yield "verkoper", {}, "header X-Signature: is missing"
    yield "verkoper", _signed(body), "header X-Time: does not say when"
    yield "verkoper", _signed(body, _now(-400)), "header X-Time: is more than 300 s"
    yield "verkoper", _signed(body, _now(400)), "header X-Time: is more than 300 s"
    yield "verkoper", {**good, "X-Time": _now(-1)}, "is not the signature of this body"
    yield "verkoper", _signed(body, _now(), "another"), "is not the signature of this body"
    yield "verkoper", _signed(_event(3), _now()), "is not the signature of this body"
    yield "beide", _signed(body), "send Authorization: Bearer"
    yield "beide", {"Authorization": f"Bearer {BOTH_TOKEN}"}, "header X-Signature: is missing"
    yield "", {"Authorization": f"Bearer {BOTH_TOKEN}"}, "header X-Signature: is missing"
    yield "beide", {**_signed(body), "Authorization": f"Bearer {PUSH_TOKEN}"}, "send Authorization"
    yield "verkoper", {**good, "Content-Type": "x/y", "X-Signature": "x"}, "is not the signature"


def test_a_signature_may_stand_in_a_line_of_its_own(service: ServiceProcess) -> None:
    """While a sender changes its secret it shows two; several lines are one list."""
    body = _event(2)
    lines = {
        **_signed(body, _now()),
        "Host": "x",
        "Connection": "close",
        "Content-Length": str(len(body)),
    }
    said = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    head = f"POST /ingest/verkoper HTTP/1.1\r\nX-Signature: sha256=00\r\n{said}\r\n"
    assert status_of(exchange(service.port, head.encode() + body)) == 200


@pytest.mark.parametrize("number", range(15))
def test_what_is_not_signed_as_agreed_is_not_read(service: ServiceProcess, number: int) -> None:
    source, headers, reason = list(_bad_requests())[number]
    answered, said, body = _post(service, _event(2), headers, source)
    assert answered == 401
    assert said["content-type"] == "application/problem+json"
    assert reason in json.loads(body)["detail"]
    scheme = "Bearer" if reason.startswith("send") else "Signature"
    is_wrong = scheme == "Bearer" and "Authorization" in headers
    why = ', error="invalid_token"' if is_wrong else ""
    basic = ', Basic realm="ldes-shok", charset="UTF-8"' if scheme == "Bearer" else ""
    assert said["www-authenticate"] == f'{scheme} realm="ldes-shok"{why}{basic}'
    assert SECRET not in body.decode()


def test_nothing_that_was_refused_is_kept(service: ServiceProcess) -> None:
    """Else the same event, from somebody who may send it, would be a duplicate."""
    assert _outcomes(push(service.url, [_event(2), _event(3)])) == ["published", "published"]


def test_a_token_beside_a_signature(service: ServiceProcess) -> None:
    body = _event(4)
    headers = {**_signed(body), "Authorization": f"Bearer {BOTH_TOKEN}"}
    assert _outcomes(_post(service, body, headers, "beide")) == ["published"]
    assert _outcomes(_post(service, body, headers)) == ["duplicate"]


def test_a_token_is_good_at_its_own_url_too(service: ServiceProcess) -> None:
    headers = {"Authorization": f"Bearer {PUSH_TOKEN}", "Content-Type": "application/json"}
    assert _outcomes(_post(service, _event(5), headers, "push")) == ["published"]
    assert _post(service, _event(5), headers, "meter")[0] == 401
    for method in ("GET", "PUT", "DELETE"):
        assert request(f"{service.url}/ingest/push", method=method, headers=headers)[0] == 405


def _envelope(event: bytes, **changes: object) -> bytes:
    told = {
        "specversion": "1.0", "id": "1", "source": "/x", "type": "t", "data": json.loads(event),
    }  # fmt: skip
    return json.dumps({**told, **changes}).encode()


def test_cloudevents_in_three_modes_are_the_same_event(service: ServiceProcess) -> None:
    bearer = {"Authorization": f"Bearer {PUSH_TOKEN}"}
    event = _event(6)
    one = _post(service, _envelope(event), {**bearer, "Content-Type": STRUCTURED})
    assert _outcomes(one) == ["published"]
    binary = {
        **bearer, "Content-Type": "application/json",
        "ce-specversion": "1.0", "ce-id": "another", "ce-source": "/y", "ce-type": "t",
    }  # fmt: skip
    assert _outcomes(_post(service, event, binary)) == ["duplicate"]
    batch = b"[%b,%b,%b]" % (_envelope(event), _envelope(event, id=""), _envelope(_event(7)))
    answer = _post(service, batch, {**bearer, "Content-Type": BATCHED})
    assert _outcomes(answer) == ["duplicate", "rejected", "published"]
    assert "id: must be text that is not empty" in answer[2].decode()
    counts = json.loads(answer[2])
    assert (counts["received"], counts["rejected"]) == (3, 1)


def test_two_facts_under_one_cloudevent_id_are_both_published(service: ServiceProcess) -> None:
    headers = {"Authorization": f"Bearer {PUSH_TOKEN}", "Content-Type": BATCHED}
    batch = b"[%b,%b]" % (_envelope(_event(8)), _envelope(_event(9)))
    assert _outcomes(_post(service, batch, headers)) == ["published", "published"]


def test_a_signed_cloudevent_for_a_decoder(service: ServiceProcess) -> None:
    text = telegram("VBS-001-MTR-HEAD", datetime(2026, 5, 12, 14, 15))  # noqa: DTZ001  local
    body = _envelope(b"0", data=text.decode(), datacontenttype="text/plain")
    digest = hmac.new(METER_SECRET.encode(), body, hashlib.sha512).hexdigest()
    headers = {"X-Signature": digest, "Content-Type": STRUCTURED}
    assert _outcomes(_post(service, body, headers, "meter")) == ["published"]
    reader = SqliteLogReader(service.log_path, service.url)
    ((_, raw),) = reader.raws(f"http:{TENANT}:meter", 10)
    reader.close()
    assert vault_beside(service.log_path).unseal(raw.digest, raw.body).payload == text
    wrong = _envelope(b"0", id="")
    digest = hmac.new(METER_SECRET.encode(), wrong, hashlib.sha512).hexdigest()
    answered, _, problem = _post(service, wrong, {**headers, "X-Signature": digest}, "meter")
    assert answered == 400
    assert "CloudEvent 0: id" in problem.decode()
