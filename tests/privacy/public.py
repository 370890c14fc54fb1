"""What an outsider knows of a city: only what anybody may read, over the service's own pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pyoxigraph import NamedNode

from tests.privacy.city import RATED_WATTS
from tests.privacy.plan import quarter_of
from tests.support.pages import DCAT, DCTERMS, GENERATED_AT, POSITION, RDF_TYPE, crawl, get

_ADMS: Final = "http://www.w3.org/ns/adms#"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_SOSA: Final = "http://www.w3.org/ns/sosa/"
_TIME: Final = "http://www.w3.org/2006/time#"
_QUDT: Final = "https://qudt.org/schema/qudt/"
_CJI: Final = "https://data.vlaanderen.be/ns/cultuur-en-jeugd/infrastructuur#"
_PUBLIC: Final = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
_SOCKETS: Final = {
    "cee-blauw-16a": RATED_WATTS["IEC60309-2P+E-16"],
    "cee-rood-16a": RATED_WATTS["IEC60309-3P+N+E-16"],
    "cee-rood-32a": RATED_WATTS["IEC60309-3P+N+E-32"],
}
_GONE: Final = ("/geannuleerd", "/vervallen", "/nietOpgedaagd")
_SCALE: Final = 1000
"""kWh and kW in the data, Wh and W here."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A socket was in use; `known` is when the last word on it was published."""

    socket: str
    start: datetime
    end: datetime
    known: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """A socket, or a whole cabinet, is reserved for an activity."""

    activity: str
    place: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Sum:
    """One version of one published figure.

    Attributes:
        of: `zone`, `cabinet` or `activity`.
        subject: its name.
        is_peak: the highest quarter's mean power (W) and not all of the energy (Wh).
        start, end: quarters since 1970.
        value: Wh or W.
        published: when.
        entity: the same for each version.
    """

    of: str
    subject: str
    is_peak: bool
    start: int
    end: int
    value: float
    published: datetime
    entity: str


@dataclass(frozen=True, slots=True)
class Public:
    """All of it."""

    rated_watts: Mapping[str, float]
    stays: Sequence[Stay]
    bookings: Sequence[Booking]
    sums: Sequence[Sum]


def open_streams(url: str) -> Sequence[str]:
    """The streams that the catalogue says are public."""
    catalogue = get(f"{url}/")
    rights = f"{DCTERMS}accessRights"
    return [
        dataset.value
        for dataset in catalogue.subjects(RDF_TYPE, f"{DCAT}Dataset")
        if NamedNode(_PUBLIC) in catalogue.objects(dataset, rights)
    ]


def read_public(url: str) -> Public:
    """Read every page of every stream that is open, without any token."""
    return _public([member for stream in open_streams(url) for member in _members(stream)])


class _Member:
    """A member of a page: its statements by subject and predicate."""

    def __init__(self, iri: str, star: Mapping[tuple[Any, str], list[Any]]) -> None:
        self._star = star
        self._iri = NamedNode(iri)

    def all(self, *path: str) -> list[Any]:
        """What lies at the end of a path of predicates."""
        nodes: list[Any] = [self._iri]
        for predicate in path:
            nodes = [found for node in nodes for found in self._star.get((node, predicate), ())]
        return nodes

    def text(self, *path: str) -> str:
        """The one value at the end of a path; empty if there is none."""
        return next((str(node.value) for node in self.all(*path)), "")

    def time(self, *path: str) -> datetime:
        """The one instant at the end of a path."""
        return datetime.fromisoformat(self.text(*path))

    @property
    def classes(self) -> set[str]:
        return {node.value.rpartition("#")[2].rpartition("/")[2] for node in self.all(RDF_TYPE)}


def _members(stream: str) -> Iterator[_Member]:
    (view,) = get(stream).objects(stream, "https://w3id.org/tree#view")
    for page in crawl(view.value):
        star: defaultdict[tuple[Any, str], list[Any]] = defaultdict(list)
        for quad in page.quads:
            star[quad.subject, quad.predicate.value].append(quad.object)
        yield from (_Member(iri, star) for iri in page.members)


def _public(members: Sequence[_Member]) -> Public:
    outlets, cabinets, bookings, sums = [], {}, {}, []
    for member in members:
        classes = member.classes
        if "Outlet" in classes:
            outlets.append(member)
        elif "Cabinet" in classes:
            cabinets[member.text(f"{DCTERMS}isVersionOf")] = member
        elif any("Reservatie" in name for name in classes):
            bookings[member.text(f"{DCTERMS}isVersionOf")] = member
        elif member.all(f"{_SOSA}hasResult"):
            sums.append(_sum(member))
    rated = {_name(m): _SOCKETS[_last(m.text(f"{DCTERMS}type"))] for m in outlets}
    booked = tuple(booking for member in bookings.values() for booking in _booking(member))
    return Public(rated, tuple(_stays(outlets)), booked, sums)


def _last(iri: str) -> str:
    return iri.rstrip("/").rpartition("/")[2]


def _name(outlet: _Member) -> str:
    return outlet.text(f"{DCTERMS}identifier", f"{_SKOS}notation")


def _stays(outlets: Sequence[_Member]) -> Iterator[Stay]:
    histories: defaultdict[str, list[tuple[datetime, int, str, datetime]]] = defaultdict(list)
    for outlet in outlets:
        said = (
            outlet.time(f"{DCTERMS}modified"),
            int(outlet.text(POSITION)),
            _last(outlet.text(f"{_ADMS}status")),
            outlet.time(GENERATED_AT),
        )
        histories[_name(outlet)].append(said)
    for socket, history in histories.items():
        start: datetime | None = None
        for at, _, status, known in sorted(history):
            if status == "inGebruik":
                start = start or at
            elif start is not None:
                yield Stay(socket, start, at, known)
                start = None


def _booking(member: _Member) -> Iterator[Booking]:
    activity = member.text(f"{_CJI}Reservatie.gereserveerdVoor")
    status = member.text(f"{_ADMS}status")
    if activity and not status.endswith(_GONE):
        period = f"{_CJI}Reservatie.periode"
        start, end = (
            member.time(period, f"{_TIME}{which}", f"{_TIME}inXSDDateTime")
            for which in ("hasBeginning", "hasEnd")
        )
        place = member.text(f"{DCTERMS}relation").split("/stopcontact/")[-1].split("/kast/")[-1]
        yield Booking(_last(activity), place.partition("/")[2], start, end)


def _sum(member: _Member) -> Sum:
    subject = member.text(f"{_SOSA}hasFeatureOfInterest")
    kind = {"zone": "zone", "kast": "cabinet", "activiteit": "activity"}[subject.split("/")[-3]]
    start, end = (
        member.time(f"{_SOSA}phenomenonTime", f"{_TIME}{which}", f"{_TIME}inXSDDateTime")
        for which in ("hasBeginning", "hasEnd")
    )
    return Sum(
        kind,
        _last(subject),
        member.text(f"{_SOSA}observedProperty").endswith("piekvermogen"),
        quarter_of(start),
        quarter_of(end),
        float(Decimal(member.text(f"{_SOSA}hasResult", f"{_QUDT}value")) * _SCALE),
        member.time(GENERATED_AT),
        member.text(f"{DCTERMS}isVersionOf"),
    )
