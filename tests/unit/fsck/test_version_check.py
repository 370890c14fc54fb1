"""Two versions of one thing at one time, and where the rule against them begins."""

from __future__ import annotations

from ldes_shok.fsck.version_check import VersionCheck
from ldes_shok.ldes.member import FIRST_POSITION, Summary
from ldes_shok.log.records import MemberRow, PolicyRecord

SUMMARY = Summary("Kast", "K", "", "2026-05-12T08:00:00Z")


def policy(first: int, most: int) -> PolicyRecord:
    return PolicyRecord(FIRST_POSITION + first, 250, 40, 1000, versions_per_millisecond=most)


def met_again(policies: list[PolicyRecord], members: str) -> list[int]:
    """Which of these members meet a version of the same thing; a space is a millisecond later."""
    check, found, now_ms, number = VersionCheck(policies), [], 1, 0
    for thing in members:
        if thing == " ":
            now_ms += 1
            continue
        position = FIRST_POSITION + number
        row = MemberRow("kasten", position, now_ms, f"{thing}/{number}", thing, SUMMARY)
        if check.meets_again(row):
            found.append(number)
        number += 1
    return found


def test_a_second_version_at_one_time_is_found() -> None:
    assert met_again([policy(0, 1)], "ab ab aab") == [5]
    assert met_again([policy(0, 1)], "aaa") == [1, 2]


def test_as_many_as_the_policy_allows_are_no_finding() -> None:
    assert met_again([policy(0, 2)], "aab aaa") == [5]


def test_before_there_was_a_rule_any_number_is_no_finding() -> None:
    assert met_again([policy(0, 0)], "aaaa") == []
    assert met_again([], "aaaa") == []


def test_the_rule_begins_with_the_very_first_member_of_its_policy() -> None:
    assert met_again([policy(0, 0), policy(2, 1)], "aaa") == [2]
    assert met_again([policy(0, 1), policy(2, 0)], "aaa") == [1]
    assert met_again([policy(0, 0), policy(0, 1)], "aa") == [1]
