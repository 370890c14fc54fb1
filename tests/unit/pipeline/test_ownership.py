"""Another city's stream tells of its own cabinets, and nobody else of those."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from ldes_shok.cabinet.claim import Claim
from ldes_shok.cabinet.incoming import DERIVED, Delivery, Origin
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.pipeline.ownership import OWNED_ELSEWHERE
from tests.support.vertical import (
    NOON,
    TENANT,
    Vertical,
    configuration,
    fault,
    iris,
    measurement,
    open_vertical,
    reading,
    reservation,
    session,
    status,
)

AT = "2026-05-12T11:45:00Z"
LOCAL = Origin("http", TENANT, "push")
OTHER_LOCAL = Origin("mqtt", TENANT, "kasten")
ANN, BOB = Origin("ldes", TENANT, "ann"), Origin("ldes", TENANT, "bob")
CLAIMS = (
    Claim(ANN.source, TENANT, "https://ann.example", {"K1": "VBS-001", "K2": "ANN-2"}),
    Claim(BOB.source, TENANT, "https://bob.example", {}, "BOB-"),
)
ANN_AGAIN = Origin("ldes", TENANT, "ann-2")
VOLTAGE = [reading("voltage", "231.2", "V")]

EVENTS = {
    "configuration": configuration("2026-05-02T00:00:00Z", cabinet={"type": "foorkast"}),
    "removal": configuration(AT, op="remove"),
    "status": status(AT, axes={"occupancy": "free"}),
    "measurement": measurement(AT, VOLTAGE),
    "session": session("started", AT),
    "fault": fault("raised", AT),
    "reservation": reservation("confirmed", AT, (AT, "2026-05-12T12:45:00Z")),
}


def of(cabinet: str, payload: bytes) -> bytes:
    """The same, of another cabinet."""
    return msgspec.json.encode({**msgspec.json.decode(payload), "cabinet": cabinet})


@contextmanager
def city(directory: Path, claims: Sequence[Claim] = CLAIMS) -> Iterator[Vertical]:
    vertical = open_vertical(directory, claims=claims)
    try:
        yield vertical
    finally:
        vertical.close()


@pytest.fixture
def vertical(tmp_path: Path) -> Iterator[Vertical]:
    with city(tmp_path) as opened:
        yield opened


@pytest.fixture
def ours_first(tmp_path: Path) -> Path:
    """A log in which VBS-001 is ours, from before somebody's claim to it."""
    with city(tmp_path, claims=()) as opened:
        say(opened, LOCAL, upsert("VBS-001", "SN-000012345"))
    return tmp_path


def say(vertical: Vertical, origin: Origin, *payloads: bytes) -> list[Outcome]:
    deliveries = [Delivery(payload, origin, NOON) for payload in payloads]
    return list(vertical.writer.write(deliveries).outcomes)


def upsert(cabinet: str, serial: str = "SN-1", day: int = 1) -> bytes:
    outlets = [{"id": "1", "socket": "IEC60309-2P+E-16", "meter": serial}]
    return of(cabinet, configuration(f"2026-05-0{day}T00:00:00Z", outlets=outlets, meters=()))


def entities(vertical: Vertical) -> set[str]:
    return {
        row.entity
        for stream in vertical.streams
        for row in vertical.reader.rows(stream.name, FIRST_POSITION, 10_000)
    }


def members(vertical: Vertical) -> int:
    return sum(vertical.reader.stream(stream.name).members for stream in vertical.streams)


def assert_refused(vertical: Vertical, outcomes: Sequence[Outcome], *words: str) -> None:
    """Kept, visible, with a sentence that says all of `words`."""
    waiting = {event.key: event.quarantine for event in vertical.reader.quarantined(1_000)}
    for outcome in outcomes:
        assert outcome.kind is OutcomeKind.QUARANTINED
        assert outcome.reason is not None
        quarantine = waiting[outcome.key or ""]
        assert quarantine is not None
        assert (quarantine.code, quarantine.reason) == (OWNED_ELSEWHERE, outcome.reason)
        for word in words:
            assert word in outcome.reason


@pytest.mark.parametrize("kind", EVENTS)
def test_what_we_told_of_first_stays_ours_whatever_a_neighbour_says(
    ours_first: Path, kind: str
) -> None:
    with city(ours_first) as vertical:
        _ours_stays_ours(vertical, kind)


