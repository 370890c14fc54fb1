"""P1 telegrams of an invented meter, with the checksum that belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ldes_shok.sources.dialects.p1.telegram import crc16


def telegram(
    serial: str,
    local: datetime,
    season: str = "S",
    import_kwh: str = "15.792",
    *,
    more: Sequence[str] = (),
) -> bytes:
    """A telegram of the meter `serial` at a local time; `season` is S (+02:00) or W (+01:00)."""
    return signed(
        (
            "0-0:96.1.4(50217)",
            f"0-0:96.1.1({serial.encode().hex().upper()})",
            f"0-0:1.0.0({local:%y%m%d%H%M%S}{season})",
            f"1-0:1.8.1({import_kwh.rjust(10, '0')}*kWh)",
            "1-0:1.8.2(000000.000*kWh)",
            "1-0:2.8.1(000000.000*kWh)",
            "1-0:2.8.2(000000.011*kWh)",
            "1-0:1.7.0(02.351*kW)",
            "1-0:2.7.0(00.000*kW)",
            "1-0:32.7.0(234.7*V)",
            "1-0:31.7.0(010.02*A)",
            "0-0:17.0.0(999.9*kW)",
            *more,
        )
    )


def signed(lines: Iterable[str]) -> bytes:
    """Lines as a telegram."""
    body = "\r\n".join(("/FLU5\\000000000_A", "", *lines, "!")).encode()
    return body + f"{crc16(body):04X}\r\n".encode()
