"""One stream while it is written, over crashes, restarts, seals and clocks that jump."""

from __future__ import annotations

import gzip
import hashlib
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ldes_shok.clock import format_milliseconds, to_milliseconds
from ldes_shok.fragmentation.tree import Policy, TimeTree
from ldes_shok.ldes.member import FIRST_POSITION, Form, Member, Stamp, Summary
from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.log.records import Commit, MemberRecord
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.pipeline.archive import LeafArchiver, archive_all
from ldes_shok.pipeline.stream_writer import Sealer, StreamWriter
from ldes_shok.representation.hypermedia import HypermediaWriter, node_iri
from ldes_shok.representation.pages import PageCache, Pages
from tests.support.examples import examples
from tests.support.logs import identity_of
from tests.support.templates import verbatim
from tests.support.vertical import BASE, CONTEXT_IRI, NOON, event_stream

Child = tuple[str, str, str]
"""The page of a child and its bounds."""

STREAM = event_stream("kasten")
POLICY = Policy(leaf_members=3, bucket_leaves=2, sparse_month_members=5)
PER_MILLISECOND = 4
SECOND, HOUR, DAY = 1000, 3_600_000, 86_400_000


@dataclass(slots=True)
class Opened:
    """A log with the writer of one stream."""

    log: SqliteLogWriter
    reader: SqliteLogReader
    writer: StreamWriter
    sealer: Sealer
    archiver: LeafArchiver
    pages: Pages

    def close(self) -> None:
        self.reader.close()
        self.log.close()


def opened(path: Path, policy: Policy = POLICY, limit: int = PER_MILLISECOND) -> Opened:
    log = SqliteLogWriter(path, identity_of(BASE))
    reader, hypermedia = SqliteLogReader(path, BASE), HypermediaWriter(CONTEXT_IRI)
    return Opened(
        log,
        reader,
        StreamWriter(STREAM, log, policy, limit),
        Sealer(hypermedia, reader),
        LeafArchiver(reader, hypermedia),
        Pages(reader, hypermedia, PageCache(0)),
    )


def member(stamp: Stamp, thing: str = "") -> Member:
    """A member that is nothing but its place, of `thing` or of one of its own."""
    iri = f"{BASE}/id/kast/t/{stamp.position}"
    text = f"<{iri}> <urn:p> {stamp.published_ms} ."
    summary = Summary("Kast", "t", "", "2026-05-12T12:00:00Z")
    return Member(
        "kasten",
        f"{iri}/v",
        thing or iri,
        stamp,
        summary,
        verbatim(),
        (text, text, f'{{"@id":"{iri}"}}'),
    )


def append(open_log: Opened, things: Sequence[str], now_ms: int) -> list[Stamp]:
    """Take one member of each thing; returns where they stand."""
    stamps = open_log.writer.stamps(things, now_ms)
    assert stamps == open_log.writer.stamps(things, now_ms)
    open_log.writer.append([member(s, t) for s, t in zip(stamps, things, strict=True)])
    return stamps


def commit(open_log: Opened) -> None:
    """What a batch does at its end."""
    writer = open_log.writer
    members, nodes = writer.take_members(), writer.take_nodes()
    heads = open_log.sealer.heads(STREAM, {n.node.path: n.node for n in nodes})
    record = writer.take_record()
    open_log.log.commit(
        Commit(
            members=tuple(MemberRecord(m, 1) for m in members),
            nodes=tuple(nodes),
            heads=tuple(heads),
            streams=(record,) if record else (),
        )
    )


def children_of(open_log: Opened, node: Node) -> set[Child]:
    """The children of a node, as the log has them."""
    return {
        (
            node_iri(STREAM, child.path),
            format_milliseconds(child.lower_ms),
            format_milliseconds(child.upper_ms),
        )
        for child in open_log.reader.children("kasten", node.path)
        if child.upper_ms is not None
    }


def children_on_page(open_log: Opened, node: Node) -> set[Child]:
    """Where the page of a node leads."""
    page = open_log.pages.render(STREAM, node, Form.NTRIPLES).body.decode()
    relations = r'_:r(\d+)%s .*Relation> \.\n.*#node> <(.+)> \.\n.*\n.*#value> "(.+)"'
    lower = {number: (iri, at) for number, iri, at in re.findall(relations % "g", page)}
    upper = {number: (iri, at) for number, iri, at in re.findall(relations % "l", page)}
    assert {n: iri for n, (iri, _) in lower.items()} == {n: iri for n, (iri, _) in upper.items()}
    return {(iri, at, upper[number][1]) for number, (iri, at) in lower.items()}


def reachable(open_log: Opened) -> int:
    """How many members a client finds that follows every relation from the root node."""
    waiting, members = [ROOT], 0
    while waiting:
        node = open_log.reader.node("kasten", waiting.pop())
        assert node is not None
        prefix = f"{STREAM.view_iri}/"
        waiting += [iri.removeprefix(prefix) for iri, _, _ in children_on_page(open_log, node)]
        members += node.members if node.kind is NodeKind.LEAF else 0
    return members


