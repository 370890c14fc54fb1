"""Members in the order of their publication, each once and without a gap."""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.client.page import Page, read_page
from ldes_shok.fsck.finding import Invariant
from ldes_shok.fsck.order_checks import MemberOrder
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.rdf.lines import read_lines

PAGE = "http://shok.test/kasten/by-time/p1"
TIME, POSITION = "<urn:time>", "<urn:position>"
XSD = "http://www.w3.org/2001/XMLSchema#"


def page(members: Sequence[tuple[str, int, int]]) -> Page:
    """Members with a name, a second of publication and a place in the stream."""
    stream = "<http://shok.test/kasten>"
    lines = [f"{stream} <https://w3id.org/tree#view> <{PAGE}> ."]
    for name, second, place in members:
        lines += [
            f"{stream} <https://w3id.org/tree#member> <urn:{name}> .",
            f'<urn:{name}> {TIME} "2026-05-12T08:00:{second:02d}Z"^^<{XSD}dateTime> .',
            f'<urn:{name}> {POSITION} "{FIRST_POSITION + place}"^^<{XSD}integer> .',
        ]
    return read_page(list(read_lines("".join(f"{line}\n" for line in lines).encode())), PAGE)


def found(*pages: Sequence[tuple[str, int, int]]) -> list[tuple[Invariant, str]]:
    order = MemberOrder(TIME, POSITION)
    return [(f.invariant, f.sentence) for members in pages for f in order.take(page(members))]


def test_equal_times_are_in_order() -> None:
    assert found([("a", 1, 0), ("b", 1, 1)], [("c", 1, 2), ("d", 2, 3)]) == []


def test_each_member_that_is_before_the_newest_is_found() -> None:
    """Not only the first one: a clock that went back may go on from there."""
    sentences = found([("a", 5, 0), ("b", 3, 1)], [("c", 4, 2), ("d", 5, 3)])
    assert [sentence.split()[0] for _, sentence in sentences] == ["urn:b", "urn:c"]
    assert {invariant for invariant, _ in sentences} == {Invariant.ORDER}


def test_a_gap_and_a_place_that_is_taken_twice_are_found() -> None:
    for places in ((0, 2), (0, 0), (1, 2)):
        sentences = found([(name, 1, place) for name, place in zip("ab", places, strict=True)])
        wrong = [expected for expected, place in enumerate(places) if place != expected]
        assert [sentence.rsplit(" ", 1)[1] for _, sentence in sentences] == [
            str(FIRST_POSITION + expected) for expected in wrong
        ]


def test_a_member_on_two_pages_is_found_once_for_each_more() -> None:
    sentences = found([("a", 1, 0)], [("a", 1, 1), ("b", 1, 1)])
    assert [invariant for invariant, _ in sentences] == [Invariant.COMPLETE]
