"""A head meter behind a bridge: a telegram of its P1 port (DSMR 5.0.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ldes_shok.demo.devices.load import Load
from ldes_shok.sources.dialects.p1.telegram import crc16

_ZONE: Final = ZoneInfo("Europe/Brussels")


def telegram(load: Load, at: datetime) -> bytes:
    """Return what the meter sends at `at`, with its checksum."""
    local = at.astimezone(_ZONE)
    season = "S" if local.dst() else "W"
    wh, watts = load.register_wh(at), load.watts(at)
    volts, amperes = load.decivolts(at), load.milliamperes(at) // 10
    lines = (
        "0-0:96.1.4(50217)",
        f"0-0:96.1.1({load.meter.encode().hex().upper()})",
        f"0-0:1.0.0({local:%y%m%d%H%M%S}{season})",
        f"1-0:1.8.1({wh // 1000:06d}.{wh % 1000:03d}*kWh)",
        "1-0:1.8.2(000000.000*kWh)",
        "1-0:2.8.1(000000.000*kWh)",
        "1-0:2.8.2(000000.000*kWh)",
        f"1-0:1.7.0({watts // 1000:02d}.{watts % 1000:03d}*kW)",
        "1-0:2.7.0(00.000*kW)",
        f"1-0:32.7.0({volts // 10:03d}.{volts % 10}*V)",
        f"1-0:31.7.0({amperes // 100:03d}.{amperes % 100:02d}*A)",
    )
    body = "\r\n".join(("/VRZ5\\000000000_A", "", *lines, "!")).encode()
    return body + f"{crc16(body):04X}\r\n".encode()
