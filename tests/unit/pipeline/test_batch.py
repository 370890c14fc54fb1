"""One batch: every event on its own, all of it or nothing."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet import incoming
from ldes_shok.cabinet.incoming import Memory, Origin, Raw, receive
from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import (
    LogUnavailable,
    NotJudged,
    PseudonymKeyUnavailable,
    ValidationUnavailable,
)
from ldes_shok.ldes.member import Form, Triple
from ldes_shok.log.records import SEALED_REASON
from ldes_shok.log.sqlite.events import event_checksum
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.pipeline.batch import DEFECT, NOT_JUDGED, SHAPE_VIOLATION, BatchTools
from ldes_shok.pipeline.writer import Writer
from ldes_shok.validation.verdict import Verdict
from tests.support.examples import examples
from tests.support.keys import MemoryKeys, memory_vault
from tests.support.vertical import (
    BASE,
    NOON,
    ORIGIN,
    Lenient,
    Vertical,
    configuration,
    deliveries,
    delivery,
    measurement,
    open_vertical,
    reading,
    status,
)
from tests.unit.pipeline.reading import all_rows, rows, tallies, texts, words

AT = "2026-05-12T11:45:00Z"
FREE = status(AT, axes={"occupancy": "free"})
CURRENT = measurement(AT, [reading("current", "11.4", "A"), reading("voltage", "230", "V")])
BROKEN = b'{"v":1,'


def _quarantined(vertical: Vertical) -> list[tuple[str, str]]:
    found = vertical.reader.quarantined(100)
    return [(e.kind, e.quarantine.code if e.quarantine else "") for e in found]


# ---------------------------------------------------------------------------------- neighbours


@pytest.mark.parametrize(
    ("bad", "ends"),
    [
        (BROKEN, "rejected"),
        (b"", "rejected"),
        (b"\xff\xfe", "rejected"),
        (FREE.replace(b'"clock":"S"', b'"clock":"X"'), "rejected"),
        (FREE.replace(b'"v":1', b'"v":1,"source":"http:otherstad:push"'), "rejected"),
        (FREE.replace(b'"v":1', b'"v":1,"source":"derived:voorbeeldstad:watch"'), "rejected"),
        (FREE.replace(b'"outlet":"1"', b'"outlet":"9"'), "quarantined"),
        (FREE.replace(b"VBS-001", b"VBS-404"), "quarantined"),
    ],
)
def test_a_bad_event_does_not_disturb_its_neighbours(
    vertical: Vertical, bad: bytes, ends: str
) -> None:
    written = vertical.writer.write(deliveries(configuration(), bad, FREE, bad, CURRENT))
    again = "duplicate" if ends == "quarantined" else ends
    assert words(written.outcomes) == ["published", ends, "published", again, "published"]
    published = [iri for outcome in written.outcomes for iri in outcome.members]
    assert {row.iri for row in all_rows(vertical)} == set(published)
    assert sum(written.published.values()) == len(published)
    assert tallies(vertical) == {"published": 3, ends: 1} | {again: 2 if again == ends else 1}


def test_whoever_sent_it_is_told_what_to_do(vertical: Vertical) -> None:
    written = vertical.writer.write(deliveries(BROKEN, FREE))
    assert [outcome.key is None for outcome in written.outcomes] == [True, False]
    assert all(outcome.reason and not outcome.members for outcome in written.outcomes)


def test_no_key_of_a_sender_stands_before_or_corrects_what_another_source_says(
    vertical: Vertical,
) -> None:
    broker = Origin("mqtt", "voorbeeldstad", "broker")
    theirs = receive(delivery(CURRENT, origin=broker))
    claimed = CURRENT.replace(b'"v":1', f'"v":1,"key":"{theirs.key}"'.encode())
    falsely = claimed.replace(b"11.4", b"99.4")
    written = vertical.writer.write(
        [*deliveries(configuration(), claimed, falsely), delivery(CURRENT, origin=broker)]
    )
    assert words(written.outcomes) == ["published"] * 4
    _, first, second, own = written.outcomes
    assert (first.key, second.key, own.key) == (theirs.key,) * 3
    named = [{iri.rpartition("/")[0] for iri in outcome.members} for outcome in (first, own)]
    assert named[0].isdisjoint(named[1])
    assert {iri.rpartition("/")[0] for iri in second.members} <= named[0]


def test_what_an_earlier_version_took_under_a_senders_key_is_recognised(
    vertical: Vertical, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2, over an upgrade: such a key counted as it was given, not within its source."""
    keyed = CURRENT.replace(b'"v":1', b'"v":1,"key":"m:00000000000000000000000000"')
    with monkeypatch.context() as earlier:
        earlier.setattr(incoming, "sender_key", lambda key, _source: key)
        vertical.writer.write(deliveries(configuration(), keyed))
    again = vertical.writer.write(deliveries(keyed, keyed.replace(b"11.4", b"11.5")))
    assert words(again.outcomes) == ["duplicate", "published"]


