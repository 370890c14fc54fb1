"""Members of another stream as canonical events, and what must be remembered between them.

Per entity: what it was said to be, so that a configuration is told only when it changed, and
whether anything was ever said of its state. Per page: a `Bookmark`. Both are stored in the commit
of the events that they come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.event import Event
from ldes_shok.errors import EventRejected
from ldes_shok.rdf import vocab
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.replica import inverse
from ldes_shok.sources.replica.inverse import Tree
from ldes_shok.sources.replica.star import Star, Unreadable, place_of

FOREIGN_MEMBER: Final = "foreign_member"
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
_OBSERVATIONS: Final = frozenset({vocab.OBSERVATION, vocab.INDIVIDUAL_CONSUMPTION})
_PAGE: Final = "page:"


class Bookmark(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a page was read.

    Attributes:
        immutable: whether it never changes: then it is never fetched again.
        links: where it leads, if it is immutable.
        seen: the members that were taken, short hashes of their IRIs, if it may change.
    """

    immutable: bool = False
    links: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of an entity.

    Attributes:
        said: what it is, as JSON.
        has_state: whether its state was ever told.
    """

    said: str = ""
    has_state: bool = False


def page_subject(url: str) -> str:
    """Under which a page's bookmark is remembered."""
    return f"{_PAGE}{url}"


class ReplicaDecoder:
    """Reads members, one to a message, and bookmarks.

    Args:
        cabinets: their name to ours, of the cabinets that are taken; empty: all, as they are named.
    """

    def __init__(self, cabinets: Mapping[str, str]) -> None:
        self._cabinets = cabinets

    def subject(self, message: Message) -> str | None:
        """The page of a bookmark, the entity of a version, the meter of an observation."""
        if page := message.attributes.get("page"):
            return page_subject(page)
        try:
            star = _star(message)
        except Unreadable:
            return None
        about = star.link(vocab.MADE_BY_SENSOR) if star.kind in _OBSERVATIONS else star.entity
        return about or None

    def decode(self, message: Message, memory: bytes) -> Decoded:
        """The events of one member."""
        if message.attributes.get("page"):
            return Decoded((), message.payload)
        try:
            star = _star(message)
            return self._decoded(star, memory)
        except Unreadable as error:
            refusal = Refusal(FOREIGN_MEMBER, f"{message.attributes.get('member', '')}: {error}")
            return Decoded((refusal,), memory)

    def _decoded(self, star: Star, memory: bytes) -> Decoded:
        known = _known(memory)
        if star.kind in _OBSERVATIONS:
            return self._observation(star, known)
        match star.kind:
            case vocab.CABINET:
                place = inverse.place(star.entity)
                return self._version(star, known, place, {"cabinet": inverse.cabinet(star)})
            case vocab.OUTLET:
                place = inverse.place(star.entity)
                return self._version(
                    star, known, place, {"outlets": [inverse.outlet(star, place[1])]}
                )
            case vocab.CONNECTION | vocab.METER:
                cabinet, said = _part(star)
                return self._configured(star, known, cabinet, said)
            case vocab.DELETE:
                return self._removal(star, memory)
            case _:
                # Organisations and networks: the tenant's settings say them here.
                return Decoded((), memory)

    def _version(self, star: Star, known: Known, place: tuple[str, str], said: Tree) -> Decoded:
        """A cabinet or outlet: what it is, if that is new, and how it is."""
        cabinet, outlet = place
        name = self._name(cabinet)
        if name is None:
            return Decoded((), _memory(known))
        at = _modified(star)
        valid_from = star.text(vocab.VALID_FROM) or at
        configured = self._configured(star, known, cabinet, said, valid_from)
        known = _known(configured.memory)
        axes = inverse.axes(star)
        if not known.has_state and all(word == "unknown" for word in axes.values()):
            return configured
        envelope = _envelope("status", name, at)
        if outlet:
            envelope["outlet"] = outlet
        status = _event({**envelope, "data": axes})
        memory = _memory(msgspec.structs.replace(known, has_state=True))
        return Decoded((*configured.results, status), memory)

    def _configured(
        self, star: Star, known: Known, cabinet: str, said: Tree, valid_from: str = ""
    ) -> Decoded:
        name = self._name(cabinet)
        text = _ENCODER.encode(said).decode()
        if name is None or text == known.said:
            return Decoded((), _memory(known))
        valid_from = valid_from or _modified(star)
        event = _configuration(name, valid_from, said)
        return Decoded((event,), _memory(msgspec.structs.replace(known, said=text)))

    def _observation(self, star: Star, known: Known) -> Decoded:
        cabinet, outlet = inverse.place(star.link(vocab.FEATURE_OF_INTEREST))
        name = self._name(cabinet)
        if name is None:
            return Decoded((), _memory(known))
        at, data = inverse.observed_at(star), inverse.measurement(star)
        results: list[Event | Refusal] = []
        if not known.said:
            # The stream with the meters is another one, and may not be followed.
            meter: Tree = {"serial": data["meter"], **({"outlet": outlet} if outlet else {})}
            results.append(_configuration(name, at, {"meters": [meter]}))
            known = msgspec.structs.replace(known, said="observed")
        envelope = _envelope("measurement", name, at)
        if outlet:
            envelope["outlet"] = outlet
        if key := inverse.observation_key(star):
            envelope["key"] = key
        results.append(_event({**envelope, "data": data}))
        return Decoded(tuple(results), _memory(known))

    def _removal(self, star: Star, memory: bytes) -> Decoded:
        """A cabinet that is gone; what was in it goes with it here too."""
        found = place_of(star.entity)
        name = self._name(found[0]) if found and "/kast/" in star.entity else None
        if name is None:
            return Decoded((), memory)
        at = _modified(star)
        data: Tree = {"op": "remove", "validFrom": at}
        return Decoded((_event({**_envelope("configuration", name, at), "data": data}),), b"")

    def _name(self, cabinet: str) -> str | None:
        return self._cabinets.get(cabinet) if self._cabinets else cabinet


