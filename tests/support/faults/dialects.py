"""The dialects: a sample as the bytes of a device. Shapes as the makers document them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

from ldes_shok.sources.dialects.p1.telegram import crc16
from tests.support.faults.scene import Dialect, Sample, Site

_ZONE: Final = "Europe/Brussels"
_TARIFF_2_WH: Final = "78900"

Sampled = Mapping[str, str]
"""A `sampledValue` of OCPP 1.6, 7.43."""


def instant(at: datetime) -> str:
    """ISO 8601, in UTC with Z, or without a zone."""
    return at.isoformat() if at.tzinfo is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain(value: str) -> str:
    """A value that stands in a text anyway."""
    return value.strip('"')


def _canonical(site: Site, sample: Sample) -> bytes:
    power = f'"value":"{plain(sample.watts)}","unit":"{sample.power_unit}"'
    readings = (
        f'"quantity":"energy.import.register","phase":"total","value":"{plain(sample.wh)}","unit":"Wh"',
        f'"quantity":"power.import","phase":"total",{power}',
        f'"quantity":"voltage","phase":"L1","value":"{plain(sample.volts)}","unit":"V"',
        f'"quantity":"current","phase":"L1","value":"{plain(sample.amperes)}","unit":"A"',
    )
    said = ",".join(f"{{{reading}}}" for reading in readings)
    return (
        f'{{"v":1,"kind":"measurement","cabinet":"{site.cabinet}","outlet":"{site.outlet}",'
        f'"observedAt":"{instant(sample.at)}","clock":"I",'
        f'"data":{{"meter":"{site.meter}","readings":[{said}]}}}}'
    ).encode()


def _gateway(site: Site, sample: Sample) -> bytes:
    unit = f'"unit":"{sample.power_unit}",' if sample.power_unit else ""
    return (
        f'{{"socket":"{site.outlet}","meter":"{site.meter}","ts":"{instant(sample.at)}",{unit}'
        f'"wh":{sample.wh},"p":{sample.watts},"v":{sample.volts},"i":{sample.amperes}}}'
    ).encode()


def _uplink(site: Site, sample: Sample) -> bytes:
    """The Things Stack v3; what is 0 is left out, as its encoder does."""
    values = {
        "energy_wh": sample.wh,
        "power": sample.watts,
        "voltage": sample.volts,
        "current": sample.amperes,
    }
    said = ",".join(f'"{name}":{value}' for name, value in values.items() if value != "0")
    return (
        f'{{"end_device_ids":{{"device_id":"{site.device}","dev_eui":"0004A30B001C0530"}},'
        f'"uplink_message":{{"session_key_id":"{sample.session}","f_cnt":{sample.number},'
        f'"received_at":"{instant(sample.at)}","decoded_payload":{{{said}}}}}}}'
    ).encode()


def shelly(site: Site, at: datetime, switch: Mapping[str, str], method: str) -> bytes:
    """A notification of a switch, Gen2 and later."""
    said = ",".join(f'"{name}":{value}' for name, value in switch.items())
    return (
        f'{{"src":"{site.device}","dst":"{site.device}/events","method":"{method}",'
        f'"params":{{"ts":{at.timestamp():.2f},"switch:0":{{"id":0,{said}}}}}}}'
    ).encode()


def _shelly(site: Site, sample: Sample) -> bytes:
    switch = {
        "output": "true",
        "apower": sample.watts,
        "voltage": sample.volts,
        "current": sample.amperes,
        "aenergy": f'{{"total":{sample.wh}}}',
    }
    return shelly(site, sample.at, switch, "NotifyFullStatus")


def call(number: int, action: str, payload: Mapping[str, object]) -> bytes:
    """A request of an OCPP 1.6J station."""
    return json.dumps([2, f"u{number}", action, payload]).encode()


def meter_values(at: datetime, number: int, samples: Sequence[Sampled]) -> bytes:
    """MeterValues of connector 1."""
    value = {"timestamp": instant(at), "sampledValue": list(samples)}
    return call(number, "MeterValues", {"connectorId": 1, "meterValue": [value]})


def sampled(measurand: str, value: str, unit: str, phase: str = "") -> Sampled:
    """One sampled value; unit and phase are left out when they are empty."""
    said = {"value": plain(value), "measurand": measurand, "unit": unit, "phase": phase}
    return {name: text for name, text in said.items() if text or name == "value"}


def _ocpp16(site: Site, sample: Sample) -> bytes:
    del site
    samples = (
        sampled("Energy.Active.Import.Register", sample.wh, "Wh"),
        sampled("Power.Active.Import", sample.watts, sample.power_unit),
        sampled("Voltage", sample.volts, "V", "L1"),
        sampled("Current.Import", sample.amperes, "A", "L1"),
    )
    return meter_values(sample.at, sample.number, samples)


def _p1(site: Site, sample: Sample) -> bytes:
    return signed(telegram_lines(site, sample))


def telegram_lines(site: Site, sample: Sample, tariff_2_wh: str = _TARIFF_2_WH) -> tuple[str, ...]:
    """The lines of a telegram of the head meter (eMUCs-P1 1.7, 6.12)."""
    local = sample.at
    local = local.replace(tzinfo=ZoneInfo(_ZONE)) if local.tzinfo is None else local
    local = local.astimezone(UTC).astimezone(ZoneInfo(_ZONE))
    offset = local.utcoffset()
    season = "S" if offset is not None and offset.total_seconds() > 3600 else "W"
    return (
        f"0-0:96.1.1({site.head_meter.encode().hex().upper()})",
        f"0-0:1.0.0({local:%y%m%d%H%M%S}{season})",
        f"1-0:1.8.1({_thousandth(sample.wh, '010.3f')}*kWh)",
        f"1-0:1.8.2({_thousandth(tariff_2_wh, '010.3f')}*kWh)",
        f"1-0:1.7.0({_thousandth(sample.watts, '06.3f')}*kW)",
        f"1-0:32.7.0({plain(sample.volts)}*V)",
        f"1-0:31.7.0({plain(sample.amperes)}*A)",
    )


def signed(lines: Iterable[str]) -> bytes:
    """Lines as a telegram with its checksum."""
    body = "\r\n".join(("/FLU5\\000000000_A", "", *lines, "!")).encode()
    return body + f"{crc16(body):04X}\r\n".encode()


def _thousandth(value: str, form: str) -> str:
    try:
        return format(Decimal(plain(value)) / 1000, form)
    except InvalidOperation:
        return plain(value)


CANONICAL: Final = Dialect("canonical", _canonical)
GATEWAY: Final = Dialect("mapping", _gateway)
UPLINK: Final = Dialect("tts", _uplink)
SHELLY: Final = Dialect("shelly", _shelly, "{device}/events/rpc")
OCPP16: Final = Dialect("ocpp16", _ocpp16, "ocpp/{station}/{direction}")
P1: Final = Dialect("p1", _p1)
