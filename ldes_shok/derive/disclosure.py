"""What may be published of sums over few users. Pure.

**The rule.** Published sums cut the contributions of a day into parts: what lies in exactly the
same published sums is one part. A sum is published only if every part that is left has nobody in
it, or at least `k` users of whom the two largest together have no more than `share_percent` of
it (the rule that Eurostat calls (n, k) dominance, with n = 2). So whatever anybody adds up or
subtracts of what is published is a sum of whole parts: there is no difference between neighbours
(a zone less an activity, a day less its quarters) that says something of fewer. What holds of two
parts holds of both together: the users of one are at least k, and the two largest of both have no
more than the two largest of each. Sums are tried in order; a later one gives way (complementary
suppression). A sum may ask for more users than others (`Candidate.k`); then each part that it cuts
must have as many.

**Corrections.** A contribution stays in the part in which it was first published. A part is
published again only if the rule still holds of it, and, against each earlier time that it was
published, of what is other than it was: what the difference of two versions says is of as many
users too, and not of one of them most of all. Until then the part keeps its old sum, in every sum
that it is in. New contributions that are in sums that no part is in (a cabinet that was in no
activity, and now is) become a part of their own if the rule holds of them.

A contribution of nothing counts for nothing. What is not defended against: users who know their
own use and pool it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

OUTSIDE: Final = 0
PERIOD_END: Final = "|"
"""Between the key period of a user's name and the user: see `Rule.allows`."""

MOST_RELEASES: Final = 3
"""A part is published so often at most: each time is one more to compare with."""

