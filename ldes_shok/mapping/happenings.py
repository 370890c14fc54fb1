"""Maps status, session, fault and reservation events to members and to the state after them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

import msgspec

from ldes_shok.cabinet.event import Fault, Reservation, Session, Status
from ldes_shok.cabinet.incoming import Received
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.errors import NotMapped
from ldes_shok.ldes.member import Draft
from ldes_shok.mapping import effective_state as standing
from ldes_shok.mapping.activations import Activations
from ldes_shok.mapping.assets import Assets, Occasion
from ldes_shok.mapping.faults import Faults
from ldes_shok.mapping.history import configured_at
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.latest_reports import (
    LatestReports,
    with_fault,
    with_reservation,
    with_session,
)
from ldes_shok.mapping.member_builder import Outlines
from ldes_shok.mapping.observation import Observations
from ldes_shok.mapping.precedence import Ranking, ReportedBy, rank_of_activity, rank_of_version
from ldes_shok.mapping.reservations import Reservations
from ldes_shok.mapping.state import (
    AxisValue,
    CabinetState,
    axes_of,
    bounded_link,
    overruled,
    with_link,
    with_status,
)
from ldes_shok.mapping.streams import KASTEN, TECHNIEK
from ldes_shok.mapping.tenant import NamedTenant

NO_OUTLET = "no_outlet"
_BOTH = (KASTEN, TECHNIEK)


@dataclass(frozen=True, slots=True)
class Mapped:
    """The result of the mapping of an event.

    Attributes:
        drafts: members to publish, in order.
        state: the cabinet's state after it; None when it did not change.
        ranked: things of which another event may have given the log a version with the same time,
            and the ranking that decides which one takes precedence.
        unused: the fields of the event that do not count, each with a sentence.
    """

    drafts: tuple[Draft, ...]
    state: CabinetState | None
    ranked: Mapping[str, Ranking] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TenantTools:
    """The drafting objects of one tenant."""

    assets: Assets
    observations: Observations
    activations: Activations
    faults: Faults
    reservations: Reservations

    @classmethod
    def of(
        cls,
        iris: Iris,
        tenant: NamedTenant,
        outlines: Outlines,
        assets: Assets,
        observations: Observations,
    ) -> Self:
        """The tools of `tenant`; `assets` and `observations` are shared with other kinds."""
        return cls(
            assets,
            observations,
            Activations(iris, tenant, outlines),
            Faults(iris, tenant, outlines),
            Reservations(iris, tenant, outlines),
        )


class Happenings:
    """Maps the events of one tenant that change the state of a cabinet or outlet."""

    def __init__(self, tools: TenantTools) -> None:
        self._tools = tools

    def mapped(
        self,
        received: Received,
        event: Status | Session | Fault | Reservation,
        state: CabinetState,
    ) -> Mapped:
        """The mapping of one of these events.

        Raises:
            NotMapped: it cannot be published now.
        """
        match event:
            case Status():
                return self.status(received, event, state)
            case Session():
                return self.session(received, event, state)
            case Fault():
                return self.fault(received, event, state)
            case Reservation():
                return self.reservation(received, event, state)

    def status(self, received: Received, event: Status, state: CabinetState) -> Mapped:
        """Versions of the place; if the link is lost or back, also of the cabinet's outlets."""
        own, at = axes_of(event.data), event.observed_at
        link = own.get("connectivity")
        is_public = link in {"online", "offline"} or standing.PUBLIC_AXES & own.keys()
        by = ReportedBy.by(received)
        streams = _BOTH if is_public else (TECHNIEK,)
        occasion = Occasion(at, received.key, received.digest)
        if event.outlet is not None:
            outlet = state.outlets[event.outlet]
            axes = with_status(outlet.axes, event.data, by)
            after = _with_outlet(state, event.outlet, axes=axes)
            drafts = tuple(self._outlet(after, event.outlet, own, occasion, streams))
            return Mapped(drafts, after, unused=tuple(overruled(axes, event.data, by)))
        axes = with_status(state.axes, event.data, by)
        after = msgspec.structs.replace(state, axes=axes)
        unused = tuple(overruled(axes, event.data, by))
        if link is None:
            drafts = tuple(self._cabinet(after, own, occasion, streams))
            return Mapped(drafts, after, unused=unused)
        word = AxisValue(link, at, by.key, by.digest)
        after = msgspec.structs.replace(after, link=with_link(after.link, word))
        drafts = tuple(self._cabinet(after, own, occasion, streams))
        drafts += tuple(self.reached_or_not(after, word, state.outlets))
        after = msgspec.structs.replace(after, link=bounded_link(after.link))
        return Mapped(drafts, after, unused=unused)

    def reached_or_not(
        self, state: CabinetState, word: AxisValue, outlets: Iterable[str]
    ) -> Iterator[Draft]:
        """The versions of `outlets` that the loss (`word`) or return of the link makes."""
        if word.value not in {"online", "offline"}:
            return
        at = parse_instant(word.observed_at)
        # The occasion depends on `word` alone, so every event gives the same versions.
        occasion = Occasion(word.observed_at, word.key, word.value.encode())
        for outlet in outlets:
            since = state.outlets[outlet].since
            if not since or parse_instant(since) <= at:
                yield from self._outlet(state, outlet, standing.NOTHING, occasion, _BOTH)

    def again(
        self, state: CabinetState, occasion: Occasion, but: Container[str] = ()
    ) -> Iterator[Draft]:
        """Versions of the outlets, except `but`, that have another report of this instant.

        A report on their cabinet at that instant holds for them too, in any order of arrival.
        """
        for name in standing.outlets_observed_at(state, occasion.at):
            if name not in but:
                yield from self._outlet(state, name, standing.NOTHING, occasion, _BOTH)

    def session(self, received: Received, event: Session, state: CabinetState) -> Mapped:
        """Versions of the outlet, the activation or deactivation, and the registers."""
        if event.outlet is None:
            raise NotMapped(
                NO_OUTLET,
                f"outlet is missing: which outlet of cabinet {event.cabinet} did session "
                f"{event.data.session_id} activate? Send it again with `outlet`",
            )
        data, outlet = event.data, event.outlet
        at = {"started": data.started_at, "ended": data.ended_at}.get(data.event)
        at = at or event.observed_at
        before = state.outlets[outlet].words
        words = with_session(before, data, ReportedBy.by(received))
        after = _with_outlet(state, outlet, words=words)
        occasion = Occasion(at, received.key, received.digest)
        own = standing.status_of_session(after, outlet, data, at)
        drafts = tuple(self._outlet(after, outlet, own, occasion, _BOTH))
        then = configured_at(after, at, outlet)
        ranked: dict[str, Ranking] = {}
        if data.event != "updated":
            activation = self._tools.activations
            draft = activation.draft(event, outlet, then, occasion, before.session)
            ranked[draft.entity] = rank_of_version
            drafts += (draft,)
        drafts += tuple(self._tools.observations.registers(event, outlet, then, state))
        return Mapped(drafts, after, ranked)

    def fault(self, received: Received, event: Fault, state: CabinetState) -> Mapped:
        """The fault, and versions of the place that it makes defect or not defect any more."""
        at, by = event.observed_at, ReportedBy.by(received)
        occasion = Occasion(at, by.key, received.digest)
        draft = self._tools.faults.draft(event, configured_at(state, at), occasion)
        if event.outlet is None:
            words = with_fault(state.words, event.data, by)
        else:
            words = with_fault(state.outlets[event.outlet].words, event.data, by)
        after = _with_words(state, event.outlet, words)
        versions = self._place(event.outlet, after, occasion)
        return Mapped((draft, *versions), after, {draft.entity: rank_of_version})

    def reservation(self, received: Received, event: Reservation, state: CabinetState) -> Mapped:
        """The reservation, its holder and activity, and versions of its place."""
        at, by = event.observed_at, ReportedBy.by(received)
        occasion = Occasion(at, by.key, received.digest)
        then = configured_at(state, at, event.outlet)
        drafts = tuple(self._tools.reservations.drafts(event, then, occasion))
        if event.outlet is None:
            words = with_reservation(state.words, event.data, by)
        else:
            words = with_reservation(state.outlets[event.outlet].words, event.data, by)
        after = _with_words(state, event.outlet, words)
        # Outside its period it changes nothing of the place, and a public version would reveal the
        # time of the booking. Only the event decides this, not the order of arrival.
        is_now = event.data.period.contains(at)
        streams = _BOTH if is_now else (TECHNIEK,)
        ranked = {
            draft.entity: rank_of_activity if draft.stream == KASTEN else rank_of_version
            for draft in drafts
        }
        versions = self._place(event.outlet, after, occasion, streams)
        if is_now and event.outlet is None:
            versions += tuple(self.again(after, occasion))
        return Mapped((*drafts, *versions), after, ranked)

    def _place(
        self,
        outlet: str | None,
        after: CabinetState,
        occasion: Occasion,
        streams: tuple[str, ...] = _BOTH,
    ) -> tuple[Draft, ...]:
        """The versions of a place (an outlet or the cabinet) that an event makes."""
        if outlet is None:
            return tuple(self._cabinet(after, standing.NOTHING, occasion, streams))
        return tuple(self._outlet(after, outlet, standing.NOTHING, occasion, streams))

    def _cabinet(
        self,
        state: CabinetState,
        own: Mapping[str, str],
        occasion: Occasion,
        streams: tuple[str, ...],
    ) -> Iterator[Draft]:
        then = configured_at(state, occasion.at)
        words = standing.of_cabinet(then, own, occasion.at)
        for stream in streams:
            yield self._tools.assets.cabinet(then, words, occasion, stream)

    def _outlet(
        self,
        state: CabinetState,
        outlet: str,
        own: Mapping[str, str],
        occasion: Occasion,
        streams: tuple[str, ...],
    ) -> Iterator[Draft]:
        then = configured_at(state, occasion.at, outlet)
        words = standing.of_outlet(then, outlet, own, occasion.at)
        for stream in streams:
            yield self._tools.assets.outlet(then, outlet, words, occasion, stream)


def _with_outlet(state: CabinetState, outlet: str, **changes: object) -> CabinetState:
    changed = msgspec.structs.replace(state.outlets[outlet], **changes)
    return msgspec.structs.replace(state, outlets={**state.outlets, outlet: changed})


def _with_words(state: CabinetState, outlet: str | None, words: LatestReports) -> CabinetState:
    if outlet is None:
        return msgspec.structs.replace(state, words=words)
    return _with_outlet(state, outlet, words=words)
