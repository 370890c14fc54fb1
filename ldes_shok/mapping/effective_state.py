"""The effective state of a cabinet or outlet at an instant, from all reports together.

The status axes are only one part of it. These rules are also in the README:

- A running session wins: its outlet is in use, and its end makes the outlet free. A status that was
  observed later than the session's last report wins over the session.
- A reservation shows only if nothing else is known: an outlet that is free, or without a known
  occupancy, is reserved during an agreed reservation. When the clock passes the start of a
  reservation, nothing is published: the next version, from any event, shows it.
- A cabinet without a link is unknown, not free. While it is offline, earlier reports of operation
  and occupancy do not count. Later observations count at once. When the cabinet is back, the last
  reports count again: a controller that reconnects reports only what changed meanwhile, so an
  outlet without a change would stay unknown.
- A grave fault stays until it is cleared: it makes its place defect, whatever a status says, and
  also while the place is offline. After that the last status counts again.
- At one instant a status takes precedence over a session, and being offline over both. So an
  event's own values count only if no report of its instant takes precedence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from ldes_shok.cabinet.event import SessionData
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.mapping.latest_reports import LatestReports
from ldes_shok.mapping.state import Axes, AxisValue, CabinetState, OutletState

PUBLIC_AXES: Final = frozenset({"operation", "occupancy"})
OFFLINE: Final[Mapping[str, str]] = {"operation": "unknown", "occupancy": "unknown"}
"""The public axes of a place that is offline from this instant on."""

NOTHING: Final[Mapping[str, str]] = {}


def of_cabinet(state: CabinetState, own: Mapping[str, str], at: str) -> dict[str, str]:
    """The value of each axis of the cabinet at `at`; `own` holds the event's own values."""
    instant = parse_instant(at)
    offline = _offline_since(state.link, instant)
    words = _known(state.axes, offline)
    _lay_over(words, own, state.axes, instant, offline)
    return _overruled(words, state.words, instant)


def of_outlet(state: CabinetState, outlet: str, own: Mapping[str, str], at: str) -> dict[str, str]:
    """The value of each axis of one outlet at `at`; `own` holds the event's own values."""
    instant = parse_instant(at)
    place = state.outlets[outlet]
    own_link = _own_link(place, own, at)
    offline = _latest((_offline_since(state.link, instant), _offline_since(own_link, instant)))
    words = _known(place.axes, offline)
    occupied = _occupied_by_session(place, instant, offline)
    if occupied:
        words["occupancy"] = occupied
    _lay_over(words, own, place.axes, instant, offline)
    reserved = place.words.is_reserved(instant) or state.words.is_reserved(instant)
    if reserved and words.get("occupancy", "free") == "free":
        words["occupancy"] = "reserved"
    return _overruled(words, place.words, instant)


def outlets_observed_at(state: CabinetState, at: str) -> list[str]:
    """The outlets with an observation at exactly this instant."""
    instant = parse_instant(at)
    link = any(parse_instant(word.observed_at) == instant for word in state.link)
    return [name for name, place in state.outlets.items() if link or _is_observed(place, instant)]


def _is_observed(place: OutletState, instant: datetime) -> bool:
    return any(parse_instant(v.observed_at) == instant for v in place.axes.values()) or (
        place.words.is_observed_at(instant)
    )


def status_of_session(
    state: CabinetState, outlet: str, data: SessionData, at: str
) -> dict[str, str]:
    """The axes that a session event gives its outlet; `state` is the one after the event."""
    last = state.outlets[outlet].words.session
    runs = data.event != "ended"
    if last is not None and last.session_id != data.session_id:
        # The event's end came after the start of the next session, or late: the last one counts.
        runs = runs or last.runs_at(parse_instant(at))
    elif last is not None and last.ended_at:
        runs = last.runs_at(parse_instant(at))
    return {"occupancy": "in_use" if runs else "free"}


def _lay_over(
    words: dict[str, str],
    own: Mapping[str, str],
    axes: Axes,
    instant: datetime,
    offline: datetime | None,
) -> None:
    """Put an event's own values over `words`, unless `axes` has a value of the same instant."""
    for name, word in own.items():
        known = axes.get(name)
        if known is None or parse_instant(known.observed_at) != instant:
            words[name] = word
    if offline == instant:
        words.update(OFFLINE)


def _known(axes: Axes, offline: datetime | None) -> dict[str, str]:
    """The values of `axes`; public ones from before the loss of the link become unknown."""
    result = {name: value.value for name, value in axes.items()}
    if offline is not None:
        for name in PUBLIC_AXES & axes.keys():
            if parse_instant(axes[name].observed_at) <= offline:
                result[name] = "unknown"
    return result


def _occupied_by_session(
    place: OutletState, instant: datetime, offline: datetime | None
) -> str | None:
    """The occupancy by the last session; None if a status or the link takes precedence."""
    session = place.words.session
    if session is None or instant < parse_instant(session.started_at):
        return None
    runs = session.runs_at(instant)
    since = parse_instant(session.started_at if runs else session.ended_at)
    status = place.axes.get("occupancy")
    if status is not None and parse_instant(status.observed_at) >= since:
        return None
    if offline is not None and since <= offline:
        return "unknown"
    return "in_use" if runs else "free"


def _overruled(words: dict[str, str], place: LatestReports, instant: datetime) -> dict[str, str]:
    if place.is_defect(instant):
        words["operation"] = "defect"
    return words


def _own_link(place: OutletState, own: Mapping[str, str], at: str) -> tuple[AxisValue, ...]:
    """The outlet's last connectivity; before it the event's own one, if the event is late."""
    known = place.axes.get("connectivity")
    known_links = () if known is None else (known,)
    if "connectivity" not in own:
        return known_links
    if known is not None and parse_instant(known.observed_at) <= parse_instant(at):
        return known_links
    return (AxisValue(own["connectivity"], at, ""), *known_links)


def _offline_since(link: Iterable[AxisValue], instant: datetime) -> datetime | None:
    """Since when a place is offline at `instant`; None if its last report by then is online."""
    since = None
    for word in link:
        at = parse_instant(word.observed_at)
        if at <= instant:
            since = at if word.value == "offline" else None
    return since


def _latest(instants: Iterable[datetime | None]) -> datetime | None:
    return max(_given(instants), default=None)


def _given(instants: Iterable[datetime | None]) -> Iterator[datetime]:
    return (instant for instant in instants if instant is not None)