_LARGEST: Final = 2
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """How many users anything published must be of, and how much of it the largest may have.

    Attributes:
        k: the least users.
        share_percent: the most that the two largest users may have together.
    """

    k: int
    share_percent: int

    def allows(self, used: Mapping[str, Decimal], k: int) -> bool:
        """Whether a part may be published.

        A person has one name in a key period. So there are at least as many people as there are
        users in one of the periods; and two people have no more than the two largest users of
        each period together.

        Args:
            used: how much each user has of it, Wh, more than nothing, by what `Users.of` gives.
            k: the least users, where that is more than the rule's own.
        """
        periods: dict[str, list[Decimal]] = {}
        for user, wh in used.items():
            periods.setdefault(user.rpartition(PERIOD_END)[0], []).append(wh)
        largest = sum(
            (wh for shares in periods.values() for wh in sorted(shares)[-_LARGEST:]), Decimal(0)
        )
        return (
            max(map(len, periods.values()), default=0) >= max(k, self.k)
            and largest * _PERCENT <= sum(used.values(), Decimal(0)) * self.share_percent
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sum that could be published: its name, and the least users in each part that it cuts."""

    name: str
    k: int = 0


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one user used at one outlet in one stretch of time.

    Attributes:
        id: of outlet, meter and time; unique.
        user: who, with the key period of his name: see `Rule.allows`.
        wh: how much; nothing if what was published of it was corrected away.
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
        return sum((Decimal(released.wh) for released in self.releases[-1].values()), Decimal(0))


class Disclosure(msgspec.Struct, frozen=True, array_like=True):
    """All that is published of one day of one city.

    Attributes:
        sums: those that are published.
        parts: their parts.
        k: the least users that one of the sums asked for.
    """

    sums: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    k: int = 0

    def values(self) -> dict[str, Decimal]:
        """Each published sum, Wh."""
        found = dict.fromkeys(self.sums, Decimal(0))
        for part in self.parts:
            for name in part.sums:
                found[name] += part.wh
        return found


def first_disclosure(
    contributions: Sequence[Contribution], candidates: Iterable[Candidate], rule: Rule
) -> Disclosure:
    """What may be published at first, of the candidates in their order."""
    sums = publishable(contributions, candidates, rule)
    accepted = frozenset(candidate.name for candidate in sums)
    held: dict[tuple[str, ...], dict[str, Told]] = {}
    for item in contributions:
        signature = tuple(sorted(item.sums & accepted))
        if signature:
            held.setdefault(signature, {})[item.id] = Told(f"{item.wh:f}", item.user)
    return Disclosure(
        tuple(candidate.name for candidate in sums),
        tuple(Part(name, (released,)) for name, released in sorted(held.items())),
        max((candidate.k for candidate in sums), default=0),
    )


def publishable(
    contributions: Sequence[Contribution], candidates: Iterable[Candidate], rule: Rule
) -> tuple[Candidate, ...]:
    """The sums that may stand together, chosen greedily in order."""
    inside: dict[str, list[int]] = {}
    for number, item in enumerate(contributions):
        for name in item.sums:
            inside.setdefault(name, []).append(number)
    part_of = [OUTSIDE] * len(contributions)
    parts: dict[int, set[int]] = {OUTSIDE: set(range(len(contributions)))}
    accepted: list[Candidate] = []
    for candidate in candidates:
        if candidate.name not in inside:
            continue
        cut: dict[int, set[int]] = {}
        for number in inside[candidate.name]:
            cut.setdefault(part_of[number], set()).add(number)
        if all(
            rule.allows(_used(contributions, within), candidate.k)
            and _may_be_left(contributions, part, parts[part] - within, candidate.k, rule)
            for part, within in cut.items()
        ):
            accepted.append(candidate)
            for part, within in cut.items():
                if len(within) == len(parts[part]) and part != OUTSIDE:
                    continue
                parts[part] -= within
                new = len(parts)
                parts[new] = within
                for number in within:
                    part_of[number] = new
    return tuple(accepted)


def _may_be_left(
    contributions: Sequence[Contribution], part: int, rest: set[int], k: int, rule: Rule
) -> bool:
    """Whether what a sum leaves of a part that it cuts may be known: by subtraction, it is."""
    return part == OUTSIDE or not rest or rule.allows(_used(contributions, rest), k)


def _used(contributions: Sequence[Contribution], numbers: Iterable[int]) -> dict[str, Decimal]:
    used: dict[str, Decimal] = {}
    for number in numbers:
        item = contributions[number]
        if item.wh:
            used[item.user] = used.get(item.user, Decimal(0)) + item.wh
    return used


def next_disclosure(
    before: Disclosure, contributions: Sequence[Contribution], rule: Rule
) -> Disclosure:
    """What may be published now that contributions are other than they were.

    Args:
        before: what is published.
        contributions: all that is known now; of what was published and is gone, nothing, of
            whoever is now known to be the user.
        rule: as at first.
    """
    accepted = frozenset(before.sums)
    home = {id_: n for n, part in enumerate(before.parts) for r in part.releases for id_ in r}
    by_signature = {part.sums: number for number, part in enumerate(before.parts)}
    now: list[dict[str, Told]] = [{} for _ in before.parts]
    new: dict[tuple[str, ...], dict[str, Told]] = {}
    for item in contributions:
        released = Told(f"{item.wh:f}", item.user)
        signature = tuple(sorted(item.sums & accepted))
        number = home.get(item.id, by_signature.get(signature))
        if number is not None:
            now[number][item.id] = released
        elif signature:
            new.setdefault(signature, {})[item.id] = released
    parts = [_again(part, now[n], before.k, rule) for n, part in enumerate(before.parts)]
    parts += [
        Part(signature, (released,))
        for signature, released in sorted(new.items())
        if rule.allows(difference({}, released), before.k)
    ]
    return Disclosure(before.sums, tuple(parts), before.k)


def _again(part: Part, now: dict[str, Told], k: int, rule: Rule) -> Part:
    """A part with what it holds now, if that may be published."""
    if len(part.releases) >= MOST_RELEASES or not difference(part.releases[-1], now):
        return part
    # Against nothing as well: what was corrected to nothing may leave one user's sum.
    if all(rule.allows(difference(earlier, now), k) for earlier in ({}, *part.releases)):
        return Part(part.sums, (*part.releases, now))
    return part


def difference(earlier: Mapping[str, Told], later: Mapping[str, Told]) -> dict[str, Decimal]:
    """By how much what each user has differs, Wh; whoever has as much as before is not in it.

    Users are counted as they are known now, where they are.
    """
    differs: dict[str, Decimal] = {}
    for id_ in earlier.keys() | later.keys():
        before, after = earlier.get(id_), later.get(id_)
        user = (after or before or _NOTHING).user
        wh = Decimal((after or _NOTHING).wh) - Decimal((before or _NOTHING).wh)
        differs[user] = differs.get(user, Decimal(0)) + wh
    return {user: abs(wh) for user, wh in differs.items() if wh}


_NOTHING: Final = Told("0", "")
