"""Sums of rows under a key: whatever the order, and nothing that was changed, added or taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.log.table_sums import (
    NOTHING,
    Changes,
    RowDigests,
    TableSum,
    added_up,
    decode_sums,
    encode_sums,
    is_same,
    without,
)

DIGESTS = RowDigests(b"an invented secret")
values = st.one_of(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=9), st.none())
rows = st.lists(st.tuples(st.sampled_from(["event", "page"]), values, values), max_size=8)


def sums_of(added: list[tuple[str, object, object]]) -> dict[str, TableSum]:
    changes = Changes(DIGESTS)
    for table, *row in added:
        changes.added(table, *row)  # type: ignore[arg-type]
    return {t: s for t, s in added_up({}, changes.take()).items() if s != NOTHING}


@given(rows, rows)
def test_what_came_and_went_leaves_no_trace(
    kept: list[tuple[str, object, object]], gone: list[tuple[str, object, object]]
) -> None:
    """In whatever order: so rows may be dropped when they are old."""
    changes = Changes(DIGESTS)
    for table, *row in [*gone, *kept]:
        changes.added(table, *row)  # type: ignore[arg-type]
    for table, *row in reversed(gone):
        changes.removed(table, *row)  # type: ignore[arg-type]
    left = {t: s for t, s in added_up({}, changes.take()).items() if s != NOTHING}
    assert left == sums_of(list(reversed(kept)))
    assert changes.take() == {}


@given(rows, rows)
def test_other_rows_have_another_sum(
    one: list[tuple[str, object, object]], other: list[tuple[str, object, object]]
) -> None:
    same = sorted(map(repr, one)) == sorted(map(repr, other))
    assert (sums_of(one) == sums_of(other)) == same


@given(rows)
def test_sums_come_back_as_they_were_stored(added: list[tuple[str, object, object]]) -> None:
    sums = sums_of(added)
    assert decode_sums(encode_sums(sums)) == sums
    assert all(s == NOTHING for s in without(sums, sums).values())


def test_a_value_belongs_to_its_place() -> None:
    digests = {
        DIGESTS.row("event", 1, 2),
        DIGESTS.row("event", 2, 1),
        DIGESTS.row("page", 1, 2),
        DIGESTS.row("event", 12),
        DIGESTS.row("event", b"1", b"2"),
        DIGESTS.row("event", b"12", b""),
        DIGESTS.row("event", None, 2),
    }
    assert len(digests) == 7


def test_without_the_secret_nothing_can_be_made() -> None:
    other = RowDigests(b"another invented secret")
    assert DIGESTS.row("event", 1) != other.row("event", 1)
    assert DIGESTS.fingerprint("x") != other.fingerprint("x")
    assert not is_same(DIGESTS.head("x", 0, 1, b""), other.head("x", 0, 1, b""))


def test_a_head_is_of_one_log_one_part_and_one_commit() -> None:
    heads = {
        DIGESTS.head("x", 0, 1, b"sums"),
        DIGESTS.head("y", 0, 1, b"sums"),
        DIGESTS.head("x", 1, 1, b"sums"),
        DIGESTS.head("x", 0, 2, b"sums"),
        DIGESTS.head("x", 0, 1, b"other"),
    }
    assert len(heads) == 5
