"""What every store promises of members: templates, versions, archives, generations."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest
from msgspec import structs

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.member import FIRST_POSITION, Form, Member, Stamp
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.ldes.template import GapText, Template
from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.records import (
    ArchivedPage,
    Commit,
    LeafArchive,
    MemberRecord,
    NodeRecord,
    SealedHead,
)
from tests.contract.examples import (
    BASE,
    ENTITY,
    NODE,
    a_member,
    publish,
)
from tests.contract.logs import Store
from tests.support.templates import verbatim

# ----------------------------------------------------------------------------- texts, positions


def test_members_of_one_template_are_told_apart_by_their_values(
    writer: LogWriter, reader: LogReader, store: Store
) -> None:
    """P12: every page can be rebuilt byte for byte from the log."""
    layouts = {form: GapText(f"{form} %s 100%% défect %s %s\n", (1, 0, 1)) for form in Form}
    shared = Template(layouts)
    values = [("a", "“x”"), ("", "b\\u0001\\n%s"), ("tab\there", "line\nhere")]
    records = [_templated(number, shared, said) for number, said in enumerate(values)]
    records.append(_templated(3, verbatim(), ("one", "two", "three")))
    writer.commit(publish(*records[:2]))
    writer.commit(publish(*records[2:]))
    writer.close()
    again = store.reader(BASE)
    for log in (reader, again):
        for form in Form:
            assert log.blocks("kasten", FIRST_POSITION, 9, form) == [
                record.member.text(form) for record in records
            ]
    again.close()


def test_values_are_kept_whatever_they_hold(writer: LogWriter, reader: LogReader) -> None:
    values = ("", "\x1f", "\0" + "x" * 100_000)
    writer.commit(publish(_templated(0, verbatim(), values)))
    assert [reader.blocks("kasten", FIRST_POSITION, 1, form)[0] for form in Form] == [
        value.encode() for value in values
    ]


def test_many_members_are_read_in_any_piece(writer: LogWriter, reader: LogReader) -> None:
    records = [a_member(number) for number in range(700)]
    for start, end in ((0, 1), (1, 2), (2, 650), (650, 700)):
        writer.commit(publish(*records[start:end]))
    for first, count in ((0, 700), (0, 1), (1, 1), (3, 400), (255, 3), (649, 2), (690, 99)):
        found = reader.rows("kasten", FIRST_POSITION + first, count)
        assert [row.iri for row in found] == [
            record.member.iri for record in records[first : first + count]
        ]
    assert reader.rows("kasten", FIRST_POSITION + 700, 9) == []


@pytest.mark.parametrize("number", [0, 2, 4])
def test_positions_have_no_gap_and_none_is_taken_twice(
    writer: LogWriter, reader: LogReader, number: int
) -> None:
    """P3: the log only grows; sequence contiguous."""
    writer.commit(publish(a_member(0), a_member(1), a_member(2)))
    with pytest.raises(LogUnavailable):
        writer.commit(Commit(members=(replace(a_member(9), member=_at(a_member(9), number)),)))
    assert len(reader.rows("kasten", FIRST_POSITION, 9)) == 3


def _templated(number: int, template: Template, values: tuple[str, ...]) -> MemberRecord:
    record = a_member(number)
    return replace(record, member=structs.replace(record.member, template=template, values=values))


def _at(record: MemberRecord, number: int) -> Member:
    return structs.replace(record.member, stamp=Stamp(FIRST_POSITION + number, 10))


# ------------------------------------------------------------------------------------- versions


def test_versions_of_an_observation_are_its_corrections(
    writer: LogWriter, reader: LogReader
) -> None:
    """Entities of this kind have an index of another make in some stores."""
    mine, other = f"{BASE}/id/observatie/abc", f"{BASE}/id/observatie/abcd"
    times = ["2026-05-12T12:00:00.25Z", "2026-05-12T12:00:00.5Z", "2026-05-12T12:00:00Z"]
    records = [a_member(n, "techniek", mine, at=at) for n, at in enumerate(times)]
    records += [a_member(3, "techniek", other), a_member(4, "techniek", f"{mine}/deeper")]
    writer.commit(publish(*records, a_member(0, "kasten", mine)))
    found = reader.versions(mine, ["techniek"], 9)
    assert [row.summary.observed_at for row in found] == [times[1], times[0], times[2]]
    assert [row.entity for row in found] == [mine] * 3
    assert len(reader.versions(mine, ["techniek"], 1)) == 1
    assert [row.stream for row in reader.versions(mine, ["kasten"], 9)] == ["kasten"]
    assert [row.entity for row in reader.versions(f"{mine}/deeper", ["techniek"], 9)] == [
        f"{mine}/deeper"
    ]
    assert reader.versions(f"{BASE}/id/observatie", ["techniek"], 9) == []
    assert reader.versions(f"{BASE}/id/observatie/ab", ["techniek"], 9) == []


@pytest.mark.parametrize("entity", [ENTITY, f"{BASE}/id/observatie/abc"])
def test_a_member_whose_iri_is_not_below_its_entity_is_its_version(
    writer: LogWriter, reader: LogReader, entity: str
) -> None:
    record = a_member(0)
    elsewhere = structs.replace(record.member, iri=f"{BASE}/id/elsewhere/1", entity=entity)
    writer.commit(publish(MemberRecord(elsewhere, 1), a_member(1, entity=entity)))
    found = {row.iri: row.entity for row in reader.versions(entity, ["kasten"], 9)}
    assert found == {elsewhere.iri: entity, f"{entity}/kasten-1": entity}


# --------------------------------------------------------------------------- templates, archives


LEAF = Node(
    "1970/01/p1", "1970/01", NodeKind.LEAF, 10, 11, FIRST_POSITION + 2, 3, 10, 0, False, True
)


def _sealed(*leaves: Node) -> Commit:
    heads = tuple(
        SealedHead("kasten", leaf.path, form, b"{", b"}", b"") for leaf in leaves for form in Form
    )
    return Commit(nodes=tuple(NodeRecord("kasten", leaf) for leaf in leaves), heads=heads)


def _archive(reader: LogReader, leaf: Node) -> LeafArchive:
    pages = tuple(
        ArchivedPage(form, f"gzip of {leaf.path} {form}".encode(), bytes([number]) * 32)
        for number, form in enumerate(Form)
    )
    packed = reader.packed("kasten", leaf.first_position, leaf.members)
    return LeafArchive("kasten", leaf.path, leaf.first_position, leaf.members, pages, packed)


@pytest.fixture(params=["one by one", "at once", "across"])
def eight(request: pytest.FixtureRequest, writer: LogWriter) -> list[MemberRecord]:
    """Eight members, committed in different pieces."""
    records = [a_member(number, at=f"2026-05-12T12:00:0{number}Z") for number in range(8)]
    pieces = {"one by one": range(9), "at once": (0, 8), "across": (0, 1, 4, 8)}[request.param]
    for start, end in pairwise(pieces):
        writer.commit(publish(*records[start:end]))
    return records


def test_sealed_leaves_wait_to_be_archived_oldest_first(writer: LogWriter) -> None:
    older = replace(LEAF, path="1970/01/01/p1", last_ms=9, first_position=FIRST_POSITION, members=2)
    still_open = replace(LEAF, path="1970/01/p2", sealed=False)
    interior = replace(NODE, sealed=True)
    writer.commit(publish(*(a_member(number) for number in range(5))))
    writer.commit(_sealed(LEAF, older))
    writer.commit(Commit(nodes=(NodeRecord("kasten", still_open), NodeRecord("kasten", interior))))
    assert writer.unarchived(9) == [NodeRecord("kasten", older), NodeRecord("kasten", LEAF)]
    assert writer.unarchived(1) == [NodeRecord("kasten", older)]
    writer.commit(Commit(nodes=(NodeRecord("kasten", replace(still_open, sealed=True)),)))
    assert len(writer.unarchived(9)) == 3


def test_what_is_archived_reads_as_before(
    writer: LogWriter, reader: LogReader, store: Store, eight: list[MemberRecord]
) -> None:
    """P12: every page can be rebuilt byte for byte from the log."""
    writer.commit(_sealed(LEAF))
    assert reader.archived_page("kasten", LEAF.path, Form.TURTLE) is None
    archive = _archive(reader, LEAF)
    assert archive.packed
    writer.archive([archive])
    assert writer.unarchived(9) == []
    again = store.reader(BASE)
    for log in (reader, again):
        for page in archive.pages:
            assert log.archived_page("kasten", LEAF.path, page.form) == page.gzip
            head = log.sealed_head("kasten", LEAF.path, page.form)
            assert head == SealedHead("kasten", LEAF.path, page.form, b"{", b"}", page.digest)
            assert log.blocks("kasten", FIRST_POSITION, 9, page.form) == [
                record.member.text(page.form) for record in eight
            ]
        rows = log.rows("kasten", FIRST_POSITION, 9)
        assert [row.iri for row in rows] == [record.member.iri for record in eight]
        for record, row in zip(eight, rows, strict=True):
            assert log.member(record.member.iri) == row
            assert row.summary == record.member.summary
        assert [row.position for row in log.versions(ENTITY, ["kasten"], 3)] == [
            FIRST_POSITION + number for number in (7, 6, 5)
        ]
    again.close()
    assert [position for position, _ in writer.members("kasten")] == [
        FIRST_POSITION + number for number in range(8)
    ]
    writer.commit(publish(a_member(8)))
    assert len(reader.rows("kasten", FIRST_POSITION, 99)) == 9
    with pytest.raises(LogUnavailable):
        writer.commit(publish(a_member(3)))


def test_an_archived_leaf_does_not_wait_again(
    writer: LogWriter, reader: LogReader, eight: list[MemberRecord], store: Store
) -> None:
    assert eight
    writer.commit(_sealed(LEAF))
    writer.archive([_archive(reader, LEAF)])
    writer.commit(Commit(nodes=(NodeRecord("kasten", LEAF),)))
    assert writer.unarchived(9) == []
    writer.close()
    reopened = store.writer(BASE)
    assert reopened.unarchived(9) == []
    assert len(list(reopened.members("kasten"))) == 8
    reopened.close()


def test_a_page_is_archived_once(
    writer: LogWriter, reader: LogReader, eight: list[MemberRecord]
) -> None:
    """P4: a sealed node never changes by a byte."""
    second = replace(LEAF, path="1970/01/p2", first_position=FIRST_POSITION + 5)
    writer.commit(_sealed(LEAF, second))
    archive = _archive(reader, LEAF)
    writer.archive([archive])
    other = tuple(replace(page, gzip=b"other") for page in archive.pages)
    with pytest.raises(LogUnavailable):
        writer.archive([_archive(reader, second), replace(archive, pages=other)])
    # All or nothing: the second leaf was not archived with it.
    assert reader.archived_page("kasten", second.path, Form.TURTLE) is None
    assert reader.archived_page("kasten", LEAF.path, Form.TURTLE) == archive.pages[0].gzip
    assert [record.node.path for record in writer.unarchived(9)] == [second.path]
    assert len(reader.blocks("kasten", FIRST_POSITION, 9, Form.JSONLD)) == len(eight)


# ----------------------------------------------------------------------------------- generation


def test_the_generation_changes_with_every_commit(writer: LogWriter, reader: LogReader) -> None:
    """What was found at a generation may be relied on until there is another."""
    told = {reader.generation()}
    for number in range(5):
        writer.commit(publish(a_member(number)))
        assert reader.generation() not in told
        told.add(reader.generation())


def test_no_thread_is_told_a_generation_that_is_over(writer: LogWriter, reader: LogReader) -> None:
    with ThreadPoolExecutor(4) as pool:
        told: set[int] = set()
        for number in range(20):
            writer.commit(publish(a_member(number)))
            now = set(pool.map(lambda _: reader.generation(), range(8)))
            assert not now & told
            told |= now
