"""Decodes members of another stream to canonical events, with a memory between them.

The members of one configuration follow each other, with one time. They become one configuration
again (`grouped`), so that a cabinet does not get a version for each of its parts.

The memory holds, per cabinet, the last known content of each part, so that only a changed
configuration gives an event, and whether its state was ever published. It is stored in the commit
of its events. Pages that an earlier version kept among the raw bytes give nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ldes_shok.cabinet.claim import Claim
from ldes_shok.cabinet.event import Event
from ldes_shok.client.limits import MAX_LINK_BYTES
from ldes_shok.client.page import PageMember
from ldes_shok.errors import EventRejected
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import value_of
from ldes_shok.sources.common.events import Tree, event_tree, read_tree
from ldes_shok.sources.common.memory import recalled
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.dialects.replica import inverse
from ldes_shok.sources.dialects.replica.statements import (
    MemberStatements,
    Unreadable,
    name_of,
    place_of,
    statements_of,
)

MAX_PARTS: Final = 512
"""Outlets, meters and other parts that the memory holds of a cabinet; a large one has 200."""

FOREIGN_MEMBER: Final = "foreign_member"
OUR_THING: Final = "our_thing"
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
_OBSERVATIONS: Final = frozenset({vocab.OBSERVATION, vocab.INDIVIDUAL_CONSUMPTION})
_WITH_STATE: Final = frozenset({vocab.CABINET, vocab.OUTLET})
_PARTS: Final = _WITH_STATE | {vocab.CONNECTION, vocab.METER}
_OF_CABINETS: Final = _PARTS | _OBSERVATIONS
_CABINET: Final = "/kast/"
_MET: Final = "met"
_SHOWN: Final = 200


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """The memory of a cabinet.

    Attributes:
        parts: each entity of it, as JSON, by IRI; `_MET` for a meter known only from its
            observations.
        stated: entities whose state was published.
    """

    parts: dict[str, str] = {}
    stated: tuple[str, ...] = ()


_KNOWN: Final = msgspec.json.Decoder(Known)


def grouped(members: Sequence[PageMember]) -> Iterator[tuple[PageMember, ...]]:
    """The members of a page, in order, with those of one configuration together."""
    group: list[PageMember] = []
    before: tuple[str, str] | None = None
    entities: set[str] = set()
    for member in members:
        key, entity = _occasion(member)
        is_full = len(group) >= MAX_PARTS
        if group and (key is None or key != before or entity in entities or is_full):
            yield tuple(group)
            group, entities = [], set()
        group.append(member)
        entities.add(entity)
        before = key
    if group:
        yield tuple(group)


def member_attributes(members: Sequence[PageMember]) -> dict[str, str]:
    """The attributes of a message with the lines of these members."""
    return {"members": " ".join(value_of(member.iri) for member in members)}


class ReplicaDecoder:
    """Reads members.

    Args:
        claim: the cabinets to take, and their names here.
        public_url: of this service. No other stream may publish entities below it.
    """

    def __init__(self, claim: Claim, public_url: str) -> None:
        self._claim = claim
        self._our_things = f"{public_url}/id/"

    def subject(self, message: Message) -> str | None:
        """The cabinet of a member."""
        try:
            places = [_place(member) for member in _members(message)]
        except Unreadable:
            return None
        return next((f"cabinet:{place[0]}" for place in places if place), None)

    def decode(self, message: Message, memory: bytes) -> Decoded:
        """The events of some members."""
        if message.attributes.get("page"):
            return Decoded((), memory)
        try:
            members = _members(message)
        except Unreadable as error:
            return Decoded((_refusal(message.attributes.get("members", ""), error),), memory)
        reading = _MemberDecoding(recalled(memory, _KNOWN, Known()))
        ours = [member for member in members if self._is_ours(member)]
        if ours:
            reading.refuse(_of_ours(ours))
        for member in members:
            if member in ours:
                continue
            place = _place(member)
            name = self._claim.name(place[0]) if place else None
            if name is None and (place or not _is_of_cabinet(member)):
                # A cabinet that is not taken, or data that the tenant's settings give:
                # organisations, networks.
                continue
            try:
                reading.take(member, name or "")
            except Unreadable as error:
                reading.refuse(_refusal(member.iri, error))
        return Decoded(reading.results(), reading.memory())

    def _is_ours(self, member: MemberStatements) -> bool:
        """Whether a member is about an IRI of this service."""
        return any(iri.startswith(self._our_things) for iri in (member.entity, _about(member)))


class _MemberDecoding:
    """The decoding of the members of one message."""

    def __init__(self, known: Known) -> None:
        self._parts = dict(known.parts)
        self._stated = dict.fromkeys(known.stated)
        self._configurations: dict[tuple[str, str], Tree] = {}
        self._others: list[Event | Refusal] = []

    def refuse(self, refusal: Refusal) -> None:
        self._others.append(refusal)

    def take(self, member: MemberStatements, name: str) -> None:
        """Take a member of the cabinet that is called `name` here.

        Raises:
            Unreadable: it cannot be inverted; nothing of it is taken.
        """
        _check_addresses(member)
        if member.kind in _OBSERVATIONS:
            self._observe(member, name)
        elif member.kind == vocab.DELETE:
            self._remove(member, name)
        else:
            status = _status(member, name, is_new=member.entity not in self._stated)
            self._configure(member, name)
            if status is not None:
                self._stated[member.entity] = None
                self._others.append(status)

    def results(self) -> tuple[Event | Refusal, ...]:
        """The events, configurations first: later events may need them."""
        configurations: list[Event | Refusal] = []
        for (name, valid_from), part in self._configurations.items():
            try:
                configurations.append(_configuration(name, valid_from, part))
            except Unreadable as error:
                configurations.append(_refusal(name, error))
        return (*configurations, *self._others)

    def memory(self) -> bytes:
        """The memory after these members."""
        known = Known(self._parts, tuple(self._stated))
        return b"" if known == Known() else msgspec.json.encode(known)

    def _configure(self, member: MemberStatements, name: str) -> None:
        part = _part(member)
        text = _ENCODER.encode(part).decode()
        if self._parts.get(member.entity) == text:
            return
        valid_from = member.text(vocab.VALID_FROM) or member.text(vocab.MODIFIED)
        self._check_room(member.entity)
        # By itself first, so that an error names its member.
        _configuration(name, valid_from, part)
        self._parts[member.entity] = text
        self._add(name, valid_from, part)

    def _check_room(self, entity: str) -> None:
        if entity not in self._parts and len(self._parts) >= MAX_PARTS:
            raise Unreadable(f"its cabinet has {MAX_PARTS} parts already, and no more are taken")

    def _add(self, name: str, valid_from: str, part: Tree) -> None:
        together = self._configurations.setdefault((name, valid_from), {})
        for key, value in part.items():
            known = together.get(key)
            if isinstance(known, dict) and isinstance(value, dict):
                known.update(value)
            elif isinstance(known, list) and isinstance(value, list):
                together[key] = [*known, *value]
            else:
                together[key] = value

    def _observe(self, member: MemberStatements, name: str) -> None:
        _, outlet = inverse.place(member.link(vocab.FEATURE_OF_INTEREST))
        at, data = inverse.observed_at(member), inverse.measurement(member)
        key = inverse.observation_key(member)
        event = _event("measurement", name, at, data, outlet=outlet, key=key)
        meter = member.link(vocab.MADE_BY_SENSOR)
        if meter not in self._parts:
            self._check_room(meter)
            # The meters are in another stream, which may not be followed.
            self._parts[meter] = _MET
            head: Tree = {"serial": name_of(meter)}
            self._add(name, at, {"meters": [{**head, "outlet": outlet} if outlet else head]})
        self._others.append(event)

    def _remove(self, member: MemberStatements, name: str) -> None:
        """A removed cabinet; its parts are removed here too."""
        if _CABINET not in member.entity:
            return
        inverse.place(member.entity)
        at = member.text(vocab.MODIFIED)
        data: Tree = {"op": "remove", "validFrom": at}
        self._others.append(_event("configuration", name, at, data))
        self._parts, self._stated = {}, {}


def _check_addresses(member: MemberStatements) -> None:
    for iri in (
        member.iri,
        member.entity,
        _about(member),
        member.link(vocab.MADE_BY_SENSOR),
    ):
        if len(iri.encode()) > MAX_LINK_BYTES:
            raise Unreadable(
                f"an address in it has {len(iri.encode())} bytes, and at most {MAX_LINK_BYTES} are "
                f"taken: {iri[:_SHOWN]}"
            )


def _occasion(member: PageMember) -> tuple[tuple[str, str] | None, str]:
    """Cabinet, time and entity of a member that a configuration made."""
    try:
        (star,) = statements_of(member.lines, [value_of(member.iri)])
        place = _place(star) if star.kind in _PARTS else None
        return (place[0], star.text(vocab.MODIFIED)) if place else None, star.entity
    except Unreadable:
        return None, ""


def _place(member: MemberStatements) -> tuple[str, str] | None:
    """The cabinet and outlet of a member; None without any."""
    return place_of(_about(member))


def _about(member: MemberStatements) -> str:
    """The IRI that names the cabinet of a member."""
    if member.kind in _OBSERVATIONS:
        return member.link(vocab.FEATURE_OF_INTEREST)
    if member.kind == vocab.METER:
        return member.link(vocab.IS_HOSTED_BY)
    return member.entity


def _is_of_cabinet(member: MemberStatements) -> bool:
    return member.kind in _OF_CABINETS or (
        member.kind == vocab.DELETE and _CABINET in member.entity
    )


def _part(member: MemberStatements) -> Tree:
    """The part of a cabinet in a member."""
    match member.kind:
        case vocab.CABINET:
            inverse.place(member.entity)
            return {"cabinet": inverse.cabinet(member)}
        case vocab.OUTLET:
            return {"outlets": [inverse.outlet(member, inverse.place(member.entity)[1])]}
        case vocab.CONNECTION:
            inverse.place(member.entity)
            return {"cabinet": inverse.connection(member)}
        case _:
            _, host = inverse.place(member.link(vocab.IS_HOSTED_BY))
            return {"meters": [inverse.meter(member, host)]}


def _status(member: MemberStatements, name: str, *, is_new: bool) -> Event | None:
    """The status of a cabinet or outlet; None if its state was never published."""
    if member.kind not in _WITH_STATE:
        return None
    axes = inverse.axes(member)
    if is_new and all(word == "unknown" for word in axes.values()):
        return None
    outlet = inverse.place(member.entity)[1]
    return _event("status", name, member.text(vocab.MODIFIED), axes, outlet=outlet)


def _members(message: Message) -> list[MemberStatements]:
    return statements_of(message.payload, message.attributes.get("members", "").split())


def _of_ours(members: Sequence[MemberStatements]) -> Refusal:
    first, others = members[0], len(members) - 1
    of = next(iri for iri in (first.entity, _about(first)) if iri)
    more = f", and {others} more members do the same" if others else ""
    return Refusal(
        OUR_THING,
        f"{first.iri[:_SHOWN]} tells of {of[:_SHOWN]}, which is a thing of this service{more}: "
        "what becomes of those only our own sources tell; ask whoever publishes that stream",
    )


def _refusal(what: str, error: Unreadable) -> Refusal:
    return Refusal(FOREIGN_MEMBER, f"{what[:_SHOWN]}: {error}")


def _configuration(cabinet: str, valid_from: str, part: Tree) -> Event:
    data: Tree = {"op": "upsert", "validFrom": valid_from, **part}
    return _event("configuration", cabinet, valid_from, data)


def _event(kind: str, cabinet: str, at: str, data: Tree, **more: str) -> Event:
    try:
        # A member does not show whose clock it was.
        return read_tree(event_tree(kind, cabinet, at, "U", data, **more))
    except EventRejected as error:
        raise Unreadable(f"read back as an event, {error}") from error
