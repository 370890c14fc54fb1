"""What may be published of sums over few users. Pure.

**The rule.** Published sums cut the contributions of a day into parts: what lies in exactly the
same published sums is one part. A sum is published only if every part that is left has nobody in
it or at least k users. So whatever anybody adds up or subtracts of what is published is a sum of
whole parts, and a part is always at least k users: there is no difference between neighbours (a
zone less its cabinets, an activity less a cabinet, a day less its quarters) that says something of
fewer. Sums are tried in order; a later one gives way (complementary suppression).

**Corrections.** A contribution stays in the part in which it was first published. A part is
published again only if at least k users are in it still, and, against each earlier time that it
was published, at least k users' contributions are other than they were: what the difference of two
versions says is of k users too. Until then the part keeps its old sum, in every sum that it is in.
New contributions that are in sums that no
part is in (a cabinet that was in no activity, and now is) become a part of their own at k users.

A contribution of nothing counts for nothing. What is not defended against: users who know their
own use and pool it, and one who uses nearly all of a part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

OUTSIDE: Final = 0
KINDS_END: Final = "|"
"""Between the kinds of a user's name and the name: see `least_users`."""

MOST_RELEASES: Final = 3
"""A part is published so often at most: each time is one more to compare with."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one user used at one outlet in one stretch of time.

    Attributes:
        id: of outlet, meter and time; unique.
        user: who, or the outlet where that is not known; see `least_users`.
        wh: how much; more than nothing.
        sums: the sums that it would be in, by name.
    """

    id: str
    user: str
    wh: Decimal
    sums: frozenset[str]


class Told(msgspec.Struct, frozen=True, array_like=True):
    """A contribution as it was published: how much, of whom."""

    wh: str
    user: str


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One part: the sums that it is in, and what it held each time that it was published."""

    sums: tuple[str, ...]
    releases: tuple[dict[str, Told], ...]

    @property
    def wh(self) -> Decimal:
        """Its sum as it is published now."""
        return sum((Decimal(told.wh) for told in self.releases[-1].values()), Decimal(0))


class Disclosure(msgspec.Struct, frozen=True, array_like=True):
    """All that is published of one day of one city: the sums, and their parts."""

    sums: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    def values(self) -> dict[str, Decimal]:
        """Each published sum, Wh."""
        found = dict.fromkeys(self.sums, Decimal(0))
        for part in self.parts:
            for name in part.sums:
                found[name] += part.wh
        return found


def first_disclosure(
    contributions: Sequence[Contribution], order: Iterable[str], k: int
) -> Disclosure:
    """What may be published at first, of the sums in `order`."""
    sums = publishable(contributions, order, k)
    accepted = frozenset(sums)
    held: dict[tuple[str, ...], dict[str, Told]] = {}
    for item in contributions:
        signature = tuple(sorted(item.sums & accepted))
        if signature:
            held.setdefault(signature, {})[item.id] = Told(f"{item.wh:f}", item.user)
    return Disclosure(sums, tuple(Part(name, (told,)) for name, told in sorted(held.items())))


def publishable(
    contributions: Sequence[Contribution], order: Iterable[str], k: int
) -> tuple[str, ...]:
    """The sums that may stand together, chosen greedily in order."""
    inside: dict[str, list[int]] = {}
    for number, item in enumerate(contributions):
        for name in item.sums:
            inside.setdefault(name, []).append(number)
    part_of = [OUTSIDE] * len(contributions)
    parts: dict[int, set[int]] = {OUTSIDE: set(range(len(contributions)))}
    accepted: list[str] = []
    for name in order:
        if name not in inside:
            continue
        cut: dict[int, set[int]] = {}
        for number in inside[name]:
            cut.setdefault(part_of[number], set()).add(number)
        if all(_may_be_cut(contributions, parts, *item, k) for item in cut.items()):
            accepted.append(name)
            for part, within in cut.items():
                if len(within) == len(parts[part]) and part != OUTSIDE:
                    continue
                parts[part] -= within
                parts[new := len(parts)] = within
                for number in within:
                    part_of[number] = new
    return tuple(accepted)


def _may_be_cut(
    contributions: Sequence[Contribution],
    parts: Mapping[int, set[int]],
    part: int,
    within: set[int],
    k: int,
) -> bool:
    """Whether both what is cut off and what is left are of enough users."""
    if least_users(contributions[number].user for number in within) < k:
        return False
    rest = {contributions[number].user for number in parts[part] - within}
    return part == OUTSIDE or not rest or least_users(rest) >= k


def next_disclosure(
    before: Disclosure, contributions: Sequence[Contribution], k: int
) -> Disclosure:
    """What may be published now that contributions are other than they were."""
    accepted = frozenset(before.sums)
    home = {id_: n for n, part in enumerate(before.parts) for r in part.releases for id_ in r}
    by_signature = {part.sums: number for number, part in enumerate(before.parts)}
    now: list[dict[str, Told]] = [{} for _ in before.parts]
    new: dict[tuple[str, ...], dict[str, Told]] = {}
    for item in contributions:
        told = Told(f"{item.wh:f}", item.user)
        signature = tuple(sorted(item.sums & accepted))
        number = home.get(item.id, by_signature.get(signature))
        if number is not None:
            now[number][item.id] = told
        elif signature:
            new.setdefault(signature, {})[item.id] = told
    parts = [_again(part, now[number], k) for number, part in enumerate(before.parts)]
    parts += [
        Part(signature, (told,))
        for signature, told in sorted(new.items())
        if least_users(t.user for t in told.values()) >= k
    ]
    return Disclosure(before.sums, tuple(parts))


def _again(part: Part, now: dict[str, Told], k: int) -> Part:
    """A part with what it holds now, if that may be published."""
    if len(part.releases) >= MOST_RELEASES or now == part.releases[-1]:
        return part
    # Against nothing as well: what was corrected to nothing may leave one user's sum.
    if all(least_users(users_between(earlier, now)) >= k for earlier in ({}, *part.releases)):
        return Part(part.sums, (*part.releases, now))
    return part


def least_users(users: Iterable[str]) -> int:
    """How many people these are at least, if each has one name of a kind.

    A name may say of which kinds it is, one character each, before `KINDS_END`: three cards and
    three holders may be three people.
    """
    kinds = Counter[str]()
    for user in set(users):
        said = user.rpartition(KINDS_END)[0]
        kinds.update(said or ("",))
    return max(kinds.values(), default=0)


def users_between(earlier: Mapping[str, Told], later: Mapping[str, Told]) -> set[str]:
    """Whose contributions differ."""
    differing = {
        id_ for id_ in earlier.keys() | later.keys() if _wh(earlier, id_) != _wh(later, id_)
    }
    # A contribution whose user became known may be one more user or one and the same: as one.
    known_as = {earlier[id_].user: later[id_].user for id_ in earlier.keys() & later.keys()}
    return {
        later[id_].user if id_ in later else known_as.get(earlier[id_].user, earlier[id_].user)
        for id_ in differing
    }


def _wh(told: Mapping[str, Told], id_: str) -> Decimal:
    return Decimal(told[id_].wh) if id_ in told else Decimal(0)
