"""Presets: rules for dialects that are nearly the same wherever they are used.

The facts come from the makers' documentation: Shelly Gen2+ (Notifications; the components Switch,
EM, EM1, EMData, EM1Data), The Things Stack v3 (data formats), Teltonika RUT (Data to Server),
ThingsBoard (telemetry upload). The settings of the source must add what the installer or a codec
decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from typing import Final

from ldes_shok.cabinet.measurement import Phase, Quantity
from ldes_shok.sources.common.topic import Topic
from ldes_shok.sources.dialects.mapped.path import ValuePath
from ldes_shok.sources.dialects.mapped.rules import (
    LastWill,
    Locator,
    Overlay,
    ReadingRule,
    StatusAxis,
    Time,
)

_CHANNELS: Final = 4
"""The number of channels of the largest Shelly with switches or meters, such as the Pro 4PM."""

_PHASES: Final[tuple[tuple[str, Phase], ...]] = (("a", "L1"), ("b", "L2"), ("c", "L3"))


def preset_keys(name: str) -> dict[str, object]:
    """The keys of a mapping that a preset gives."""
    match name:
        case "tts":
            return _tts()
        case "shelly":
            return _shelly()
        case "teltonika":
            return _teltonika()
        case _:
            return _thingsboard()


def _tts() -> dict[str, object]:
    """Uplinks of The Things Stack; `readings` depend on the payload formatter.

    The time is the network's, which receives the message within seconds: LoRaWAN has no other time.
    """
    return {
        "device": ValuePath("end_device_ids.device_id"),
        "meter": Locator(path=ValuePath("end_device_ids.device_id")),
        "time": Time(path=ValuePath("uplink_message.received_at"), format="iso", clock="N"),
        "key": (
            ValuePath("end_device_ids.dev_eui"),
            ValuePath("uplink_message.session_key_id"),
            ValuePath("uplink_message.f_cnt"),
        ),
        # Test messages that people type into the console.
        "ignore": {ValuePath("simulated"): "true"},
    }


def _teltonika() -> dict[str, object]:
    """Modbus data of a RUT gateway in its default template; `readings` depend on the registers."""
    return {
        "device": ValuePath("MAC"),
        "meter": Locator(path=ValuePath("MAC")),
        "time": Time(path=ValuePath("TS"), format="epoch_seconds", clock="S"),
    }


def _thingsboard() -> dict[str, object]:
    """Telemetry with times, one or a list; of a gateway, set `each: "*"` and `device: $key`."""
    return {
        "device": ValuePath("$key"),
        "time": Time(path=ValuePath("ts"), format="epoch_milliseconds", clock="I"),
        "historical_after_seconds": 3_600,
    }


def _shelly() -> dict[str, object]:
    """RPC notifications of Gen2 and later on `<device>/events/rpc`, and its last will."""
    return {
        "device": ValuePath("src"),
        "topic": Topic("{device}/events/rpc"),
        "meter": Locator(path=ValuePath("src")),
        "time": Time(path=ValuePath("params.ts"), format="epoch_seconds", clock="S"),
        "overlay": Overlay(
            path=ValuePath("params"),
            full={ValuePath("method"): "NotifyFullStatus"},
            delta={ValuePath("method"): "NotifyStatus"},
        ),
        "last_will": LastWill(topic=Topic("{device}/online"), offline=("false",), online=("true",)),
        "readings": tuple(_shelly_readings()),
        "status": tuple(
            StatusAxis(
                path=ValuePath(f'params."switch:{channel}".output'),
                axis="power",
                values={"true": "on", "false": "off"},
                channel=str(channel),
            )
            for channel in range(_CHANNELS)
        ),
    }


def _shelly_readings() -> Iterator[ReadingRule]:
    for channel in map(str, range(_CHANNELS)):
        yield from _readings(f'params."switch:{channel}"', _SWITCH, channel=channel)
        yield from _readings(f'params."pm1:{channel}"', _SWITCH, channel=channel)
        yield from _readings(f'params."em1:{channel}"', _EM1, channel=channel)
        yield from _readings(f'params."em1data:{channel}"', _EM1DATA, channel=channel)
    for letter, phase in _PHASES:
        table = {f"{letter}_{name}": reading for name, reading in _EM.items()}
        yield from _readings('params."em:0"', table, phase=phase)
    yield from _readings('params."em:0"', _EM_TOTAL)
    yield from _readings('params."emdata:0"', _EMDATA)


_Reading = tuple[Quantity, str]

_SWITCH: Final[Table[str, _Reading]] = {
    "apower": ("power.import", "W"),
    "voltage": ("voltage", "V"),
    "current": ("current", "A"),
    "freq": ("frequency", "Hz"),
    "pf": ("power.factor", "1"),
    "aenergy.total": ("energy.import.register", "Wh"),
    "ret_aenergy.total": ("energy.export.register", "Wh"),
}
_EM1: Final[Table[str, _Reading]] = {
    "act_power": ("power.import", "W"),
    "aprt_power": ("power.apparent", "VA"),
    "voltage": ("voltage", "V"),
    "current": ("current", "A"),
    "freq": ("frequency", "Hz"),
    "pf": ("power.factor", "1"),
}
_EM1DATA: Final[Table[str, _Reading]] = {
    "total_act_energy": ("energy.import.register", "Wh"),
    "total_act_ret_energy": ("energy.export.register", "Wh"),
}
_EM: Final[Table[str, _Reading]] = _EM1
"""Of each phase, with its letter before the name."""

_EM_TOTAL: Final[Table[str, _Reading]] = {
    "total_act_power": ("power.import", "W"),
    "total_aprt_power": ("power.apparent", "VA"),
}
_EMDATA: Final[Table[str, _Reading]] = {
    "total_act": ("energy.import.register", "Wh"),
    "total_act_ret": ("energy.export.register", "Wh"),
}


def _readings(
    component: str,
    table: Table[str, _Reading],
    *,
    channel: str | None = None,
    phase: Phase = "total",
) -> Iterator[ReadingRule]:
    for name, (quantity, unit) in table.items():
        yield ReadingRule(
            path=ValuePath(f"{component}.{name}"),
            quantity=quantity,
            unit=unit,
            phase=phase,
            channel=channel,
        )