def _part(star: Star) -> tuple[str, Tree]:
    """Of which cabinet a connection or a meter is a part, and what it says."""
    if star.kind == vocab.CONNECTION:
        return inverse.place(star.entity)[0], {"cabinet": inverse.connection(star)}
    cabinet, host = inverse.place(star.link(vocab.IS_HOSTED_BY))
    return cabinet, {"meters": [inverse.meter(star, host)]}


def _star(message: Message) -> Star:
    return Star(message.payload, message.attributes.get("member", ""))


def _modified(star: Star) -> str:
    return star.text(vocab.MODIFIED)


def _envelope(kind: str, cabinet: str, at: str) -> Tree:
    # Whose clock it was is not in a member.
    return {"v": 1, "kind": kind, "cabinet": cabinet, "observedAt": at, "clock": "U"}


def _configuration(cabinet: str, valid_from: str, said: Tree) -> Event:
    data: Tree = {"op": "upsert", "validFrom": valid_from, **said}
    return _event({**_envelope("configuration", cabinet, valid_from), "data": data})


def _event(tree: Tree) -> Event:
    try:
        return decode_event(_ENCODER.encode(tree))
    except EventRejected as error:
        raise Unreadable(f"read back as an event, {error}") from error


def _known(memory: bytes) -> Known:
    try:
        return msgspec.json.decode(memory, type=Known) if memory else Known()
    except msgspec.DecodeError:
        return Known()


def _memory(known: Known) -> bytes:
    return b"" if known == Known() else msgspec.json.encode(known)


def bookmark_of(memory: bytes | None) -> Bookmark:
    """The bookmark that was remembered; an empty one if there was none."""
    return msgspec.json.decode(memory, type=Bookmark) if memory else Bookmark()
