"""Chooses the mapping for an event, and gives the cabinet's state after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ldes_shok.cabinet.aggregate import Audience
from ldes_shok.cabinet.event import (
    Aggregate,
    Configuration,
    Fault,
    Measurement,
    Reservation,
    Session,
    Status,
)
from ldes_shok.cabinet.flags import HELD_BACK
from ldes_shok.cabinet.incoming import Received
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.errors import NotMapped
from ldes_shok.ldes.member import Draft
from ldes_shok.mapping.aggregate import Aggregates
from ldes_shok.mapping.assets import Assets, Occasion
from ldes_shok.mapping.effective_state import NOTHING, of_cabinet, of_outlet, outlets_observed_at
from ldes_shok.mapping.happenings import Happenings, Mapped, TenantTools
from ldes_shok.mapping.history import bounded_history, configured_at, overruled_by, with_upsert
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.member_builder import Outlines
from ldes_shok.mapping.observation import UNKNOWN_METER, Observations, unknown_meter
from ldes_shok.mapping.parties import Parties
from ldes_shok.mapping.plausible import check_readings, check_time
from ldes_shok.mapping.precedence import ReportedBy
from ldes_shok.mapping.state import CabinetState, Upsert, with_removal
from ldes_shok.mapping.streams import KASTEN, TECHNIEK, VERBRUIK, VERBRUIK_BEHEER
from ldes_shok.mapping.tenant import NamedTenant

UNKNOWN_CABINET = "unknown_cabinet"
UNKNOWN_OUTLET = "unknown_outlet"
NO_POSITION = "no_position"
WAITS_FOR_CONFIGURATION = frozenset({UNKNOWN_CABINET, UNKNOWN_OUTLET, UNKNOWN_METER, NO_POSITION})
"""Reasons for quarantine that a configuration event of the same cabinet can remove."""

_REMOVAL_UNUSED = (
    "data.op: remove does not count: a configuration with the same validFrom says what is there; "
    "give the removal a later validFrom"
)


@dataclass(frozen=True, slots=True)
class Named:
    """The things that configurations with one `validFrom` name, beside the cabinet itself."""

    outlets: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()
    connection: bool = False


def _named_at(state: CabinetState, valid_from: str) -> Named | None:
    """The things that upserts with this `validFrom` name; None if there are no such upserts."""
    instant = parse_instant(valid_from)
    upserts = [u for u in state.upserts if parse_instant(u.valid_from) == instant]
    if not upserts:
        return None
    outlets = [outlet for upsert in upserts for outlet in upsert.outlets]
    serials = [meter.serial for upsert in upserts for meter in upsert.meters]
    serials += [outlet.meter for outlet in outlets if outlet.meter]
    return Named(
        tuple(dict.fromkeys(outlet.id for outlet in outlets)),
        tuple(dict.fromkeys(serials)),
        any(upsert.cabinet is not None for upsert in upserts),
    )


class Mapper:
    """Maps the events of all tenants. Pure: the state comes in and goes out."""

    def __init__(
        self, iris: Iris, tenants: Mapping[str, NamedTenant], public_sums: str = VERBRUIK
    ) -> None:
        """Map the events of these tenants; public sums go to the stream `public_sums`."""
        self._iris = iris
        sums: Mapping[Audience, str] = {"public": public_sums, "city": VERBRUIK_BEHEER}
        outlines = Outlines()
        self._assets = {name: Assets(iris, t, outlines) for name, t in tenants.items()}
        self._parties = {name: Parties(iris, t, outlines) for name, t in tenants.items()}
        self._aggregates = {
            name: Aggregates(iris, t, outlines, sums) for name, t in tenants.items()
        }
        self._observations = {name: Observations(iris, t, outlines) for name, t in tenants.items()}
        self._happenings = {
            name: Happenings(
                TenantTools.of(iris, t, outlines, self._assets[name], self._observations[name])
            )
            for name, t in tenants.items()
        }

    def map(self, received: Received, state: CabinetState | None) -> Mapped:
        """The members of one event.

        Args:
            received: the event.
            state: the current state of its cabinet; None if it has none.

        Raises:
            NotMapped: it cannot be published now; it goes to quarantine with this reason.
        """
        for flag in received.event.flags:
            if flag in HELD_BACK:
                raise NotMapped(flag, HELD_BACK[flag])
        check_time(received)
        happenings = self._happenings[received.tenant]
        match received.event:
            case Measurement() as event:
                return self._measurement(received, event, self._known(received, state))
            case Configuration() as event:
                return self._configuration(received, event, state)
            case Status() | Session() | Fault() | Reservation() as event:
                return happenings.mapped(received, event, self._known(received, state))
            case Aggregate() as event:
                aggregates = self._aggregates[received.tenant]
                return Mapped(tuple(aggregates.drafts(received, event)), None)

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

    def _measurement(self, received: Received, event: Measurement, state: CabinetState) -> Mapped:
        then = configured_at(state, event.observed_at, event.outlet)
        serial = event.data.meter or then.meter_for(event.outlet)
        if serial is None:
            raise NotMapped(
                UNKNOWN_METER,
                f"no meter is configured for cabinet {event.cabinet} outlet {event.outlet}: "
                "name it in data.meter or in a configuration event",
            )
        if serial not in state.meter_serials:
            raise unknown_meter(serial, event.cabinet)
        check_readings(event, then)
        observations = self._observations[received.tenant]
        return Mapped(tuple(observations.readings(received, event, then, serial)), None)

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
            named = _named_at(before, event.data.valid_from)
            drafts = tuple(self._removals(before, event.data.valid_from, named))
            unused = (_REMOVAL_UNUSED,) if named is not None else ()
            return Mapped(drafts, with_removal(before, event.data.valid_from), unused=unused)
        occasion = Occasion(event.data.valid_from, received.key, received.digest)
        upsert = Upsert.of(event.data, ReportedBy.by(received))
        after = with_upsert(before, upsert)
        then = configured_at(after, event.data.valid_from)
        named = _named_at(after, event.data.valid_from) or Named()
        drafts = tuple(self._versions(received, named, then, occasion))
        happenings = self._happenings[received.tenant]
        drafts += tuple(happenings.again(after, occasion, named.outlets))
        drafts += tuple(self._unreached(received, event, after))
        if after.removed_at:
            # A late upsert of a removed cabinet: the things that it names are removed too.
            drafts += tuple(self._removals(after, after.removed_at))
        return Mapped(drafts, bounded_history(after), unused=tuple(overruled_by(after, upsert)))

    def _versions(
        self,
        received: Received,
        named: Named,
        state: CabinetState,
        occasion: Occasion,
    ) -> Iterator[Draft]:
        """Versions of the cabinet and of all named things, each with its full state."""
        assets = self._assets[received.tenant]
        yield from self._parties[received.tenant].drafts(state)
        words = of_cabinet(state, NOTHING, occasion.at)
        for stream in (KASTEN, TECHNIEK):
            yield assets.cabinet(state, words, occasion, stream)
        if named.connection:
            yield assets.connection(state, occasion)
        for outlet in named.outlets:
            words = of_outlet(state, outlet, NOTHING, occasion.at)
            for stream in (KASTEN, TECHNIEK):
                yield assets.outlet(state, outlet, words, occasion, stream)
        for serial in named.meters:
            yield assets.meter(state, serial, occasion)

    def _unreached(
        self, received: Received, event: Configuration, state: CabinetState
    ) -> Iterator[Draft]:
        """Versions for earlier changes of the link, of the outlets that `event` names late.

        The event of such a change could not know these outlets. The versions are the ones that it
        would have made, so the order of arrival decides nothing.
        """
        happenings = self._happenings[received.tenant]
        valid_from = parse_instant(event.data.valid_from)
        for word in state.link:
            if parse_instant(word.observed_at) >= valid_from:
                names = [outlet.id for outlet in event.data.outlets]
                yield from happenings.reached_or_not(state, word, names)

    def _removals(
        self, state: CabinetState, at: str, named: Named | None = None
    ) -> Iterator[Draft]:
        """Removals of all things of a cabinet, except those that are `named` for that instant.

        Their IRIs follow from the things and the time alone. So each removal is published once,
        whether the removal or the removed thing comes first.
        """
        occasion = Occasion(at, "", b"")
        assets, tenant, iris = self._assets[state.tenant], state.tenant, self._iris
        cabinet = state.cabinet
        but = named or Named()
        alive = {*but.outlets, *outlets_observed_at(state, at)} if named is not None else ()
        for outlet in [name for name in state.outlets if name not in alive]:
            entity = iris.outlet(tenant, cabinet, outlet)
            for stream in (KASTEN, TECHNIEK):
                yield assets.removal(entity, f"{cabinet}/{outlet}", occasion, stream)
        for serial in sorted(state.meter_serials.difference(but.meters)):
            yield assets.removal(iris.meter(tenant, serial), cabinet, occasion, TECHNIEK)
        if not but.connection:
            yield assets.removal(iris.connection(tenant, cabinet), cabinet, occasion, TECHNIEK)
        if named is not None:
            return
        for stream in (KASTEN, TECHNIEK):
            yield assets.removal(iris.cabinet(tenant, cabinet), cabinet, occasion, stream)
