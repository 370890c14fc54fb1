"""Which lane a submission takes."""

from __future__ import annotations

import pytest

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.pipeline.lanes import LaneRules
from ldes_shok.pipeline.queue import Lane
from tests.support.vertical import NOON

PUSH = Origin("http", "voorbeeldstad", "push")
BROKER = Origin("mqtt", "voorbeeldstad", "broker")
ARCHIVE = Origin("http", "voorbeeldstad", "archive")
OURS = Origin("derived", "voorbeeldstad", "intervals")
FAULTS = Origin("mqtt", "voorbeeldstad", "faults")
NOW = b'{"v":1,"clock":"S"}'
LATE = b'{"v":1,"historical" : true,"clock":"S"}'
RULES = LaneRules(3, {ARCHIVE.source: Lane.REPLAY, FAULTS.source: Lane.LIVE})


@pytest.mark.parametrize(
    ("origin", "payloads", "lane"),
    [
        pytest.param(PUSH, [NOW], Lane.LIVE, id="a report"),
        pytest.param(PUSH, [NOW] * 3, Lane.LIVE, id="as many as a report has"),
        pytest.param(PUSH, [NOW] * 4, Lane.REPLAY, id="a bulk load"),
        pytest.param(BROKER, [NOW] * 4, Lane.LIVE, id="our own grouping of messages"),
        pytest.param(BROKER, [LATE], Lane.REPLAY, id="a buffer"),
        pytest.param(PUSH, [NOW, LATE], Lane.REPLAY, id="half a buffer"),
        pytest.param(PUSH, [NOW, NOW, LATE], Lane.LIVE, id="one late event"),
        pytest.param(ARCHIVE, [NOW], Lane.REPLAY, id="a source for backlogs"),
        pytest.param(FAULTS, [LATE] * 9, Lane.LIVE, id="a source that must not wait"),
        pytest.param(OURS, [NOW], Lane.REPLAY, id="derived by the service"),
        pytest.param(PUSH, [b'{"historical":false}'], Lane.LIVE, id="not late"),
        pytest.param(PUSH, [b'{"text":"\\"historical\\":true"}'], Lane.LIVE, id="only a text"),
        pytest.param(PUSH, [b"\xff\x00"], Lane.LIVE, id="no event at all"),
    ],
)
def test_the_lane_of_a_submission(origin: Origin, payloads: list[bytes], lane: Lane) -> None:
    assert RULES.lane_of([Delivery(payload, origin, NOON) for payload in payloads]) is lane
