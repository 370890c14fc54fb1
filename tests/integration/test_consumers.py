"""Consumers of restricted streams on the running service, alone and with several processes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.events import configuration
from tests.support.raw import head_of, status_of
from tests.support.raw_http import RawConnection
from tests.support.service import (
    STREAM_TOKEN,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)

pytestmark = pytest.mark.integration

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
ISSUER, AUDIENCE = "https://idp.voorbeeldstad.example", "https://ldes.voorbeeldstad.example"
ROOT: Final = "/techniek/by-time"
KEY = ec.generate_private_key(ec.SECP256R1())
RATE: Final = 5


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _jwt(scope: str = "techniek", name: str = "platform") -> str:
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "exp": 4_000_000_000, "client_id": name, "scope": scope,
    }  # fmt: skip
    return jwt.encode(claims, KEY, "ES256")


def _settings(folder: Path, workers: int) -> Tree:
    tokens = {"dienst": "token-of-the-service", "traag": "token-of-the-slow", "oud": "an-old-token"}
    for name, token in tokens.items():
        (folder / name).write_text(token)
        (folder / name).chmod(0o600)
    public = jwt.get_algorithm_by_name("ES256").to_jwk(KEY.public_key(), as_dict=True)
    (folder / "jwks.json").write_text(json.dumps({"keys": [public]}))
    consumer: dict[str, Tree] = {
        name: {"name": name, "streams": ["techniek"], "token_file": str(folder / name)}
        for name in tokens
    }
    return {
        "http": {"workers": workers},
        "access": {
            "audit_file": str(folder / "audit.log"),
            "jwks_file": str(folder / "jwks.json"),
            "issuer": ISSUER,
            "audience": AUDIENCE,
        },
        "consumers": [
            consumer["dienst"],
            {**consumer["traag"], "requests_per_minute": RATE},
            {**consumer["oud"], "expires": "2026-01-01T00:00:00Z"},
        ],
        "streams": {
            "techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]},
            "verbruik-individueel": {"access": "token"},
        },
    }


@pytest.fixture(scope="module", params=[1, 2], ids=["one process", "readers beside the writer"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("consumers")
    with running_service(folder, overrides=_settings(folder, request.param)) as running:
        assert push(running.url, [configuration("VBS-001", NOON)])[0] == 200
        yield running


def _get(
    service: ServiceProcess, path: str, token: str | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    return request(f"{service.url}{path}", headers=_bearer(token) if token else {})


def _asked(connection: RawConnection, data: bytes) -> tuple[int, dict[str, str]]:
    connection.send(data)
    answer = connection.answer()
    return status_of(answer), dict(head_of(answer))


def _audit(service: ServiceProcess) -> list[dict[str, str | int]]:
    file = service.log_path.parent / "audit.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.mark.parametrize("token", ["token-of-the-service", STREAM_TOKEN, _jwt()])
def test_every_kind_of_token_reads_its_stream_and_that_is_on_record(
    service: ServiceProcess, token: str
) -> None:
    before = len(_audit(service))
    status, headers, _ = _get(service, ROOT, token)
    assert (status, headers["cache-control"]) == (200, "private, max-age=5")
    (line,) = _audit(service)[before:]
    assert (line["event"], line["stream"], line["path"], line["status"]) == (
        "read", "techniek", ROOT, 200,
    )  # fmt: skip
    assert line["consumer"] in {"dienst", "token:1", "jwt:platform"}
    everything = (service.log_path.parent / "audit.log").read_text() + service.output()
    assert token not in everything


def test_a_thing_behind_a_token_is_on_record_too(service: ServiceProcess) -> None:
    _, _, body = push(service.url, [configuration("VBS-002", NOON)])
    (result,) = json.loads(body)["results"]
    meter = next(iri for iri in result["members"] if "/id/meter/" in iri)
    path = meter.removeprefix(service.url)
    before = len(_audit(service))
    assert _get(service, path, "token-of-the-service")[0] == 200
    (line,) = _audit(service)[before:]
    assert (line["consumer"], line["stream"], line["path"]) == ("dienst", "techniek", path)


def test_what_is_wrong_with_a_token_is_said_by_the_standard_s_words(
    service: ServiceProcess,
) -> None:
    """RFC 6750, 3.1: nothing without a token, invalid_token, insufficient_scope."""
    challenges = {
        token: (status, headers["www-authenticate"])
        for token in (None, "wrong", "an-old-token", _jwt() + "x")
        for status, headers, _ in [_get(service, ROOT, token)]
    }
    basic = 'Basic realm="ldes-shok", charset="UTF-8"'
    assert challenges[None] == (401, f'Bearer realm="ldes-shok", {basic}')
    for token in ("wrong", "an-old-token", _jwt() + "x"):
        if token in challenges:
            status, challenge = challenges[token]
            assert status == 401
            assert challenge.startswith('Bearer realm="ldes-shok", error="invalid_token", ')
    assert "expired" in challenges["an-old-token"][1]
    for token in ("token-of-the-service", STREAM_TOKEN, _jwt("openid")):
        status, headers, _ = _get(service, "/verbruik-individueel/by-time", token)
        assert status == 403
        assert headers["www-authenticate"] == (
            'Bearer realm="ldes-shok", error="insufficient_scope", scope="verbruik-individueel"'
        )
        assert headers["cache-control"] == "no-store"


def test_open_pages_are_nobody_s_business(service: ServiceProcess) -> None:
    before = len(_audit(service))
    for token in (None, "token-of-the-service", "wrong"):
        status, headers, _ = _get(service, "/kasten/by-time", token)
        assert (status, headers["cache-control"]) == (200, "public, max-age=5")
    assert len(_audit(service)) == before


def test_nothing_restricted_is_answered_from_what_was_seen_before(
    service: ServiceProcess,
) -> None:
    """On one connection, byte for byte the same but for the token."""
    before = len(_audit(service))
    host = f"Host: 127.0.0.1:{service.port}\r\n".encode()
    head = b"GET " + ROOT.encode() + b" HTTP/1.1\r\n" + host
    good = head + b"Authorization: Bearer token-of-the-service\r\n\r\n"
    with RawConnection.to(service.port) as connection:
        assert [_asked(connection, good)[0] for _ in range(3)] == [200] * 3
        assert _asked(connection, head + b"\r\n")[0] == 401
        assert _asked(connection, good.replace(b"token-of", b"token-0f"))[0] == 401
        assert _asked(connection, good)[0] == 200
    assert len(_audit(service)) == before + 4


def test_who_asks_too_much_waits_and_nobody_else(service: ServiceProcess) -> None:
    """Each process counts for itself: on one connection it is one process."""
    host = f"Host: 127.0.0.1:{service.port}\r\n".encode()
    asked = b"GET " + ROOT.encode() + b" HTTP/1.1\r\n" + host
    slow = asked + b"Authorization: Bearer token-of-the-slow\r\n\r\n"
    with RawConnection.to(service.port) as connection:
        answers = [_asked(connection, slow) for _ in range(2 * RATE)]
        assert [status for status, _ in answers[:RATE]] == [200] * RATE
        refused = [headers for status, headers in answers if status == 429]
        assert refused
        assert all(1 <= int(headers["retry-after"]) <= 60 // RATE for headers in refused)
        other = asked + b"Authorization: Bearer token-of-the-service\r\n\r\n"
        assert _asked(connection, other)[0] == 200
    assert {line["status"] for line in _audit(service) if line["consumer"] == "traag"} == {200}


def test_a_token_that_is_too_old_is_on_record(service: ServiceProcess) -> None:
    before = len(_audit(service))
    assert _get(service, ROOT, "an-old-token")[0] == 401
    (line,) = _audit(service)[before:]
    assert (line["consumer"], line["stream"], line["status"]) == ("oud", "techniek", 401)


def test_who_asks_too_often_for_what_is_not_theirs_waits_too(service: ServiceProcess) -> None:
    """Each 403 is a line in the audit, and no 429: or anybody with a token could fill it."""
    host = f"Host: 127.0.0.1:{service.port}\r\n".encode()
    asked = b"GET /verbruik-individueel/by-time HTTP/1.1\r\n" + host
    slow = asked + b"Authorization: Bearer token-of-the-slow\r\n\r\n"
    with RawConnection.to(service.port) as connection:
        before = len(_audit(service))
        statuses = [_asked(connection, slow)[0] for _ in range(2 * RATE)]
    assert set(statuses) <= {403, 429}
    assert 429 in statuses
    assert len(_audit(service)) == before + statuses.count(403)


def test_people_are_not_shown_what_they_may_not_read_and_machines_are_told(
    service: ServiceProcess,
) -> None:
    _, _, page = request(f"{service.url}/", headers={"Accept": "text/html"})
    assert b"/kasten" in page
    assert b"/techniek" not in page
    assert b"verbruik-individueel" not in page
    _, _, catalogue = request(f"{service.url}/?format=nt")
    right = "http://publications.europa.eu/resource/authority/access-right/RESTRICTED"
    rights = f"<{service.url}/techniek> <http://purl.org/dc/terms/accessRights> <{right}>"
    assert rights in catalogue.decode()


def test_without_its_record_nothing_restricted_is_read(service: ServiceProcess) -> None:
    file = service.log_path.parent / "audit.log"
    kept = file.with_suffix(".kept")
    file.rename(kept)
    file.mkdir()
    try:
        status, headers, _ = _get(service, ROOT, "token-of-the-service")
        assert status == 503
        assert "retry-after" in headers
        assert _get(service, "/kasten/by-time")[0] == 200
    finally:
        file.rmdir()
        kept.rename(file)
    assert _get(service, ROOT, "token-of-the-service")[0] == 200
