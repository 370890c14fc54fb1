"""Who reports, what a meter shows, and in which dialect it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Final

from ldes_shok.sources.decoder import Message

_ON_THE_WAY: Final = timedelta(seconds=2)
_POWER_FACTOR: Final = 0.98


@dataclass(frozen=True, slots=True)
class Site:
    """An invented outlet with all the names that it has in the dialects."""

    cabinet: str = "VBS-001"
    outlet: str = "1"
    meter: str = "SN-000012345"
    head_meter: str = "SN-HEAD"
    station: str = "CP-1"
    device: str = "kast-07"


@dataclass(frozen=True, slots=True)
class Sample:
    """What a meter shows at one moment. Values are texts, as they are to stand in the message.

    Attributes:
        at: by the clock of the device; naive is local time that says no zone.
        wh: the register, Wh.
        watts: power, W, unless `power_unit` says otherwise.
        volts: V, on L1.
        amperes: A, on L1.
        power_unit: as the device names it; empty where it leaves it out.
        number: of the message, where the dialect counts or names messages.
        session: of the network, where the counting starts again with it.
    """

    at: datetime
    wh: str
    watts: str
    volts: str
    amperes: str
    power_unit: str = "W"
    number: int = 1
    session: str = "AXBSH1Pk6Z0G166"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a sample is written down.

    Attributes:
        name: of the dialect.
        write: a sample as bytes.
        topic: where it is sent, with the site's names in braces; empty if there is none.
    """

    name: str
    write: Callable[[Site, Sample], bytes]
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """A fault is shown here.

    Attributes:
        dialect: of the device.
        seed: of the values that do not matter.
        now: when it happens, aware UTC, on a quarter of an hour.
        site: who reports.
    """

    dialect: Dialect
    seed: int
    now: datetime
    site: Site = field(default_factory=Site)

    def rng(self) -> Random:
        """A generator that starts anew."""
        return Random(self.seed)

    def sample(self) -> Sample:
        """What a sound meter shows now: power goes with voltage and current."""
        rng = self.rng()
        volts, amperes = rng.randint(2260, 2360) / 10, rng.randint(40, 120) / 10
        return Sample(
            at=self.now,
            wh=str(rng.randint(1_000_000, 2_000_000)),
            watts=str(round(volts * amperes * _POWER_FACTOR)),
            volts=str(volts),
            amperes=str(amperes),
        )

    def at(self, when: datetime) -> Sample:
        """The sound sample at another time."""
        return replace(self.sample(), at=when)

    def sent(self, sample: Sample, received_at: datetime | None = None) -> Message:
        """A sample as it arrives, by default two seconds after `now`."""
        payload = self.dialect.write(self.site, sample)
        return self.message(payload, received_at or self.now + _ON_THE_WAY)

    def prompt(self, sample: Sample) -> Message:
        """A sample as it arrives two seconds after it was taken."""
        return self.sent(sample, sample.at.astimezone(UTC) + _ON_THE_WAY)

    def message(self, payload: bytes, received_at: datetime, **more: str) -> Message:
        """Bytes as they arrive; `more` is what else the transport knows, such as `direction`."""
        site, topic = self.site, self.dialect.topic
        attributes = dict(more)
        if topic:
            attributes["topic"] = topic.format(
                station=site.station, device=site.device, **{"direction": "up", **more}
            )
        return Message(payload, received_at, MappingProxyType(attributes))


Messages = tuple[Message, ...]
Fault = Callable[[Scene], Messages]
"""Makes the messages of one fault."""