def test_what_is_dropped_is_told_whatever_becomes_of_the_event(vertical: Vertical) -> None:
    """Also of one that waits for a configuration further on in the batch."""
    raw = FREE.replace(b'"v":1', b'"v":1,"raw":"sha256:' + b"0" * 64 + b'"')
    written = vertical.writer.write(deliveries(raw, configuration(), raw, FREE))
    assert words(written.outcomes) == ["published", "published", "duplicate", "duplicate"]
    assert [len(outcome.unused) for outcome in written.outcomes] == [1, 0, 1, 0]


def test_a_rejected_payload_is_kept_for_whoever_must_find_out_why(vertical: Vertical) -> None:
    vertical.writer.write(deliveries(b"x" * 100_000))
    (rejection,) = vertical.reader.rejections(10)
    assert (rejection.source, rejection.reason) == ("http:voorbeeldstad:push", SEALED_REASON)
    refused = vertical.tools.vault.unseal_refused(rejection.payload)
    assert refused.payload == b"x" * 65_536
    assert refused.reason


def test_a_member_that_does_not_conform_quarantines_its_whole_event(
    vertical: Vertical, judge: Lenient
) -> None:
    vertical.writer.write(deliveries(configuration()))
    before = all_rows(vertical)
    # Only the technical version is refused: the public one may not slip through alone.
    judge.refused.add("/stopcontact/")
    written = vertical.writer.write(deliveries(FREE, CURRENT))
    assert words(written.outcomes) == ["quarantined", "published"]
    assert written.outcomes[0].reason == "it does not please me"
    (event,) = vertical.reader.quarantined(10)
    assert event.quarantine is not None
    assert event.quarantine.code == SHAPE_VIOLATION
    assert event.quarantine.stream == "kasten"
    assert event.quarantine.report.startswith(f"# {BASE}/id/stopcontact/")
    assert {row.summary.kind for row in all_rows(vertical)[len(before) :]} <= {
        "Stroomsterkte", "Spanning", *(row.summary.kind for row in before)
    }  # fmt: skip
    assert len(all_rows(vertical)) == len(before) + 2


def test_a_refused_event_leaves_no_state_behind(vertical: Vertical, judge: Lenient) -> None:
    judge.refused.add("/kast/")
    vertical.writer.write(deliveries(configuration(), FREE))
    assert vertical.log.state("voorbeeldstad", "VBS-001") is None
    assert _quarantined(vertical) == [
        ("configuration", SHAPE_VIOLATION),
        ("status", "unknown_cabinet"),
    ]


class _BrokenMapper(Mapper):
    """Fails on measurements."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper

    def map(self, received, state):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if b'"measurement"' in received.payload:
            raise ZeroDivisionError("a defect")
        return self._mapper.map(received, state)


def _with(vertical: Vertical, **changes: object) -> BatchTools:
    return replace(vertical.tools, **changes)  # type: ignore[arg-type]


class _Failing(Lenient):
    """Has no verdict."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:  # noqa: ARG002 - a Judge
        raise self._error


