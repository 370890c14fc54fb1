"""Each fault of each controller: bytes in, outcome out, through all that a service does.

The table is README.md; `tests/unit/test_controller_fault_table.py` holds it against this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.ldes.member import Triple
from ldes_shok.pipeline.rerun import RerunSummary
from ldes_shok.validation.fast import FastJudge
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.verdict import Verdict
from tests.controllers.catalogue import ROW, SWITCHED, faults
from tests.controllers.ends import Fault, accepted, ends
from tests.controllers.stage import Stage
from tests.support.faults import sessions, values
from tests.support.faults.dialects import (
    CANONICAL,
    GATEWAY,
    OCPP16,
    P1,
    SHELLY,
    UPLINK,
)
from tests.support.faults.passed_on import CSV, NGSILD
from tests.support.faults.scene import Dialect, Scene
from tests.support.vertical import BASE, NOON, OUTLETS

SHAPES = Path(__file__).parents[2] / "shapes"
SEED = 7
FAULTS = faults()
SOUND = {
    **{dialect: (accepted(),) for dialect in (CANONICAL, GATEWAY, UPLINK, OCPP16, P1, NGSILD)},
    SHELLY: (SWITCHED, accepted()),
    CSV: (ROW,),
}


class _Authority(ShaclJudge):
    """Judges samples at once."""

    def submit(
        self, stream: str, iri: str, triples: Sequence[Triple], then: Callable[[Verdict], None]
    ) -> bool:
        then(self.judge(stream, iri, triples))
        return True


def _disagrees(stream: str, iri: str, verdict: Verdict) -> None:
    pytest.fail(f"{stream} {iri}: {verdict.sentence}")


@pytest.fixture(scope="module")
def judge() -> FastJudge:
    shapes = Shapes.load(SHAPES, BASE)
    return FastJudge(shapes, _Authority(shapes), 0, _disagrees)


def _named(fault: Fault) -> str:
    return f"{fault.number}-{fault.adapter.name}-{fault.name.replace(' ', '-')}"


@pytest.mark.parametrize("fault", FAULTS, ids=_named)
def test_a_fault_ends_as_the_table_says(fault: Fault, tmp_path: Path, judge: FastJudge) -> None:
    messages = fault.messages(Scene(fault.adapter, SEED, NOON))
    dialect, register = fault.adapter.name, fault.rollover_wh
    said = {} if register is None else {"rolloverWh": register}
    here = Stage(tmp_path, judge, dialect, has_zone=fault.has_zone, register=said)
    with closing(here) as opened:
        found = opened.play(messages)
        assert ends(found, fault.expected) == list(fault.expected)
        if fault.derived is not None:
            assert opened.derived() == list(fault.derived)


@pytest.mark.parametrize("fault", FAULTS, ids=_named)
def test_the_same_scene_gives_the_same_bytes(fault: Fault) -> None:
    first, again, other = (
        fault.messages(Scene(fault.adapter, seed, NOON)) for seed in (SEED, SEED, SEED + 1)
    )
    assert first == again
    assert len(other) == len(first)


@pytest.mark.parametrize("dialect", SOUND, ids=lambda dialect: dialect.name)
def test_a_sound_message_is_published_without_a_flag(
    dialect: Dialect, tmp_path: Path, judge: FastJudge
) -> None:
    scene = Scene(dialect, SEED, NOON)
    expected = SOUND[dialect]
    with closing(Stage(tmp_path, judge, dialect.name)) as opened:
        assert ends(opened.play([scene.sent(scene.sample())]), expected) == list(expected)


def _outlet_9(opened: Stage) -> None:
    outlets = [*OUTLETS, {"id": "9", "socket": "IEC60309-2P+E-16", "meter": "SN-000012345"}]
    opened.configure("2026-01-01T00:00:01Z", outlets=outlets)


def test_what_waited_for_a_configuration_goes_through_with_it(
    tmp_path: Path, judge: FastJudge
) -> None:
    """46: attributed as it was configured when it was observed."""
    with closing(Stage(tmp_path, judge, CANONICAL.name)) as opened:
        (ended,) = opened.play(sessions.unknown_outlet(Scene(CANONICAL, SEED, NOON)))
        assert ended.outcome.kind is OutcomeKind.QUARANTINED
        assert opened.waiting == 1
        _outlet_9(opened)
        assert opened.waiting == 0


def test_what_waited_for_its_unit_is_right_once_that_is_mended(
    tmp_path: Path, judge: FastJudge
) -> None:
    """35: run again, what waited is published and what was wrong before it is corrected."""
    *messages, last = values.kilowatt_hours(Scene(GATEWAY, SEED, NOON))
    with closing(Stage(tmp_path, judge, GATEWAY.name)) as opened:
        opened.play(messages)
        assert opened.waiting == 2
        assert opened.mended(GATEWAY.name, "Wh") == RerunSummary(messages=5, duplicate=5)
        assert opened.waiting == 2
        summary = RerunSummary(messages=5, published=5, replaced=2)
        assert opened.mended(GATEWAY.name, "kWh") == summary
        assert opened.waiting == 0
        # The meter is not suspected any more, as it still would be by what was known before.
        expected = (accepted(),)
        assert ends(opened.play([last]), expected) == list(expected)
