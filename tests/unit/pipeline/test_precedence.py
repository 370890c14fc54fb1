"""Reports of one thing and one instant: whatever order they come in, the streams tell the same."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.ldes.member import Form
from ldes_shok.mapping.streams import STREAMS
from tests.support.examples import examples
from tests.support.vertical import (
    CABINET,
    Lenient,
    configuration,
    deliveries,
    fault,
    open_vertical,
    reservation,
    session,
    status,
)
from tests.unit.pipeline.reading import rows, tallies, texts

AT = "2026-05-12T10:00:00Z"
EARLIER = "2026-05-12T09:00:00Z"
DAY = ("2026-05-12T08:00:00Z", "2026-05-12T16:00:00Z")
MARKET = {"id": "woensdagmarkt", "type": "market"}

_OF_THE_LOG = re.compile(r"generatedAtTime|schema\.org/position")
_BLANK = re.compile(r"_:\w+")

Told = dict[tuple[str, str, str], str]


def _told(payloads: Iterable[bytes], directory: Path, *, together: bool) -> Told:
    """What a client knows in the end: of each thing, stream and own time the last version."""
    vertical = open_vertical(directory, Lenient())
    batches = [list(payloads)] if together else [[payload] for payload in payloads]
    for batch in batches:
        vertical.writer.write(deliveries(*batch))
    assert set(tallies(vertical)) == {"published"}
    told: Told = {}
    for stream in STREAMS:
        for row, text in zip(
            rows(vertical, stream), texts(vertical, stream, Form.NTRIPLES), strict=True
        ):
            lines = [line for line in text.decode().splitlines() if not _OF_THE_LOG.search(line)]
            said = "\n".join(lines).replace(row.iri, "")
            labels = {
                label: f"_:{i}" for i, label in enumerate(dict.fromkeys(_BLANK.findall(said)))
            }
            said = _BLANK.sub(lambda found, known=labels: known[found[0]], said)  # type: ignore[misc]
            told[stream, row.entity, row.summary.observed_at] = said
    vertical.close()
    return told


def _differ(told: Sequence[Told]) -> list[tuple[str, str, str]]:
    keys = {key for each in told for key in each}
    return sorted(key for key in keys if len({each.get(key) for each in told}) > 1)


def _named(name: str, **more: object) -> bytes:
    """A configuration for `AT` that names the cabinet otherwise."""
    return configuration(AT, cabinet={**CABINET, "name": name}, **more)  # type: ignore[arg-type]


MOVED = configuration(
    AT, cabinet={"position": [3.7, 51.0], "network": "foornet"}, outlets=(), meters=()
)
OUTLET_1 = configuration(
    AT, cabinet=None, outlets=({"id": "1", "socket": "CEE7/5", "meter": "SN-2"},), meters=()
)
OUTLET_1_OTHERWISE = configuration(
    AT, cabinet=None, outlets=({"id": "1", "socket": "CEE7/3"}, {"id": "9"}),
    meters=({"serial": "SN-2", "model": "Y", "outlet": "9"},),
)  # fmt: skip
REMOVED = configuration(AT, op="remove")


def _axes(outlet: str | None = "1", **axes: str) -> bytes:
    return status(AT, outlet, axes=axes)


def _reserved(state: str, at: str = AT, outlet: str | None = "1", **data: object) -> bytes:
    return reservation(state, at, DAY, outlet, data=data)


TIES = {
    "configurations": [_named("A"), _named("B"), MOVED, OUTLET_1],
    "configurations of one outlet": [OUTLET_1, OUTLET_1_OTHERWISE, MOVED],
    "a removal": [REMOVED, MOVED, OUTLET_1],
    "a removal and what was observed": [REMOVED, OUTLET_1, _axes("2", occupancy="free")],
    "statuses": [
        _axes(occupancy="free", operation="operational"),
        _axes(occupancy="in_use"),
        _axes(occupancy="free", vendorState="3", door="open"),
        _axes(operation="defect", vendorState="4"),
    ],
    "links": [
        _axes(None, connectivity="offline", vendorState="1"),
        _axes(None, connectivity="online", vendorState="2"),
        _axes(occupancy="free"),
        _axes(None, connectivity="offline", door="open", vendorState="2"),
    ],
    "link of an outlet": [
        _axes(connectivity="offline"), _axes(occupancy="in_use"), session("started", AT)
    ],
    "sessions": [
        session("started", AT),
        session("ended", AT, data={"startedAt": EARLIER, "sessionId": "s0"}),
        session("ended", AT),
        _axes(occupancy="free"),
    ],
    "one session told twice": [
        session("started", AT, data={"method": "app"}),
        session("started", AT, data={"method": "rfid"}),
        session("started", AT, data={"method": "qr"}),
    ],
    "faults": [
        fault("raised", AT),
        fault("cleared", AT),
        fault("raised", AT, severity="info"),
        _axes(operation="operational"),
    ],
    "reservations": [
        _reserved("confirmed"),
        _reserved("cancelled"),
        _reserved("confirmed", activity=MARKET),
        _axes(occupancy="free"),
    ],
    "reservations of a cabinet": [
        _reserved("confirmed", outlet=None),
        _axes(occupancy="free"),
        _axes("2", occupancy="free"),
    ],
    "activities": [
        _reserved("confirmed", activity=MARKET),
        reservation("confirmed", AT, (DAY[0], "2026-05-12T17:00:00Z"), "2",
                    data={"activity": MARKET, "reservationId": "R-2"}),
        reservation("confirmed", EARLIER, (DAY[0], "2026-05-12T18:00:00Z"), "2",
                    data={"activity": MARKET, "reservationId": "R-3"}),
    ],
    "of several kinds": [
        MOVED, _axes(occupancy="free"), session("started", AT, "2"), fault("raised", AT)
    ],
}  # fmt: skip


def test_a_late_word_of_a_day_is_not_the_last_in_the_open_reservations(tmp_path: Path) -> None:
    day = [
        _reserved("requested", "2026-05-12T10:00:00Z"),
        _reserved("confirmed", "2026-05-12T11:00:00Z"),
        _reserved("cancelled", "2026-05-12T12:00:00Z"),
    ]
    for number, order in enumerate(itertools.permutations(day)):
        directory = tmp_path / str(number)
        directory.mkdir()
        told = _told((configuration(), *order), directory, together=False)
        (said,) = (said for (stream, _, _), said in told.items() if stream == "reservaties-open")
        assert "geannuleerd" in said


@pytest.mark.parametrize("name", TIES)
def test_whatever_order_reports_of_one_instant_come_in_the_streams_tell_the_same(
    name: str, tmp_path: Path
) -> None:
    told = []
    for number, order in enumerate(itertools.permutations(TIES[name])):
        directory = tmp_path / str(number)
        directory.mkdir()
        # One after the other in one commit and in several, by turns.
        told.append(_told((configuration(), *order), directory, together=number % 2 == 0))
    assert not _differ(told)


def test_of_two_configurations_with_one_valid_from_what_was_said_later_counts(
    tmp_path: Path,
) -> None:
    """However often the wrong one comes: its sender is told so."""
    wrong = _named("Mrkt", observedAt="2026-05-12T09:00:00Z")
    right = _named("Markt", observedAt="2026-05-12T09:30:00Z")
    for number, order in enumerate(([wrong, right], [right, wrong])):
        directory = tmp_path / str(number)
        directory.mkdir()
        told = _told((configuration(), *order), directory, together=False)
        (said,) = (
            text for (stream, entity, at), text in told.items()
            if (stream, at) == ("kasten", AT) and "/kast/" in entity
        )  # fmt: skip
        assert '"Markt"' in said
    vertical = open_vertical(tmp_path)
    outcomes = vertical.writer.write(deliveries(configuration(), right, wrong)).outcomes
    vertical.close()
    assert [len(outcome.unused) for outcome in outcomes] == [0, 0, 1]
    assert outcomes[2].unused[0].startswith("data.cabinet.name: does not count: another conf")


@pytest.mark.parametrize(
    ("counts", "less", "told"),
    [
        (fault("cleared", AT), fault("raised", AT), "data: does not count: of the same thing"),
        (REMOVED, MOVED, ""),
        (MOVED, REMOVED, "data.op: remove does not count"),
        (_axes(door="closed"), _axes(door="open"), "data.door: does not count: another status"),
    ],
)
def test_whoever_sends_what_does_not_count_is_told(
    counts: bytes, less: bytes, told: str, tmp_path: Path
) -> None:
    vertical = open_vertical(tmp_path)
    outcomes = vertical.writer.write(deliveries(configuration(), counts, less)).outcomes
    vertical.close()
    assert [outcome.unused for outcome in outcomes[:2]] == [(), ()]
    assert "".join(outcomes[2].unused).startswith(told)


POOL = [payload for name, payloads in TIES.items() if "removal" not in name for payload in payloads]


@examples(0.3)
@given(
    st.lists(st.sampled_from(range(len(POOL))), min_size=2, max_size=6, unique=True),
    st.randoms(use_true_random=False),
)
def test_any_reports_of_one_instant(numbers: list[int], chance: random.Random) -> None:
    chosen = [POOL[number] for number in dict.fromkeys(numbers)]
    chosen = list(dict.fromkeys(chosen))
    shuffled = list(chosen)
    chance.shuffle(shuffled)
    told = []
    for order in (chosen, shuffled):
        with TemporaryDirectory() as directory:
            told.append(
                _told((configuration(), *order), Path(directory), together=chance.random() < 0.5)
            )
    assert not _differ(told)
