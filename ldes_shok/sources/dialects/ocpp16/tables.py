"""What the frames do not say and the city knows: which cabinet, which meter, a vendor's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Protocol

from ldes_shok.cabinet.event import FaultCode, Operation


class CardPseudonyms(Protocol):
    """Hides whose card it was."""

    def __call__(self, card: str, at: datetime, received_at: datetime, /) -> str | None:
        """The pseudonym of a card that was used `at`, `p1:` and 26 letters or digits.

        None leaves the user out.
        """
        ...


def no_pseudonym(_card: str, _at: datetime, _received_at: datetime, /) -> str | None:
    """Leaves every user out."""
    return None


@dataclass(frozen=True, slots=True)
class DataTransferRule:
    """What a vendor's DataTransfer says about a door.

    Attributes:
        vendor: its `vendorId`.
        message: its `messageId`.
        field: the name in its `data` that holds the word; empty: all of `data` is the word.
        time_field: the name in its `data` that holds the time; empty: none.
        opened, closed: the words.
    """

    vendor: str
    message: str
    field: str
    time_field: str
    opened: tuple[str, ...]
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """What the city knows of the stations of one source.

    Attributes:
        stations: station to cabinet; a station that is not in it is the cabinet of that name.
        only_these: whether a station that is not in `stations` is refused.
        outlets: `station/connector` to outlet; by default the connector's number.
        meters: `station/connector` to the serial number of its meter.
        vendor_codes: `vendorErrorCode` to fault.
        data_transfers: what DataTransfer says.
        unavailable: what the status Unavailable means: somebody put it out of service, but why
            is not in the protocol.
        zone: of times that are sent without one; None: such times are held back.
        topic: where the station and the direction stand in an MQTT topic.
    """

    stations: Mapping[str, str] = field(default_factory=dict)
    only_these: bool = False
    outlets: Mapping[str, str] = field(default_factory=dict)
    meters: Mapping[str, str] = field(default_factory=dict)
    vendor_codes: Mapping[str, FaultCode] = field(default_factory=dict)
    data_transfers: tuple[DataTransferRule, ...] = ()
    unavailable: Operation = "maintenance"
    zone: tzinfo | None = None
    topic: str = "ocpp/{station}/{direction}"
