"""Who may write, and who may read what is not for everybody."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping

import pytest

from tests.security.conftest import CABINET, NOON, OTHER_TENANT, PLANTED
from tests.support.events import configuration, status
from tests.support.service import ServiceProcess, push, request

pytestmark = pytest.mark.integration

PUSH = PLANTED["TEST_PUSH_TOKEN"]
OTHER = PLANTED["TEST_OTHER_TOKEN"]
READ = PLANTED["TEST_STREAM_TOKEN"]
EVENT = status(CABINET, NOON, occupancy="reserved")


def basic(credentials: str | bytes) -> str:
    coded = credentials.encode() if isinstance(credentials, str) else credentials
    return f"Basic {b64encode(coded).decode()}"


WRONG = (
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    f"Bearer {PUSH[:-1]}",
    f"Bearer {PUSH}x",
    f"Bearer {PUSH.upper()}",
    f"Bearer {PUSH} {PUSH}",
    f"Bearer {PUSH},{PUSH}",
    f"Bearer {READ}",
    f"Basic {PUSH}",
    f"Token {PUSH}",
    PUSH,
    f"Bearer {'x' * 7_000}",
    "Bearer \xe9\xff",
    "Basic",
    "Basic ",
    f"Basic shok:{PUSH}",
    basic(""),
    basic(":"),
    basic(PUSH),
    basic(f"{PUSH}:"),
    basic(f"{PUSH}:wrong"),
    basic(f"shok:{PUSH[:-1]}"),
    basic(f"shok:{PUSH}:"),
    basic(f"shok:{PUSH}\n"),
    basic(f"shok:{READ}"),
    basic(b"\xff\xfe:" + PUSH.encode()),
    basic(b"shok:\xff"),
)
USERS = ("", "shok", "a user", "\u00e9\u20ac", "x" * 1_000)


def asked(
    service: ServiceProcess, path: str, authorization: str | None, body: bytes | None = None
) -> tuple[int, Mapping[str, str], bytes]:
    headers = {} if authorization is None else {"Authorization": authorization}
    if body is None:
        return request(f"{service.url}{path}", headers=headers)
    headers["Content-Type"] = "application/json"
    return request(f"{service.url}{path}", method="POST", headers=headers, body=body)


@pytest.mark.parametrize("authorization", WRONG)
def test_only_the_token_of_a_source_may_push(
    service: ServiceProcess, authorization: str | None
) -> None:
    """401 that names the scheme, and says nothing of what was sent or expected."""
    answered, headers, body = asked(service, "/ingest", authorization, EVENT)

    assert answered == 401
    scheme = (authorization or "").strip().lower().partition(" ")[0]
    challenge = headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="ldes-shok"')
    assert challenge.endswith(', Basic realm="ldes-shok", charset="UTF-8"')
    if scheme == "bearer" or scheme not in {"bearer", "basic"}:
        assert ('error="invalid_token"' in challenge) == (scheme == "bearer")
    assert headers["cache-control"] == "no-store"
    assert not [secret for secret in PLANTED.values() if secret in body.decode()]


@pytest.mark.parametrize("authorization", [*WRONG[:5], f"Bearer {PUSH}", f"Basic {READ}", READ])
@pytest.mark.parametrize(
    "path", ["/techniek", "/techniek/by-time", "/techniek/by-time/2026", "/techniek?format=nq"]
)
def test_only_its_own_token_opens_a_stream(
    service: ServiceProcess, path: str, authorization: str | None
) -> None:
    answered, headers, _ = asked(service, path, authorization)
    assert answered == 401
    assert headers["www-authenticate"].startswith("Bearer")
    assert "Basic" in headers["www-authenticate"]
    assert asked(service, "/techniek", f"Bearer {READ}")[0] == 200


@pytest.mark.parametrize("user", USERS)
def test_a_token_is_a_password_too(service: ServiceProcess, user: str) -> None:
    """RFC 7617, for tools that know no Bearer: of any user, to read and to push."""
    for path in ("/techniek", "/techniek/by-time?format=nq"):
        answered, headers, body = asked(service, path, basic(f"{user}:{READ}"))
        assert answered == 200
        assert headers["cache-control"].startswith("private")
        assert READ.encode() not in body
    for path in ("/ingest", "/ingest/push"):
        answered, _, body = asked(service, path, basic(f"{user}:{PUSH}"), EVENT)
        assert (answered, json.loads(body)["received"]) == (200, 1)
        assert asked(service, path, basic(f"{user}:{READ}"), EVENT)[0] == 401


def test_what_is_behind_a_token_is_cached_for_nobody_else(service: ServiceProcess) -> None:
    _, headers, _ = asked(service, "/techniek/by-time", f"Bearer {READ}")
    assert headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    "path",
    [
        f"/ingest?token={PUSH}", f"/ingest?access_token={PUSH}", f"/ingest?{PUSH}",
        f"/techniek?access_token={READ}", f"/techniek/by-time?token={READ}", f"/techniek?{READ}",
    ],
)  # fmt: skip
def test_a_token_in_an_address_opens_nothing(service: ServiceProcess, path: str) -> None:
    """Addresses end up in logs of proxies and in histories; ours are searched elsewhere."""
    answered, _, said = asked(service, path, None, EVENT if path.startswith("/ingest") else None)
    assert answered == 400
    assert b"=planted" not in said
    assert b'"/ingest"' in said or b'"/techniek' in said, "the instance is the path alone"
    if path.startswith("/ingest"):
        assert asked(service, path, f"Bearer {PUSH}", EVENT)[0] == 400
    else:
        assert asked(service, path, f"Bearer {READ}")[0] == 400


def test_a_token_writes_for_its_own_tenant_only(service: ServiceProcess) -> None:
    """Another city's cabinet of the same name is another cabinet; a claimed source is refused."""
    claimed = EVENT.replace(b'"clock"', b'"source": "http:voorbeeldstad:push", "clock"')
    _, _, body = push(service.url, [claimed], token=OTHER)
    (result,) = json.loads(body)["results"]
    assert (result["outcome"], result["members"]) == ("rejected", [])

    _, _, body = push(service.url, [configuration(CABINET, NOON)], token=OTHER)
    (result,) = json.loads(body)["results"]
    assert result["outcome"] == "published"
    assert all(f"/{OTHER_TENANT}/" in iri for iri in result["members"])


@pytest.mark.parametrize("form", ["ttl", "nq", "jsonld", "html"])
def test_an_entity_of_a_closed_stream_stays_closed(service: ServiceProcess, form: str) -> None:
    """Its address says no more than that a token is needed, in whatever form it is asked."""
    cabinet = f"VBS-{form}"
    _, _, body = push(service.url, [configuration(cabinet, NOON)], token=PUSH)
    (result,) = json.loads(body)["results"]
    meters = [iri for iri in result["members"] if "/id/meter/" in iri]
    assert len(meters) == 3
    for iri in (*meters, *(iri.rpartition("/")[0] for iri in meters)):
        answered, _, said = request(f"{iri}?format={form}")
        assert answered == 401
        assert b"MTR" not in said
        readable, _, _ = request(iri, headers={"Authorization": f"Bearer {READ}"})
        assert readable in {200, 303}
