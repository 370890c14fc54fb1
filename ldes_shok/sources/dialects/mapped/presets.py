"""Rules for dialects that are much alike wherever they are used.

Facts from the makers' documentation: Shelly Gen2+ (Notifications; the components Switch, EM, EM1,
EMData, EM1Data), The Things Stack v3 (data formats), Teltonika RUT (Data to Server), ThingsBoard
(telemetry upload). What the installer or a codec decides, the source must say itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from typing import Final, TypeVar

import msgspec

from ldes_shok.cabinet.measurement import Phase, Quantity
from ldes_shok.sources.dialects.mapped.section import (
    LastWill,
    Locator,
    Mapping,
    Overlay,
    Reading,
    StatusAxis,
    Time,
)

S = TypeVar("S", bound=msgspec.Struct)

_CHANNELS: Final = 4
"""Of the largest Shelly with switches or meters, such as the Pro 4PM."""

_PHASES: Final[tuple[tuple[str, Phase], ...]] = (("a", "L1"), ("b", "L2"), ("c", "L3"))


def with_preset(given: Mapping) -> Mapping:
    """What a source says, laid over its preset; `preset` is gone from the result."""
    if given.preset is None:
        return given
    return _overlaid(_preset(given.preset), msgspec.structs.replace(given, preset=None))


def _overlaid(below: S, above: S) -> S:
    changes: dict[str, object] = {}
    for name in above.__struct_fields__:
        old, new = getattr(below, name), getattr(above, name)
        if isinstance(old, Time) and isinstance(new, Time):
            # The one section whose keys stand on their own: a zone needs no new path.
            changes[name] = _overlaid(old, new)
        elif new is not None:
            changes[name] = new
    return msgspec.structs.replace(below, **changes)


def _preset(name: str) -> Mapping:
    match name:
        case "tts":
            return _tts()
        case "shelly":
            return _shelly()
        case "teltonika":
            return _teltonika()
        case _:
            return _thingsboard()


def _tts() -> Mapping:
    """Uplinks of The Things Stack; `readings` depend on the payload formatter.

    The time is that of the network, which hears the device within seconds: LoRaWAN has no other.
    """
    return Mapping(
        device="end_device_ids.device_id",
        meter=Locator(path="end_device_ids.device_id"),
        time=Time(path="uplink_message.received_at", format="iso", clock="N"),
        key=(
            "end_device_ids.dev_eui",
            "uplink_message.session_key_id",
            "uplink_message.f_cnt",
        ),
        # What somebody types into the console to try the application.
        ignore={"simulated": "true"},
    )


def _teltonika() -> Mapping:
    """Modbus data of a RUT gateway in its default template; `readings` depend on the registers."""
    return Mapping(
        device="MAC",
        meter=Locator(path="MAC"),
        time=Time(path="TS", format="epoch_seconds", clock="S"),
    )


def _thingsboard() -> Mapping:
    """Telemetry with times, one or a list; of a gateway, set `each: "*"` and `device: $key`."""
    return Mapping(
        device="$key",
        time=Time(path="ts", format="epoch_milliseconds", clock="I"),
        historical_after_seconds=3_600,
    )


def _shelly() -> Mapping:
    """RPC notifications of Gen2 and later on `<device>/events/rpc`, and its last will."""
    return Mapping(
        device="src",
        topic="{device}/events/rpc",
        meter=Locator(path="src"),
        time=Time(path="params.ts", format="epoch_seconds", clock="S"),
        overlay=Overlay(
            path="params",
            full={"method": "NotifyFullStatus"},
            delta={"method": "NotifyStatus"},
        ),
        last_will=LastWill(topic="{device}/online", offline=("false",), online=("true",)),
        readings=tuple(_shelly_readings()),
        status=tuple(
            StatusAxis(
                path=f'params."switch:{channel}".output',
                axis="power",
                values={"true": "on", "false": "off"},
                channel=str(channel),
            )
            for channel in range(_CHANNELS)
        ),
    )


def _shelly_readings() -> Iterator[Reading]:
    for channel in map(str, range(_CHANNELS)):
        yield from _readings(f'params."switch:{channel}"', _SWITCH, channel=channel)
        yield from _readings(f'params."pm1:{channel}"', _SWITCH, channel=channel)
        yield from _readings(f'params."em1:{channel}"', _EM1, channel=channel)
        yield from _readings(f'params."em1data:{channel}"', _EM1DATA, channel=channel)
    for letter, phase in _PHASES:
        table = {f"{letter}_{name}": told for name, told in _EM.items()}
        yield from _readings('params."em:0"', table, phase=phase)
    yield from _readings('params."em:0"', _EM_TOTAL)
    yield from _readings('params."emdata:0"', _EMDATA)


_Told = tuple[Quantity, str]

_SWITCH: Final[Table[str, _Told]] = {
    "apower": ("power.import", "W"),
    "voltage": ("voltage", "V"),
    "current": ("current", "A"),
    "freq": ("frequency", "Hz"),
    "pf": ("power.factor", "1"),
    "aenergy.total": ("energy.import.register", "Wh"),
    "ret_aenergy.total": ("energy.export.register", "Wh"),
}
_EM1: Final[Table[str, _Told]] = {
    "act_power": ("power.import", "W"),
    "aprt_power": ("power.apparent", "VA"),
    "voltage": ("voltage", "V"),
    "current": ("current", "A"),
    "freq": ("frequency", "Hz"),
    "pf": ("power.factor", "1"),
}
_EM1DATA: Final[Table[str, _Told]] = {
    "total_act_energy": ("energy.import.register", "Wh"),
    "total_act_ret_energy": ("energy.export.register", "Wh"),
}
_EM: Final[Table[str, _Told]] = _EM1
"""Of each phase, with its letter before the name."""

_EM_TOTAL: Final[Table[str, _Told]] = {
    "total_act_power": ("power.import", "W"),
    "total_aprt_power": ("power.apparent", "VA"),
}
_EMDATA: Final[Table[str, _Told]] = {
    "total_act": ("energy.import.register", "Wh"),
    "total_act_ret": ("energy.export.register", "Wh"),
}


def _readings(
    component: str, table: Table[str, _Told], *, channel: str | None = None, phase: Phase = "total"
) -> Iterator[Reading]:
    for name, (quantity, unit) in table.items():
        yield Reading(
            path=f"{component}.{name}", quantity=quantity, unit=unit, phase=phase, channel=channel
        )