def _ours_stays_ours(vertical: Vertical, kind: str) -> None:
    before = members(vertical)
    refused = say(vertical, ANN, of("VBS-001", EVENTS[kind]))
    assert_refused(
        vertical, refused, "cabinet VBS-001 is ours", LOCAL.source, ANN.source, "another name"
    )
    assert members(vertical) == before
    assert say(vertical, OTHER_LOCAL, of("VBS-001", EVENTS[kind]))[0].kind is OutcomeKind.PUBLISHED


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("is_known", [False, True])
def test_what_a_neighbour_claims_is_not_ours_to_tell_of(
    vertical: Vertical, kind: str, is_known: bool
) -> None:
    if is_known:
        say(vertical, BOB, upsert("BOB-1"))
    before = members(vertical)
    refused = say(vertical, LOCAL, of("BOB-1", EVENTS[kind]))
    assert_refused(vertical, refused, "cabinet BOB-1 is another city's", BOB.source, LOCAL.source)
    assert members(vertical) == before
    assert say(vertical, BOB, upsert("BOB-1", day=3))[0].kind is OutcomeKind.PUBLISHED


@pytest.mark.parametrize("kind", EVENTS)
def test_a_neighbour_tells_of_nothing_that_it_does_not_claim(vertical: Vertical, kind: str) -> None:
    say(vertical, LOCAL, upsert("VBS-002"))
    for cabinet in ("VBS-002", "VBS-003", "ANN-2", "bob-1", "BOB-"):
        refused = say(vertical, BOB, of(cabinet, EVENTS[kind]))
        assert_refused(vertical, refused, f"cabinet {cabinet} is not one that {BOB.source}")


def test_within_one_batch_the_first_one_counts_too(vertical: Vertical) -> None:
    outcomes = vertical.writer.write(
        [
            Delivery(upsert("VBS-002"), LOCAL, NOON),
            Delivery(upsert("BOB-1", "SN-1"), BOB, NOON),
            Delivery(upsert("ANN-2", "SN-2"), ANN, NOON),
            Delivery(of("ANN-2", EVENTS["removal"]), LOCAL, NOON),
        ]
    ).outcomes
    kinds = [outcome.kind for outcome in outcomes]
    assert kinds == [OutcomeKind.PUBLISHED, OutcomeKind.QUARANTINED] * 2
    assert_refused(vertical, outcomes[1:2], "is of cabinet VBS-002")


def test_who_was_first_is_known_after_a_restart_and_in_a_log_of_before_there_were_claims(
    ours_first: Path,
) -> None:
    with city(ours_first) as vertical:
        assert_refused(vertical, say(vertical, ANN, of("VBS-001", EVENTS["removal"])), "is ours")
        say(vertical, ANN, upsert("ANN-2", "SN-2"))
    with city(ours_first) as vertical:
        assert_refused(vertical, say(vertical, ANN, upsert("VBS-001", day=4)), "is ours")
        assert_refused(
            vertical, say(vertical, LOCAL, of("ANN-2", EVENTS["removal"])), "another city's"
        )


def test_what_waits_passes_once_the_settings_say_so_and_not_before(tmp_path: Path) -> None:
    with city(tmp_path) as vertical:
        refused = say(vertical, LOCAL, upsert("BOB-1"), of("BOB-1", EVENTS["status"]))
        assert_refused(vertical, refused, "quarantine retry")
        ids = [event.id for event in vertical.reader.quarantined(10)]
        assert_refused(vertical, vertical.writer.retry(ids).outcomes, "another city's")
    with city(tmp_path, CLAIMS[:1]) as vertical:
        outcomes = vertical.writer.retry(ids).outcomes
        assert {outcome.kind for outcome in outcomes} == {OutcomeKind.PUBLISHED}


def test_what_waited_for_a_configuration_does_not_pass_with_a_neighbours(tmp_path: Path) -> None:
    with city(tmp_path, claims=()) as vertical:
        say(vertical, LOCAL, of("BOB-1", EVENTS["status"]))
    with city(tmp_path) as vertical:
        assert say(vertical, BOB, upsert("BOB-1"))[0].kind is OutcomeKind.PUBLISHED
        vertical.writer.release_all()
        (waiting,) = vertical.reader.quarantined(10)
        assert waiting.quarantine is not None
        assert waiting.quarantine.code == OWNED_ELSEWHERE


