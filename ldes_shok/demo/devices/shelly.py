"""A metering switch of the Shelly kind: its notification of the full status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from ldes_shok.demo.devices.load import Load, with_point


@dataclass(frozen=True, slots=True)
class Shelly:
    """One device with one channel."""

    device: str
    load: Load

    def notification(self, at: datetime) -> bytes:
        """Return what it sends at `at`: RPC `NotifyFullStatus`."""
        switch = {
            "output": True,
            "apower": self.load.watts(at),
            "voltage": Decimal(with_point(self.load.decivolts(at), 1)),
            "current": Decimal(with_point(self.load.milliamperes(at))),
            "aenergy": {"total": self.load.register_wh(at)},
        }
        params = {"ts": int(at.timestamp()), "switch:0": switch}
        message = {"src": self.device, "method": "NotifyFullStatus", "params": params}
        return msgspec.json.Encoder(decimal_format="number").encode(message)
