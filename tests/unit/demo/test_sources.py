"""The sources of the demo's devices are such as a file may hold."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from ldes_shok.demo.devices.places import Dialect
from ldes_shok.demo.sources import Ports, device_secrets, with_devices
from ldes_shok.settings import check
from ldes_shok.settings.model import Settings
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16Source

START = datetime(2026, 5, 11, 6, tzinfo=UTC)


@pytest.mark.parametrize("mqtt", [None, 4003])
def test_they_pass_the_check_of_the_settings(settings: Settings, mqtt: int | None) -> None:
    found = with_devices(settings, START, Ports(4001, 4002, mqtt))
    assert list(check.problems(found)) == []
    names = {source.name for source in found.sources}
    missing = {dialect.value for dialect in Dialect} - names
    assert missing == (set() if mqtt else {Dialect.MQTT.value})


def test_stations_need_the_process_that_writes(settings: Settings) -> None:
    http = msgspec.structs.replace(settings.http, workers=2)
    found = with_devices(msgspec.structs.replace(settings, http=http), START, Ports(4001, 4002))
    assert not any(isinstance(source, Ocpp16Source) for source in found.sources)


def test_each_device_has_a_secret_of_its_own() -> None:
    secrets = device_secrets()
    assert len(set(secrets.values())) == len(secrets) == 4
