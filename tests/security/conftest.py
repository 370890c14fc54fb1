"""One service for all of this, with secrets of every kind, that says all it ever says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.support.events import configuration, measurement, status
from tests.support.ports import free_port
from tests.support.service import (
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    settings_tree,
)

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
CABINET: Final = "VBS-001"
OTHER_TENANT: Final = "elderstad"
PLANTED: Final = {
    "TEST_IDENTITY_SECRET": "planted-identity-4f1d9c",
    "TEST_PUSH_TOKEN": "planted-push-8a6b02",
    "TEST_OTHER_TOKEN": "planted-other-push-77c1e5",
    "TEST_STREAM_TOKEN": "planted-stream-d03f11",
    "TEST_MQTT_PASSWORD": "planted-mqtt-5e2a90",
    "TEST_WEBHOOK_SECRET": "planted-webhook-902c4e",
    "TEST_POLL_SECRET": "planted-poll-6d7f35",
    "TEST_STORE_PASSWORD": "planted-store-b81c44",
}


def settings() -> Tree:
    """Two cities, a broker and a vendor that are not there, a stream with a token, all logs."""
    city = settings_tree(1, Path("unused"))["tenants"]
    assert isinstance(city, Mapping)
    return {
        "tenants": {OTHER_TENANT: city[TENANT]},
        "logging": {"format": "json", "level": "debug"},
        # Wrong tokens are tried in most tests here; who tries too many stands in tests/unit/http.
        "access": {"wrong_tokens_per_minute": 10_000},
        "streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}},
        "sources": [
            {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
            {
                "name": "other",
                "type": "http",
                "tenant": OTHER_TENANT,
                "token_env": "TEST_OTHER_TOKEN",
            },
            {
                "name": "broker",
                "type": "mqtt",
                "tenant": TENANT,
                "topics": ["kasten/#"],
                "client_id": "planted",
                "port": free_port(),
                "username": "shok",
                "password_env": "TEST_MQTT_PASSWORD",
            },
            {
                "name": "webhook",
                "type": "http",
                "tenant": TENANT,
                "signature": {"header": "X-Signature", "secret_env": "TEST_WEBHOOK_SECRET"},
            },
            {
                "name": "vendor",
                "type": "poll",
                "tenant": TENANT,
                "url": f"http://127.0.0.1:{free_port()}/events",
                "every_seconds": 1,
                "auth": {"type": "basic", "username": "shok", "secret_env": "TEST_POLL_SECRET"},
            },
        ],
    }


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that no test here may disturb."""
    with filled(tmp_path_factory.mktemp("security"), settings()) as running:
        yield running


@contextmanager
def filled(directory: Path, overrides: Tree) -> Iterator[ServiceProcess]:
    """A running service that knows the cabinet, and something of it."""
    running = ServiceProcess(directory, overrides=overrides, environment=PLANTED)
    running.start()
    try:
        events = [
            configuration(CABINET, NOON),
            status(CABINET, NOON),
            measurement(CABINET, NOON),
        ]
        assert push(running.url, events, token=PLANTED["TEST_PUSH_TOKEN"])[0] == 200
        yield running
    finally:
        running.kill()


@pytest.fixture(autouse=True)
def undisturbed(service: ServiceProcess) -> Iterator[None]:
    """After every test: it runs, it is ready, and it failed on nothing."""
    yield
    assert service.running
    assert request(f"{service.url}/health/ready")[0] == 200
    said = service.output()
    assert "Traceback" not in said
    assert '"request_failed"' not in said
    assert '"level": "error"' not in said
