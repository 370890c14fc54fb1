"""Picks the mapping for an event and says what the cabinet's state becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from ldes_shok.cabinet.event import Aggregate, Configuration, Measurement, Status, kind_of
from ldes_shok.cabinet.flags import HELD_BACK
from ldes_shok.cabinet.incoming import Received
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.errors import NotMapped
from ldes_shok.ldes.member import Draft
from ldes_shok.mapping.aggregate import Aggregates
from ldes_shok.mapping.assets import Assets, Occasion
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.observation import Observations
from ldes_shok.mapping.parties import Parties
from ldes_shok.mapping.star import Outlines
from ldes_shok.mapping.state import (
    CabinetState,
    as_of,
    said,
    values,
    with_configuration,
    with_removal,
    with_status,
)
from ldes_shok.mapping.streams import KASTEN, TECHNIEK
from ldes_shok.mapping.tenant import Tenant

UNKNOWN_CABINET = "unknown_cabinet"
UNKNOWN_OUTLET = "unknown_outlet"
UNKNOWN_METER = "unknown_meter"
NO_POSITION = "no_position"
WAITS_FOR_CONFIGURATION = frozenset({UNKNOWN_CABINET, UNKNOWN_OUTLET, UNKNOWN_METER, NO_POSITION})
"""Reasons that a configuration event of the same cabinet can cure."""

_PUBLIC_AXES = {"operation", "occupancy"}


@dataclass(frozen=True, slots=True)
class Mapped:
    """What an event becomes.

    Attributes:
        drafts: members to publish, in order.
        state: the cabinet's state after it; None when it did not change.
    """

    drafts: tuple[Draft, ...]
    state: CabinetState | None


class Mapper:
    """Maps the events of all tenants. Pure: the state comes in and goes out."""

    def __init__(self, iris: Iris, tenants: Mapping[str, Tenant]) -> None:
        self._iris = iris
        outlines = Outlines()
        self._assets = {name: Assets(iris, t, outlines) for name, t in tenants.items()}
        self._parties = {name: Parties(iris, t, outlines) for name, t in tenants.items()}
        self._aggregates = {name: Aggregates(iris, t, outlines) for name, t in tenants.items()}
        self._observations = {name: Observations(iris, t, outlines) for name, t in tenants.items()}

    def map(self, received: Received, state: CabinetState | None) -> Mapped:
        """The members of one event.

        Args:
            received: the event.
            state: the current state of its cabinet, None if never heard of.

        Raises:
            NotMapped: it cannot be published now; it goes to quarantine with this reason.
        """
        for flag in received.event.flags:
            if flag in HELD_BACK:
                raise NotMapped(flag, HELD_BACK[flag])
        match received.event:
            case Configuration() as event:
                return self._configuration(received, event, state)
            case Status() as event:
                return self._status(received, event, self._known(received, state))
            case Measurement() as event:
                return self._measurement(received, event, self._known(received, state))
            case Aggregate() as event:
                aggregates = self._aggregates[received.tenant]
                return Mapped(tuple(aggregates.drafts(received, event)), None)
            case event:
                raise NotMapped("not_mapped_yet", f"not mapped yet: {kind_of(event)}")

    def _known(self, received: Received, state: CabinetState | None) -> CabinetState:
        event = received.event
        if state is None or not state.configured:
            raise NotMapped(
                UNKNOWN_CABINET,
                f"cabinet {event.cabinet} was never configured: it goes through when its "
                "configuration event arrives",
            )
        removed = state.removed_at
        if removed and parse_instant(event.observed_at) >= parse_instant(removed):
            raise NotMapped(UNKNOWN_CABINET, f"cabinet {event.cabinet} was removed at {removed}")
        if event.outlet is not None and event.outlet not in state.outlets:
            raise NotMapped(
                UNKNOWN_OUTLET,
                f"outlet {event.outlet} of cabinet {event.cabinet} is not in its configuration: "
                "it goes through when a configuration event names it",
            )
        return state

    def _status(self, received: Received, event: Status, state: CabinetState) -> Mapped:
        assets = self._assets[received.tenant]
        occasion = Occasion(event.observed_at, received.key, received.digest)
        words = said(event.data)
        streams = (KASTEN, TECHNIEK) if _PUBLIC_AXES & words.keys() else (TECHNIEK,)
        if event.outlet is None:
            overlaid = {**values(state.axes), **words}
            drafts = tuple(assets.cabinet(state, overlaid, occasion, s) for s in streams)
            axes = with_status(state.axes, event.data, event.observed_at, received.key)
            return Mapped(drafts, msgspec.structs.replace(state, axes=axes))
        outlet = state.outlets[event.outlet]
        overlaid = {**values(outlet.axes), **words}
        drafts = tuple(assets.outlet(state, event.outlet, overlaid, occasion, s) for s in streams)
        axes = with_status(outlet.axes, event.data, event.observed_at, received.key)
        outlets = {**state.outlets, event.outlet: msgspec.structs.replace(outlet, axes=axes)}
        return Mapped(drafts, msgspec.structs.replace(state, outlets=outlets))

    def _measurement(self, received: Received, event: Measurement, state: CabinetState) -> Mapped:
        serial = event.data.meter or state.meter_for(event.outlet)
        if serial is None:
            raise NotMapped(
                UNKNOWN_METER,
                f"no meter is configured for cabinet {event.cabinet} outlet {event.outlet}: "
                "name it in data.meter or in a configuration event",
            )
        if serial not in state.meter_serials:
            raise NotMapped(
                UNKNOWN_METER,
                f"data.meter {serial} is not in the configuration of cabinet {event.cabinet}: "
                "it goes through when a configuration event names it",
            )
        observations = self._observations[received.tenant]
        return Mapped(tuple(observations.readings(received, event, state, serial)), None)

    def _configuration(
        self, received: Received, event: Configuration, state: CabinetState | None
    ) -> Mapped:
        before = state or CabinetState(received.tenant, event.cabinet)
        if event.data.op == "remove":
            if not before.configured:
                raise NotMapped(
                    UNKNOWN_CABINET,
                    f"cabinet {event.cabinet} was never configured: nothing to remove",
                )
            drafts = tuple(self._removals(before, event.data.valid_from))
            return Mapped(drafts, with_removal(before, event.data.valid_from))
        occasion = Occasion(event.data.valid_from, received.key, received.digest)
        after = with_configuration(before, event.data)
        drafts = tuple(self._versions(received, event, as_of(after, event.data), occasion))
        if after.removed_at:
            # A late upsert of a cabinet that is gone: what it names is gone too.
            drafts += tuple(self._removals(after, after.removed_at))
        return Mapped(drafts, after)

    def _versions(
        self,
        received: Received,
        event: Configuration,
        state: CabinetState,
        occasion: Occasion,
    ) -> Iterator[Draft]:
        assets, data = self._assets[received.tenant], event.data
        yield from self._parties[received.tenant].drafts(state)
        for stream in (KASTEN, TECHNIEK):
            yield assets.cabinet(state, values(state.axes), occasion, stream)
        if data.cabinet is not None:
            yield assets.connection(state, occasion)
        for given in data.outlets:
            axes = values(state.outlets[given.id].axes)
            for stream in (KASTEN, TECHNIEK):
                yield assets.outlet(state, given.id, axes, occasion, stream)
        serials = [meter.serial for meter in data.meters]
        serials += [outlet.meter for outlet in data.outlets if outlet.meter]
        for serial in dict.fromkeys(serials):
            yield assets.meter(state, serial, occasion)

    def _removals(self, state: CabinetState, at: str) -> Iterator[Draft]:
        """Goodbye to all that is known of a cabinet.

        Its IRIs follow from the things and the time alone, so what is gone is said once, whether
        the removal or what it removes came first.
        """
        occasion = Occasion(at, "", b"")
        assets, tenant, iris = self._assets[state.tenant], state.tenant, self._iris
        cabinet = state.cabinet
        for outlet in state.outlets:
            entity = iris.outlet(tenant, cabinet, outlet)
            for stream in (KASTEN, TECHNIEK):
                yield assets.removal(entity, f"{cabinet}/{outlet}", occasion, stream)
        for serial in sorted(state.meter_serials):
            yield assets.removal(iris.meter(tenant, serial), cabinet, occasion, TECHNIEK)
        yield assets.removal(iris.connection(tenant, cabinet), cabinet, occasion, TECHNIEK)
        for stream in (KASTEN, TECHNIEK):
            yield assets.removal(iris.cabinet(tenant, cabinet), cabinet, occasion, stream)