class StreamOverTime(RuleBasedStateMachine):
    """Appends, seals, crashes and restarts in any order, on a real log."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self._path = Path(self._directory.name) / "log.db"
        self._open = opened(self._path)
        self._now_ms = to_milliseconds(NOON)
        self._stamps: list[Stamp] = []
        self._staged: list[Stamp] = []
        self._things: dict[int, str] = {}
        self._sealed: dict[tuple[str, Form], bytes] = {}
        self._newest_ms = 0
        self._staged_newest_ms = 0

    def teardown(self) -> None:
        self._open.close()
        self._directory.cleanup()

    @rule(things=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9))
    def append(self, things: list[str]) -> None:
        stamps = append(self._open, things, self._now_ms)
        self._things.update((s.position, t) for s, t in zip(stamps, things, strict=True))
        self._staged += stamps
        self._staged_newest_ms = stamps[-1].published_ms

    @rule(step_ms=st.sampled_from([1, SECOND, HOUR, DAY, 40 * DAY, 400 * DAY]))
    def clock_runs(self, step_ms: int) -> None:
        self._now_ms += step_ms

    @rule(step_ms=st.sampled_from([1, SECOND, HOUR, DAY, 40 * DAY]))
    def clock_goes_back(self, step_ms: int) -> None:
        self._now_ms -= step_ms

    @rule()
    def seal(self) -> None:
        ended = self._open.writer.has_ended(self._now_ms)
        self._open.writer.seal_until(self._now_ms)
        assert not self._open.writer.has_ended(self._now_ms)
        if ended:
            self._staged_newest_ms = max(self._staged_newest_ms, self._now_ms)

    @rule()
    def store(self) -> None:
        commit(self._open)
        self._stamps += self._staged
        self._newest_ms = self._staged_newest_ms
        self._staged = []

    @precondition(lambda self: self._staged)
    @rule()
    def crash(self) -> None:
        self._open.close()
        self._staged, self._staged_newest_ms = [], self._newest_ms
        self._open = opened(self._path)
        assert self._open.writer.members == len(self._stamps)

    @rule()
    def archive(self) -> None:
        archive_all(self._open.log, self._open.archiver)
        assert self._open.log.unarchived(1) == []

    @rule()
    def restart(self) -> None:
        self.store()
        self._open.close()
        self._open = opened(self._path)

    @invariant()
    def publication_time_never_goes_back(self) -> None:
        stamps = self._stamps + self._staged
        times = [stamp.published_ms for stamp in stamps]
        assert times == sorted(times)
        assert [s.position for s in stamps] == list(
            range(FIRST_POSITION, FIRST_POSITION + len(stamps))
        )
        assert all(times.count(time) <= PER_MILLISECOND for time in set(times))

    @invariant()
    def versions_of_one_thing_never_share_a_millisecond(self) -> None:
        stamps = self._stamps + self._staged
        told = [(stamp.published_ms, self._things[stamp.position]) for stamp in stamps]
        assert len(told) == len(set(told))

    @invariant()
    def the_log_holds_what_was_stored(self) -> None:
        record = self._open.reader.stream("kasten")
        assert (record.members, record.last_ms) == (len(self._stamps), self._newest_ms)
        stored = self._open.log.members("kasten")
        assert list(stored) == [(s.position, s.published_ms) for s in self._stamps]

    @invariant()
    def sealed_pages_never_change(self) -> None:
        for node in self._nodes():
            if not node.sealed:
                continue
            for form in Form:
                body = self._open.pages.render(STREAM, node, form).body
                head = self._open.reader.sealed_head("kasten", node.path, form)
                assert head is not None
                assert body.startswith(head.prefix)
                assert head.digest in (b"", hashlib.sha256(body).digest())
                if node.kind is NodeKind.LEAF:
                    page = self._open.reader.archived_page("kasten", node.path, form)
                    assert (page is None) == (head.digest == b"")
                    assert page is None or gzip.decompress(page) == body
                assert self._sealed.setdefault((node.path, form), body) == body

    @invariant()
    def every_page_leads_to_all_of_its_children(self) -> None:
        for node in self._nodes():
            assert children_of(self._open, node) == children_on_page(self._open, node)

    @invariant()
    def the_tree_follows_from_the_log(self) -> None:
        tree = TimeTree(POLICY)
        nodes: dict[str, Node] = {}
        for stamp in self._stamps:
            tree.place(stamp.position, stamp.published_ms)
            nodes.update((node.path, node) for node in tree.take_changes())
        tree.seal_until(self._newest_ms)
        nodes.update((node.path, node) for node in tree.take_changes())
        assert nodes == {node.path: node for node in self._nodes()}

    def _nodes(self) -> list[Node]:
        found: list[Node] = []
        waiting = [self._open.reader.node("kasten", "")]
        while waiting:
            node = waiting.pop()
            if node is not None:
                found.append(node)
                waiting.extend(self._open.reader.children("kasten", node.path))
        return found


TestStreamOverTime = StreamOverTime.TestCase
TestStreamOverTime.settings = examples(0.4, stateful_step_count=40)


def test_ties_are_bounded_and_then_time_is_pushed_on(tmp_path: Path) -> None:
    open_log = opened(tmp_path / "log.db", limit=2)
    stamps = open_log.writer.stamps("abcde", 1000)
    assert [stamp.published_ms for stamp in stamps] == [1000, 1000, 1001, 1001, 1002]
    open_log.close()


def test_two_versions_of_one_thing_never_share_a_millisecond(tmp_path: Path) -> None:
    """A client that knows only the timestamp path ends in the right state."""
    open_log = opened(tmp_path / "log.db")
    stamps = append(open_log, "aabab", 1000)
    assert [stamp.published_ms for stamp in stamps] == [1000, 1001, 1001, 1002, 1002]
    commit(open_log)
    # The next commit of the same millisecond, and one of after.
    assert [s.published_ms for s in append(open_log, "cad", 1000)] == [1002, 1003, 1003]
    assert [s.published_ms for s in append(open_log, "da", 1003)] == [1004, 1004]
    assert [s.published_ms for s in append(open_log, "a", 1005)] == [1005]
    open_log.close()


def test_nobody_joins_the_last_millisecond_after_a_restart(tmp_path: Path) -> None:
    open_log = opened(tmp_path / "log.db")
    append(open_log, "a", 1000)
    commit(open_log)
    open_log.close()
    open_log = opened(tmp_path / "log.db")
    assert open_log.log.stream("kasten").last_ms == 1000
    assert [s.published_ms for s in append(open_log, "ba", 1000)] == [1001, 1001]
    open_log.close()


def test_time_runs_ahead_by_no_more_than_the_versions_of_one_thing(tmp_path: Path) -> None:
    """A bulk of 500 versions of each of five things, in one go, while the clock stands still."""
    open_log = opened(tmp_path / "log.db", limit=50)
    assert append(open_log, "abcde" * 500, 1000)[-1].published_ms == 1499
    assert append(open_log, "a" * 500 + "b" * 500, 1000)[-1].published_ms == 2498
    open_log.close()


def test_after_a_seal_nothing_is_published_before_it(tmp_path: Path) -> None:
    """P3: publication time never goes back, whatever the clock does."""
    open_log = opened(tmp_path / "log.db")
    noon = to_milliseconds(NOON)
    append(open_log, "a", noon)
    open_log.writer.seal_until(noon + DAY)
    commit(open_log)
    assert open_log.writer.stamps("a", noon)[0].published_ms == noon + DAY
    open_log.close()
    open_log = opened(tmp_path / "log.db")
    assert open_log.writer.stamps("a", noon)[0].published_ms == noon + DAY
    open_log.close()


def test_a_batch_that_crosses_midnight_leaves_every_member_reachable(tmp_path: Path) -> None:
    """P1: the page of a day is sealed with the leaves of its last batch too."""
    open_log = opened(tmp_path / "log.db", limit=1)
    midnight = to_milliseconds(NOON) + DAY // 2
    append(open_log, "abcd", midnight - HOUR)
    commit(open_log)
    append(open_log, "abcdefgh", midnight - 4)
    commit(open_log)
    day = open_log.reader.node("kasten", "2026/05/12")
    assert day is not None
    assert day.sealed
    assert len(children_of(open_log, day)) > 2
    assert children_on_page(open_log, day) == children_of(open_log, day)
    assert reachable(open_log) == 12
    open_log.close()


def test_a_quiet_batch_writes_nothing(tmp_path: Path) -> None:
    open_log = opened(tmp_path / "log.db")
    open_log.writer.seal_until(to_milliseconds(NOON))
    assert open_log.writer.take_record() is None
    assert open_log.writer.take_nodes() == []
    open_log.close()


def test_every_policy_that_held_is_kept_with_its_place(tmp_path: Path) -> None:
    """P12: every page can be rebuilt byte for byte from the log."""
    noon = to_milliseconds(NOON)
    policies = [POLICY, POLICY, Policy(leaf_members=7), POLICY]
    for number, policy in enumerate(policies):
        open_log = opened(tmp_path / "log.db", policy)
        append(open_log, "ab", noon + number)
        commit(open_log)
        open_log.close()
    open_log = opened(tmp_path / "log.db")
    record = open_log.reader.stream("kasten")
    assert [(p.from_position - FIRST_POSITION, p.leaf_members) for p in record.policies] == [
        (0, 3),
        (4, 7),
        (6, 3),
    ]
    assert any(n.kind is NodeKind.LEAF for n in open_log.reader.children("kasten", "2026/05/12"))
    open_log.close()
