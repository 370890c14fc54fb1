"""Any course of events, faults and clocks over one log: the oracle agrees after every step.

Hypothesis chooses the steps and, when something is wrong, finds the shortest course that shows
it. Log, writer, mapping and pages are the real ones; each step ends as it can end in life: told
and stored, failed and lost, failed and stored all the same, or with the death of the process.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable
from ldes_shok.fragmentation.tree import Policy
from ldes_shok.fsck import Fetch
from ldes_shok.fsck import Report as Found
from ldes_shok.ldes.member import FIRST_POSITION, Triple
from ldes_shok.ldes.template import Outline
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.validation.verdict import CONFORMS, Verdict
from tests.support.in_process import check_vertical, fetch_from, leaf_archives
from tests.support.model import DISLIKED, Model, Report
from tests.support.unreliable_log import Died, Fate, Moment, UnreliableLog
from tests.support.vertical import NOON, Vertical, deliveries, open_vertical

pytestmark = pytest.mark.fault

POLICIES: Final = (Policy(3, 2, 10), Policy(8, 3, 40))
CABINETS: Final = ("VBS-001", "VBS-002")
JUMPS: Final = (
    timedelta(0),
    timedelta(milliseconds=1),
    timedelta(minutes=7),
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(days=33),
    -timedelta(hours=1),
    -timedelta(days=2),
)
TIES: Final = 5
"""Members that may share a millisecond: few, so that a frozen clock is felt."""

cabinets = st.sampled_from(CABINETS)
minutes = st.integers(-90, 8)
reports = st.one_of(
    st.builds(
        Report, cabinets, st.just("measurement"), minutes, st.sampled_from(["1000", DISLIKED])
    ),
    st.builds(Report, cabinets, st.just("status"), minutes, st.sampled_from(["free", "in_use"])),
    st.builds(Report, cabinets, st.just("configuration"), st.integers(0, 1)),
    st.builds(Report, cabinets, st.just("rubbish"), minutes),
)
batches = st.lists(reports, min_size=1, max_size=6)
fates = st.sampled_from([Fate.STORED, *Fate])


class Choosy:
    """A judge that can be told to refuse the registers that it dislikes.

    Attributes:
        refusing: whether it does now.
    """

    def __init__(self) -> None:
        self.refusing = False

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """By the objects of the member's statements."""
        assert stream in STREAMS
        disliked = any(f'.{DISLIKED}"' in term for _, _, term in triples)
        if self.refusing and disliked:
            return Verdict(conforms=False, report=f"# {iri}\n", sentence="it does not please me")
        return CONFORMS

    def judge_values(self, stream: str, outline: Outline, values: Sequence[str]) -> Verdict:
        """As `judge`."""
        return self.judge(stream, values[0], outline.fill(values))


