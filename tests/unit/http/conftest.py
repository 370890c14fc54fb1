"""A service in this process, with a stream that needs a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ldes_shok.clock import ManualClock
from tests.support.local_service import LocalService, local_service
from tests.support.vertical import NOON, configuration, measurement, reading, status

OVERRIDES = {"streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}}}
AT = "2026-05-12T11:45:00Z"
EVENTS = (
    configuration().replace(b"Kast Verzonnen Plein", "Kast \u2028 <b>“é”</b> ".encode()),
    status(AT, axes={"occupancy": "free", "power": "on"}),
    measurement(
        AT, [reading("current", "11.4", "A"), reading("energy.import.register", "1", "Wh")]
    ),
)


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    with local_service(tmp_path_factory.mktemp("service"), ManualClock(NOON), OVERRIDES) as opened:
        outcomes = opened.push(EVENTS)
        assert [outcome.kind.value for outcome in outcomes] == ["published"] * 3
        yield opened
