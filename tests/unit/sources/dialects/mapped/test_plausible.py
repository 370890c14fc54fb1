from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.measurement import UNIT_OF, Phase, Quantity, Reading
from ldes_shok.sources.dialects.mapped.plausible import ill_scaled


def _reading(quantity: Quantity, value: str, phase: Phase = "total") -> Reading:
    return Reading(quantity, phase, value, UNIT_OF[quantity])


def _socket(power: str, *currents: str) -> list[Reading]:
    phases: tuple[Phase, ...] = ("L1", "L2", "L3")
    readings = [_reading("power.import", power)]
    for phase, current in zip(phases, currents, strict=False):
        readings.append(_reading("voltage", "230", phase))
        readings.append(_reading("current", current, phase))
    return readings


@pytest.mark.parametrize(
    ("power", "currents", "is_wrong"),
    [
        ("11.04", ("16", "16", "16"), True),
        ("11040", ("16", "16", "16"), False),
        ("11040000", ("16", "16", "16"), True),
        ("0", ("16",), False),
        ("0.1", ("0.3",), False),
        ("3680", (), False),
        ("-3.68", ("16",), True),
    ],
)
def test_a_power_in_the_wrong_unit_is_found_out(
    power: str, currents: tuple[str, ...], is_wrong: bool
) -> None:
    assert ill_scaled(_socket(power, *currents)) == (frozenset({0}) if is_wrong else frozenset())


def test_a_total_is_not_judged_by_some_of_its_phases() -> None:
    readings = [*_socket("3.68", "16", "16"), _reading("current", "16", "L3")]
    assert ill_scaled(readings) == frozenset()


def test_each_phase_is_judged_by_its_own() -> None:
    readings = [_reading("power.import", "3.68", "L2"), *_socket("7360", "16", "16")]
    assert ill_scaled(readings) == frozenset({0})


@given(st.integers(1, 125), st.decimals("0.01", "1", places=2))
def test_no_power_factor_is_taken_for_a_wrong_unit(amperes: int, factor: Decimal) -> None:
    power = f"{230 * amperes * factor:f}"
    assert ill_scaled(_socket(power, str(amperes))) == frozenset()
