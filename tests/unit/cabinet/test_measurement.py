"""One unit per quantity."""

from __future__ import annotations

from typing import get_args

from ldes_shok.cabinet.measurement import UNIT_OF, Quantity, Unit


def test_every_quantity_has_one_unit_and_every_unit_a_quantity() -> None:
    assert set(UNIT_OF) == set(get_args(Quantity))
    assert set(UNIT_OF.values()) == set(get_args(Unit))