class LogMachine(RuleBasedStateMachine):
    """One log and what befalls it."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.lives = 0
        self.clock = ManualClock(NOON)
        self.judge = Choosy()
        self.model = Model()
        self.acknowledged: set[str] = set()
        self.seen: dict[str, Found] = {}
        self.policy = POLICIES[0]
        self.vertical = self._open()

    @initialize(configured=st.booleans(), policy=st.sampled_from(POLICIES))
    def begin(self, configured: bool, policy: Policy) -> None:
        self.restart(policy)
        if configured:
            self.deliver([Report(CABINETS[0], "configuration")], Fate.STORED)

    # ---------------------------------------------------------------------------- what is told

    @rule(batch=batches, fate=fates)
    def deliver(self, batch: list[Report], fate: Fate) -> None:
        model = self.model.copy()
        expected = model.take(batch)
        arrived = deliveries(*(report.payload for report in batch))
        self.log.fate = fate
        try:
            written = self.vertical.writer.write(arrived)
        except LogUnavailable:
            assert fate is not Fate.STORED
        else:
            assert fate is Fate.STORED
            assert [outcome.kind for outcome in written.outcomes] == expected
            self.acknowledged.update(iri for o in written.outcomes for iri in o.members)
        if fate.stores:
            self.model = model

    @precondition(lambda self: self.model.ended)
    @rule(data=st.data(), fate=fates)
    def deliver_again(self, data: st.DataObject, fate: Fate) -> None:
        known = list(self.model.ended)
        self.deliver(data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=4)), fate)

    @rule(fate=fates)
    def retry(self, fate: Fate) -> None:
        waiting = [event.id for event in self.vertical.reader.quarantined(1000)]
        model = self.model.copy()
        model.retry()
        self._attempt(lambda: self.vertical.writer.retry(waiting), fate)
        if fate.stores:
            self.model = model

    @rule(refusing=st.booleans())
    def change_the_shapes(self, refusing: bool) -> None:
        self.judge.refusing = self.model.refusing = refusing

    # -------------------------------------------------------------------------- time and upkeep

    @rule(jump=st.sampled_from(JUMPS))
    def move_the_clock(self, jump: timedelta) -> None:
        self.clock.set(self.clock.now() + jump)

    @rule(fate=fates)
    def seal(self, fate: Fate) -> None:
        self._attempt(self.vertical.writer.seal, fate)

    @rule(limit=st.integers(1, 3), fate=fates)
    def archive(self, limit: int, fate: Fate) -> None:
        leaves = leaf_archives(self.vertical, limit)
        self._attempt(lambda: self.log.archive(leaves), fate)

    # ---------------------------------------------------------------------------- who comes back

    @rule(policy=st.sampled_from(POLICIES))
    def restart(self, policy: Policy) -> None:
        self.policy = policy
        self._close()
        self.vertical = self._open()

    @rule(batch=batches, moment=st.sampled_from(Moment))
    def die_in_a_commit(self, batch: list[Report], moment: Moment) -> None:
        model = self.model.copy()
        model.take(batch)
        arrived = deliveries(*(report.payload for report in batch))
        self.log.die(moment, self._directory(self.lives + 1))
        with pytest.raises(Died):
            self.vertical.writer.write(arrived)
        self._close()
        self.lives += 1
        self.vertical = self._open()
        if moment.stores:
            self.model = model

    # --------------------------------------------------------------------------------- who reads

    @rule(batch=batches, every=st.integers(1, 4))
    def crawl_while_it_grows(self, batch: list[Report], every: int) -> None:
        pages = 0

        def grow() -> None:
            nonlocal pages
            pages += 1
            if pages % every == 0 and pages <= 3 * every:
                self.deliver(batch, Fate.STORED)
                self.clock.set(self.clock.now() + timedelta(minutes=7))
                self.vertical.writer.seal()

        self._look(fetch_from(self.vertical, before=grow))

    # ------------------------------------------------------------------------------ what must be

    @invariant()
    def all_is_as_promised(self) -> None:
        self._look()
        self._nothing_acknowledged_is_lost()
        self._the_counts_are_those_of_the_model()

    def _nothing_acknowledged_is_lost(self) -> None:
        found = {iri for each in self.seen.values() for iri in each.members}
        assert self.acknowledged <= found

    def _the_counts_are_those_of_the_model(self) -> None:
        counts: dict[str, int] = {}
        for tally in self.vertical.reader.tallies():
            counts[tally.outcome] = counts.get(tally.outcome, 0) + tally.events
        assert {name: n for name, n in counts.items() if n} == self.model.tallies()
        waiting = self.model.with_outcome(OutcomeKind.QUARANTINED)
        kept = self.vertical.reader.quarantined(1000)
        assert sorted(e.payload for e in kept) == sorted(r.payload for r in waiting)
        assert self.vertical.reader.quarantined_count() == len(waiting)

    def teardown(self) -> None:
        """The members are those of the same events in a log that nothing befell."""
        found = {iri for each in self.seen.values() for iri in each.members}
        directory = self.folder / "undisturbed"
        directory.mkdir()
        undisturbed = open_vertical(directory, Choosy())
        published = self.model.with_outcome(OutcomeKind.PUBLISHED)
        try:
            undisturbed.writer.write(deliveries(*(r.payload for r in published)))
            reader = undisturbed.reader
            assert found == {
                row.iri
                for stream in STREAMS
                for row in reader.rows(stream, FIRST_POSITION, reader.stream(stream).members)
            }
        finally:
            undisturbed.close()
            self._close()
            shutil.rmtree(self.folder)

    # -------------------------------------------------------------------------------------------

    @property
    def log(self) -> UnreliableLog:
        log = self.vertical.log
        assert isinstance(log, UnreliableLog)
        return log

    def _attempt(self, work: Callable[[], object], fate: Fate) -> None:
        """Do what may find nothing to write, and then has no fate."""
        self.log.fate = fate
        try:
            work()
        except LogUnavailable:
            assert fate is not Fate.STORED
        self.log.fate = Fate.STORED

    def _look(self, fetch: Fetch | None = None) -> None:
        self.seen = check_vertical(self.vertical, self.seen, fetch=fetch)

    def _open(self) -> Vertical:
        directory = self._directory(self.lives)
        directory.mkdir(exist_ok=True)
        return open_vertical(
            directory, self.judge, self.policy, TIES, self.clock, open_log=UnreliableLog
        )

    def _close(self) -> None:
        self.vertical.close()

    def _directory(self, life: int) -> Path:
        return self.folder / f"life-{life}"


def courses(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        (80, 20),
        pytest.param(500, 50, marks=pytest.mark.nightly),
    ],
)
def test_whatever_befalls_a_log(tmp_path: Path, examples: int, steps: int) -> None:
    """P1 to P6, P8 and P12 after every step of any course of events, faults and clocks."""
    run_state_machine_as_test(
        lambda: LogMachine(tmp_path),  # type: ignore[arg-type]  # any factory will do
        settings=courses(examples, steps),
    )