def test_a_member_without_a_verdict_is_quarantined_and_can_be_tried_again(
    vertical: Vertical,
) -> None:
    """A member is never passed because pyshacl failed on it."""
    vertical.writer._tools = _with(vertical, judge=_Failing(NotJudged("it died of it")))
    written = vertical.writer.write(deliveries(configuration()))
    assert words(written.outcomes) == ["quarantined"]
    assert _quarantined(vertical) == [("configuration", NOT_JUDGED)]
    vertical.writer._tools = vertical.tools
    assert words(vertical.writer.retry([1]).outcomes) == ["published"]


def test_without_pyshacl_the_commit_fails_and_the_sender_comes_again(vertical: Vertical) -> None:
    """A member is never passed because pyshacl's process was not there."""
    failing = _Failing(ValidationUnavailable("no process"))
    vertical.writer._tools = _with(vertical, judge=failing)
    with pytest.raises(ValidationUnavailable):
        vertical.writer.write(deliveries(configuration()))
    assert _quarantined(vertical) == []
    vertical.writer._tools = vertical.tools
    assert words(vertical.writer.write(deliveries(configuration())).outcomes) == ["published"]


def test_a_defect_in_the_mapping_quarantines_and_stops_nothing(vertical: Vertical) -> None:
    vertical.writer._tools = _with(vertical, mapper=_BrokenMapper(vertical.mapper))
    written = vertical.writer.write(deliveries(configuration(), CURRENT, FREE))
    assert words(written.outcomes) == ["published", "quarantined", "published"]
    assert _quarantined(vertical) == [("measurement", DEFECT)]
    vertical.writer._tools = vertical.tools
    written = vertical.writer.retry([2])
    assert words(written.outcomes) == ["published"]
    assert tallies(vertical) == {"published": 3}


# ---------------------------------------------------------------------------------- duplicates


def test_an_event_is_published_once_however_often_it_comes(vertical: Vertical) -> None:
    """P2: delivered once or a thousand times, it is one member with one IRI."""
    vertical.writer.write(deliveries(configuration()))
    first = vertical.writer.write(deliveries(FREE, FREE, FREE))
    again = vertical.writer.write(deliveries(*[FREE] * 10))
    assert words(first.outcomes) == ["published", "duplicate", "duplicate"]
    assert set(words(again.outcomes)) == {"duplicate"}
    assert len({outcome.key for outcome in (*first.outcomes, *again.outcomes)}) == 1
    assert len(rows(vertical, "techniek")) == len({r.iri for r in rows(vertical, "techniek")})


def test_the_same_report_from_a_buffer_is_the_same_event(vertical: Vertical) -> None:
    flushed = FREE.replace(b'"clock":"S"', b'"clock":"U","historical":true')
    written = vertical.writer.write(deliveries(configuration(), FREE, flushed))
    assert words(written.outcomes) == ["published", "published", "duplicate"]