def test_a_neighbour_that_is_followed_no_more_says_nothing_more(ours_first: Path) -> None:
    with city(ours_first) as vertical:
        say(vertical, ANN, of("VBS-001", EVENTS["removal"]))
        (waiting,) = vertical.reader.quarantined(10)
    with city(ours_first, claims=()) as vertical:
        outcomes = vertical.writer.retry([waiting.id]).outcomes
        assert_refused(vertical, outcomes, f"not one that {ANN.source} may tell of")
        # What was theirs and nobody claims is free again.
        assert say(vertical, LOCAL, upsert("ANN-2"))[0].kind is OutcomeKind.PUBLISHED


def test_a_source_with_another_name_goes_on_for_the_same_cabinets(tmp_path: Path) -> None:
    with city(tmp_path) as vertical:
        say(vertical, ANN, upsert("ANN-2"), measurement(AT, VOLTAGE, cabinet="ANN-2", meter="SN-1"))
    renamed = Claim(ANN_AGAIN.source, TENANT, "https://ann.example", {"K2": "ANN-2"})
    with city(tmp_path, (renamed,)) as vertical:
        value = [reading("voltage", "232.0", "V")]
        said = measurement(AT, value, cabinet="ANN-2", meter="SN-1", key=f"m:{'a' * 26}")
        again = say(vertical, ANN_AGAIN, upsert("ANN-2", day=3), said)
        assert {outcome.kind for outcome in again} == {OutcomeKind.PUBLISHED}


def test_no_neighbour_names_a_meter_of_ours_or_of_another_neighbour(vertical: Vertical) -> None:
    say(vertical, LOCAL, upsert("VBS-002", "SN-OURS"))
    say(vertical, ANN, upsert("ANN-2", "SN-ANN"))
    before = members(vertical)
    refused = say(vertical, BOB, upsert("BOB-1", "SN-OURS"))
    assert_refused(vertical, refused, "is of cabinet VBS-002", LOCAL.source, BOB.source)
    refused = say(vertical, BOB, upsert("BOB-1", "SN-ANN"))
    assert_refused(vertical, refused, "is of cabinet ANN-2", ANN.source)
    assert members(vertical) == before
    assert say(vertical, BOB, upsert("BOB-1", "SN-BOB"))[0].kind is OutcomeKind.PUBLISHED


def test_no_neighbour_corrects_an_observation_of_another(vertical: Vertical) -> None:
    key = f"m:{'a' * 26}"
    for origin, cabinet in ((ANN, "ANN-2"), (BOB, "BOB-1")):
        say(vertical, origin, upsert(cabinet, f"SN-{cabinet}"))
    theirs = measurement(AT, VOLTAGE, cabinet="ANN-2", meter="SN-ANN-2", key=key)
    assert say(vertical, ANN, theirs)[0].kind is OutcomeKind.PUBLISHED
    other = [reading("voltage", "0.0", "V")]
    forged = measurement(AT, other, cabinet="BOB-1", meter="SN-BOB-1", key=key)
    assert_refused(vertical, say(vertical, BOB, forged), "is of cabinet ANN-2", ANN.source)
    right = measurement(AT, other, cabinet="ANN-2", meter="SN-ANN-2", key=key)
    assert say(vertical, ANN, right)[0].kind is OutcomeKind.PUBLISHED


def test_a_neighbours_configuration_changes_nothing_that_the_settings_say(
    vertical: Vertical,
) -> None:
    say(vertical, ANN, upsert("ANN-2"))
    assert {iris().network(TENANT, "marktnet"), iris().organisation(TENANT, "stad")} <= entities(
        vertical
    )
    say(vertical, LOCAL, upsert("VBS-002"))
    assert say(vertical, ANN, upsert("ANN-2", day=3))[0].kind is OutcomeKind.PUBLISHED


def test_what_the_service_derives_of_a_neighbours_cabinet_is_published(vertical: Vertical) -> None:
    say(vertical, BOB, upsert("BOB-1"))
    derived = Origin(DERIVED, TENANT, "watch")
    said = status(AT, None, axes={"connectivity": "offline"}, cabinet="BOB-1")
    assert say(vertical, derived, said)[0].kind is OutcomeKind.PUBLISHED


def test_what_is_refused_is_told_in_few_words(ours_first: Path) -> None:
    with city(ours_first) as vertical:
        (outcome,) = say(vertical, ANN, of("VBS-001", EVENTS["removal"]))
        (waiting,) = vertical.reader.quarantined(10)
    assert msgspec.json.decode(waiting.payload)["cabinet"] == "VBS-001"
    assert outcome.reason == (
        "cabinet VBS-001 is ours, http:voorbeeldstad:push told of it first: what "
        "ldes:voorbeeldstad:ann says of it is not published; give their cabinet another name in "
        "the cabinets or prefix of that source"
    )
