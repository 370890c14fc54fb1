"""Whether the sockets of a cabinet add up to its head meter."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ldes_shok.derive.contributions import HEAD, ZONE, CabinetDay, slot
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.head_meter import difference, report
from ldes_shok.derive.quarters import QUARTER_US, day_bounds

DAY = date(2026, 5, 12)
START_US = day_bounds(DAY, ZONE)[0]
NOW = datetime(2026, 5, 14, tzinfo=UTC)


def counted(**wh: int) -> Notebook:
    """What each outlet counted in the first quarter of the day; `head` is the head meter."""
    notebook = Notebook(lambda _: None, lambda _: [])
    place = slot(DAY, START_US, START_US + QUARTER_US)
    assert place is not None
    used = {f"{HEAD if name == 'head' else name}/m": {place: str(n)} for name, n in wh.items()}
    notebook.put(f"day/t/{DAY.isoformat()}/A", CabinetDay(used))
    return notebook


@pytest.mark.parametrize(
    ("wh", "differs"),
    [
        ({"s1": 500, "s2": 500, "head": 2_000}, False),  # 1 kWh: the cabinet itself uses some
        ({"s1": 500, "s2": 500, "head": 2_001}, True),
        ({"s1": 2_001, "head": 1_000}, True),
        ({"s1": 95_000, "head": 100_000}, False),  # 5 % of what the head meter counted
        ({"s1": 94_999, "head": 100_000}, True),
        ({"s1": 105_001, "head": 100_000}, True),
        ({"s1": 9_000}, False),
        ({"head": 9_000}, False),
    ],
)
def test_a_difference_is_told_where_it_is_more_than_the_cabinet_itself_uses(
    wh: dict[str, int], differs: bool
) -> None:
    found = difference("t", DAY, "A", counted(**wh))
    sockets = sum(used for name, used in wh.items() if name != "head")
    assert found == ((Decimal(sockets), Decimal(wh["head"])) if differs else None)
    assert (report("t", DAY, "A", NOW, counted(**wh)) is not None) == differs


def test_it_is_a_fault_of_the_lowest_severity_dated_by_the_end_of_the_day() -> None:
    found = report("t", DAY, "A", NOW, counted(s1=5_000, head=9_000))
    assert found is not None
    assert found.origin.source == "derived:t:head-meter"
    event = json.loads(found.payload)
    assert (event["kind"], event["cabinet"], event["observedAt"]) == (
        "fault", "A", "2026-05-12T22:00:00Z",
    )  # fmt: skip
    assert event["data"] == {
        "faultId": "head_meter_differs.2026-05-12",
        "code": "meter_fault",
        "state": "raised",
        "severity": "info",
        "vendorCode": "head_meter_differs",
        "text": "stopcontacten samen 5000 Wh, hoofdmeter 9000 Wh",
    }