def test_a_correction_repeats_nothing_that_it_leaves_alone(vertical: Vertical) -> None:
    corrected = CURRENT.replace(b'"11.4"', b'"11.5"')
    written = vertical.writer.write(deliveries(configuration(), CURRENT, corrected))
    assert words(written.outcomes) == ["published"] * 3
    assert [len(outcome.members) for outcome in written.outcomes[1:]] == [2, 1]
    back = vertical.writer.write(deliveries(CURRENT))
    assert words(back.outcomes) == ["duplicate"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_reading_that_is_said_otherwise_is_a_correction(
    vertical: Vertical, *, at_once: bool
) -> None:
    """15: whether the first one is in the log, or in the same batch."""
    vertical.writer.write(deliveries(configuration(), FREE))
    later = measurement("2026-05-12T11:50:00Z", [reading("current", "11.5", "A")])
    corrected = CURRENT.replace(b'"11.4"', b'"11.5"')
    told = (CURRENT, later, corrected, corrected, CURRENT)
    groups = [told] if at_once else [(each,) for each in told]
    outcomes = [
        each for group in groups for each in vertical.writer.write(deliveries(*group)).outcomes
    ]
    assert [each.corrects for each in outcomes] == [False, False, True, False, False]


def test_a_state_that_changes_corrects_nothing(vertical: Vertical) -> None:
    second = status("2026-05-12T11:50:00Z", axes={"occupancy": "in_use"})
    written = vertical.writer.write(deliveries(configuration(), FREE, second))
    assert [each.corrects for each in written.outcomes] == [False] * 3


def test_a_quarantined_event_that_comes_again_is_a_duplicate(vertical: Vertical) -> None:
    written = vertical.writer.write(deliveries(FREE, FREE))
    assert words(written.outcomes) == ["quarantined", "duplicate"]


# ------------------------------------------------------------------------------ wait and release


def test_what_waited_goes_through_in_order_when_its_configuration_arrives(
    vertical: Vertical,
) -> None:
    second = status("2026-05-12T11:50:00Z", axes={"occupancy": "in_use"})
    vertical.writer.write(deliveries(FREE, CURRENT))
    vertical.writer.write(deliveries(second))
    assert tallies(vertical) == {"quarantined": 3}
    vertical.writer.write(deliveries(configuration()))
    assert tallies(vertical) == {"published": 4}
    assert vertical.reader.quarantined_count() == 0
    kinds = [row.summary.kind for row in rows(vertical, "techniek")][-4:]
    assert kinds == ["Stopcontact", "Stroomsterkte", "Spanning", "Stopcontact"]


def test_what_waits_in_the_same_batch_goes_through_too_and_says_so(vertical: Vertical) -> None:
    written = vertical.writer.write(deliveries(FREE, CURRENT, configuration(), FREE))
    assert words(written.outcomes) == ["published", "published", "published", "duplicate"]
    assert [len(outcome.members) for outcome in written.outcomes[:2]] == [2, 2]
    assert tallies(vertical) == {"published": 3, "duplicate": 1}
    assert vertical.reader.quarantined_count() == 0


def test_an_event_may_have_to_wait_again(vertical: Vertical) -> None:
    elsewhere = status(AT, "9", axes={"occupancy": "free"})
    vertical.writer.write(deliveries(elsewhere))
    vertical.writer.write(deliveries(configuration()))
    assert _quarantined(vertical) == [("status", "unknown_outlet")]
    third = configuration("2026-05-02T00:00:00Z", outlets=({"id": "9"},))
    vertical.writer.write(deliveries(third))
    assert tallies(vertical) == {"published": 3}


def test_a_configuration_that_waited_lets_others_through_once(vertical: Vertical) -> None:
    """P8: received = published + duplicate + quarantined + rejected + pending."""
    homeless = configuration("2026-04-01T00:00:00Z", cabinet=None)
    vertical.writer.write(deliveries(homeless, FREE))
    assert tallies(vertical) == {"quarantined": 2}
    vertical.writer.write(deliveries(configuration()))
    assert tallies(vertical) == {"published": 3}


def test_another_cabinet_waits_on(vertical: Vertical) -> None:
    other = FREE.replace(b"VBS-001", b"VBS-002")
    written = vertical.writer.write(deliveries(other, FREE, configuration()))
    assert words(written.outcomes) == ["quarantined", "published", "published"]


# -------------------------------------------------------------------------------------- retrying


def test_retrying_a_configuration_and_what_waits_for_it_counts_each_once(
    vertical: Vertical, judge: Lenient
) -> None:
    """P8: received = published + duplicate + quarantined + rejected + pending."""
    judge.refused.add("/kast/")
    vertical.writer.write(deliveries(configuration(), FREE, CURRENT))
    judge.refused.clear()
    written = vertical.writer.retry([1, 2, 3])
    assert words(written.outcomes) == ["published"] * 3
    assert tallies(vertical) == {"published": 3}
    assert vertical.reader.quarantined_count() == 0
    assert len(all_rows(vertical)) == len({row.iri for row in all_rows(vertical)})


def test_what_was_in_the_future_is_published_once_its_time_has_come(vertical: Vertical) -> None:
    """A service whose own clock was an hour slow does not hold back that hour for good."""
    in_an_hour = status("2026-05-12T13:00:00Z", "1", axes={"occupancy": "in_use"})
    written = vertical.writer.write(deliveries(configuration(), in_an_hour))
    assert words(written.outcomes) == ["published", "quarantined"]
    vertical.clock.set(NOON + timedelta(hours=1))
    (event,) = vertical.reader.quarantined(10)
    assert event.quarantine is not None
    assert event.quarantine.code == "time_in_future"
    assert words(vertical.writer.retry([event.id]).outcomes) == ["published"]


def test_retrying_in_vain_gives_the_new_reason(vertical: Vertical, judge: Lenient) -> None:
    vertical.writer.write(deliveries(configuration()))
    judge.refused.add("/stopcontact/")
    vertical.writer.write(deliveries(FREE, CURRENT))
    judge.refused = {"/techniek"}
    elsewhere = FREE.replace(b'"1"', b'"9"')
    vertical.writer.write(deliveries(elsewhere))
    judge.refused = {"/stopcontact/"}
    written = vertical.writer.retry([4, 2, 999, 1])
    assert words(written.outcomes) == ["quarantined", "quarantined"]
    assert _quarantined(vertical) == [("status", SHAPE_VIOLATION), ("status", "unknown_outlet")]
    assert tallies(vertical) == {"published": 2, "quarantined": 2}


def test_an_event_that_an_earlier_version_took_does_not_stop_the_others(
    vertical: Vertical, judge: Lenient
) -> None:
    vertical.writer.write(deliveries(FREE, CURRENT))
    event = vertical.log.event(1)
    assert event is not None
    earlier = replace(event, payload=b'{"v":0}')
    with sqlite3.connect(vertical.path) as connection:
        connection.execute(
            "UPDATE event SET payload = ?, checksum = ? WHERE id = 1",
            (earlier.payload, event_checksum(earlier)),
        )
    connection.close()
    written = vertical.writer.write(deliveries(configuration()))
    assert words(written.outcomes) == ["published"]
    assert _quarantined(vertical) == [("status", DEFECT)]
    assert tallies(vertical) == {"published": 2, "quarantined": 1}
    assert judge.judged


# ------------------------------------------------------------------------------- failed commits


@pytest.fixture
def full_disk(vertical: Vertical, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Commits fail while the list holds True."""
    failing = [True]
    write = vertical.log._rows.write

    def refuse(commit: object) -> None:
        write(commit)  # type: ignore[arg-type]
        if failing[0]:
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(vertical.log._rows, "write", refuse)
    return failing


def test_after_a_failed_commit_nothing_is_kept_and_a_retry_gets_the_same_places(
    vertical: Vertical, full_disk: list[bool]
) -> None:
    """P3: the log only grows; sequence contiguous."""
    with pytest.raises(LogUnavailable, match="full"):
        vertical.writer.write(deliveries(configuration(), FREE))
    assert all_rows(vertical) == []
    assert tallies(vertical) == {}
    full_disk[0] = False
    written = vertical.writer.write(deliveries(configuration(), FREE))
    assert words(written.outcomes) == ["published", "published"]
    for stream in ("kasten", "techniek"):
        positions = [row.position for row in rows(vertical, stream)]
        assert positions == [10**15 + 1 + number for number in range(len(positions))]


def test_a_store_that_cannot_even_be_read_is_read_again_later(
    vertical: Vertical, full_disk: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(vertical.log, "open_nodes", lambda _: 1 / 0)
        with pytest.raises(LogUnavailable):
            vertical.writer.write(deliveries(configuration()))
        with pytest.raises(ZeroDivisionError):
            vertical.writer.write(deliveries(configuration()))
    full_disk[0] = False
    vertical.writer.write(deliveries(configuration()))
    assert rows(vertical, "kasten")[0].position == 10**15 + 1


def test_a_store_that_cannot_be_read_is_not_the_events_fault(
    vertical: Vertical, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> object:
        raise LogUnavailable("the log cannot be read: disk I/O error")

    vertical.writer.write(deliveries(configuration()))
    with monkeypatch.context() as patch:
        patch.setattr(vertical.log, "published", refuse)
        with pytest.raises(LogUnavailable):
            vertical.writer.write(deliveries(FREE))
    assert vertical.reader.quarantined_count() == 0
    assert words(vertical.writer.write(deliveries(FREE)).outcomes) == ["published"]


# ------------------------------------------------------------------------------------- counting

POOL = (
    configuration(),
    configuration("2026-04-01T00:00:00Z", cabinet=None),
    configuration("2026-05-02T00:00:00Z", outlets=({"id": "9"},)),
    FREE,
    status(AT, "9", axes={"occupancy": "free"}),
    FREE.replace(b"VBS-001", b"VBS-002"),
    CURRENT,
    CURRENT.replace(b'"11.4"', b'"11.5"'),
    BROKEN,
    b"[]",
)


@examples(0.4)
@given(st.lists(st.lists(st.sampled_from(POOL), min_size=1, max_size=8), max_size=6))
def test_every_event_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[bytes]]
) -> None:
    """P8: received = published + duplicate + quarantined + rejected + pending, at every moment."""
    vertical = open_vertical(tmp_path_factory.mktemp("log"))
    try:
        received = 0
        for batch in batches:
            written = vertical.writer.write(deliveries(*batch))
            received += len(batch)
            assert len(written.outcomes) == len(batch)
            counted = tallies(vertical)
            assert sum(counted.values()) == received
            assert counted["quarantined"] == vertical.reader.quarantined_count()
        found = all_rows(vertical)
        assert len({row.iri for row in found}) == len(found)
    finally:
        vertical.close()


def test_events_are_counted_by_their_source(vertical: Vertical) -> None:
    other = Origin("mqtt", "voorbeeldstad", "broker")
    vertical.writer.write([delivery(configuration()), delivery(FREE, origin=other)])
    found = {(tally.source, tally.outcome): tally.events for tally in vertical.reader.tallies()}
    assert found == {
        ("http:voorbeeldstad:push", "published"): 1,
        ("mqtt:voorbeeldstad:broker", "published"): 1,
    }


def test_the_log_is_in_the_folder_it_was_told(vertical: Vertical, tmp_path: Path) -> None:
    assert vertical.path.parent == tmp_path


# ------------------------------------------------------------------------------------ memories


def test_a_position_and_a_decoders_memory_are_stored_with_the_event(vertical: Vertical) -> None:
    told = replace(delivery(configuration()), memory=Memory("a", b"1"), notes=(Memory("b", b"2"),))
    vertical.writer.write([told])
    source = told.origin.source
    assert vertical.reader.memory(source, "a") == b"1"
    assert vertical.reader.memory(source, "b") == b"2"


def test_a_position_without_an_event_is_stored_and_counts_nowhere(vertical: Vertical) -> None:
    told = replace(delivery(b""), notes=(Memory("b", b"2"),))
    (outcome,) = vertical.writer.write([told]).outcomes
    assert outcome.kind is OutcomeKind.NOTED
    assert vertical.reader.memory(told.origin.source, "b") == b"2"
    assert tallies(vertical) == {}


class _NoKeys(MemoryKeys):
    def key(self, period: str, received_in: str) -> bytes:  # noqa: ARG002  none is there
        raise PseudonymKeyUnavailable("the folder of the keys cannot be written")


def test_without_a_key_nothing_is_kept_readable_and_nothing_is_lost(vertical: Vertical) -> None:
    """P1: whoever sent it is told that it was not taken; what needs no key is taken."""
    tools = replace(vertical.tools, vault=memory_vault(_NoKeys()))
    writer = Writer(tools, vertical.streams, vertical.policy, 1000, vertical.clock)
    before = all_rows(vertical)
    with pytest.raises(PseudonymKeyUnavailable):
        writer.write(deliveries(configuration(), BROKEN))
    raw = Raw.of(b"a card", {})
    with pytest.raises(PseudonymKeyUnavailable):
        writer.write([replace(delivery(b""), raw=raw)])
    assert all_rows(vertical) == before
    assert (vertical.reader.rejections(10), vertical.reader.raws(ORIGIN.source, 10)) == ([], [])
    assert words(writer.write(deliveries(configuration())).outcomes) == ["published"]
    assert words(vertical.writer.write(deliveries(BROKEN)).outcomes) == ["rejected"]


# -------------------------------------------------------------- a batch is as its events are alone


def _published_by(directory: Path, batches: Sequence[Sequence[bytes]]) -> tuple[object, ...]:
    """How each event ended, and what is published, without when."""
    directory.mkdir()
    vertical = open_vertical(directory)
    outcomes = [o for b in batches for o in vertical.writer.write(deliveries(*b)).outcomes]
    published = [
        re.sub(rb"generatedAtTime> [^\n]+", b"", text)
        for stream in STREAMS
        for text in texts(vertical, stream, Form.NTRIPLES)
    ]
    vertical.close()
    return [(o.kind, o.members, o.corrects) for o in outcomes], published


def test_what_a_configuration_changes_counts_from_its_place_in_the_batch_on(
    tmp_path: Path,
) -> None:
    """Measurements are mapped ahead, but never with a state that is not theirs."""
    at, later = "2026-05-12T11:46:00Z", "2026-05-12T11:47:00Z"
    other_meter = configuration(
        AT, outlets=[{"id": "1", "meter": "SN-OTHER"}], meters=[{"serial": "SN-OTHER"}]
    )
    events = [
        configuration(),
        measurement(AT, [reading("current", "1", "A")], meter=None),
        measurement(at, [reading("current", "2", "A")], meter=None),
        other_meter,
        measurement(later, [reading("current", "3", "A")], meter=None),
        measurement(later, [reading("voltage", "230", "V")], meter=None),
        configuration(later, op="remove"),
        measurement("2026-05-12T11:48:00Z", [reading("current", "4", "A")], meter=None),
    ]
    one_by_one = _published_by(tmp_path / "one", [[event] for event in events])
    assert _published_by(tmp_path / "all", [events[:1], events[1:]]) == one_by_one
    assert b"SN-OTHER" in b"".join(_texts_of(one_by_one))


def _texts_of(published: tuple[object, ...]) -> Sequence[bytes]:
    found = published[1]
    assert isinstance(found, list)
    return found


def test_every_member_has_the_event_that_it_came_from(vertical: Vertical) -> None:
    voltage = measurement("2026-05-12T11:46:00Z", [reading("voltage", "231", "V")])
    (configured, *told) = vertical.writer.write(
        deliveries(configuration(), CURRENT, BROKEN, FREE, voltage)
    ).outcomes
    entities = {row.iri: row.entity for row in all_rows(vertical)}
    assert configured.members
    for outcome in told:
        for iri in outcome.members:
            event = vertical.log.first_told(entities[iri])
            by_time = vertical.log.told_under(f"{iri.rpartition('-')[0]}-")
            keys = {each.key for each in (event, *by_time) if each is not None}
            assert outcome.key in keys, iri


def test_of_a_duplicate_no_raw_bytes_are_kept(vertical: Vertical) -> None:
    raw = Raw.of(b"a frame", {"topic": "t"})
    first = replace(delivery(configuration()), raw=raw)
    again = replace(first, received_at=NOON + timedelta(minutes=1))
    vertical.writer.write([first])
    assert words(vertical.writer.write([again]).outcomes) == ["duplicate"]
    later = replace(first, payload=FREE, received_at=NOON + timedelta(minutes=2))
    assert words(vertical.writer.write([later, again]).outcomes) == ["published", "duplicate"]
    kept = [record.received_ms for _, record in vertical.reader.raws(ORIGIN.source, 10)]
    assert kept == [to_milliseconds(NOON), to_milliseconds(NOON + timedelta(minutes=2))]


def test_raw_bytes_of_several_events_are_kept_once(vertical: Vertical) -> None:
    raw = Raw.of(b"a frame of two events", {})
    vertical.writer.write([replace(d, raw=raw) for d in deliveries(configuration(), FREE)])
    assert len(vertical.reader.raws(ORIGIN.source, 10)) == 1
