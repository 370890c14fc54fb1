"""What a configuration can mend of what waits for one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ldes_shok.mapping.mapper import NO_POSITION, UNKNOWN_CABINET, UNKNOWN_OUTLET
from ldes_shok.mapping.observation import UNKNOWN_METER
from ldes_shok.mapping.retryable import may_pass, mended
from ldes_shok.mapping.state import CabinetState
from tests.support.vertical import (
    CABINET,
    TENANT,
    configuration,
    mapper,
    measurement,
    received,
    status,
)

LATER = "2026-05-02T00:00:00Z"


def state_of(*configurations: bytes) -> CabinetState | None:
    """The cabinet after these."""
    state: CabinetState | None = None
    mapping = mapper()
    for payload in configurations:
        state = mapping.map(received(payload), state).state
    return state


def known(*configurations: bytes) -> CabinetState:
    state = state_of(*configurations)
    assert state is not None
    return state


NOWHERE = CabinetState(TENANT, "VBS-001", configured=True)


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        (configuration(LATER), set()),
        (configuration(LATER, cabinet={**CABINET, "firmware": "2"}), set()),
        (configuration(LATER, outlets=[{"id": "9"}]), {UNKNOWN_OUTLET, UNKNOWN_METER}),
        (configuration(LATER, meters=[{"serial": "SN-9"}]), {UNKNOWN_METER}),
        (configuration(LATER, outlets=[{"id": "1", "meter": "SN-9"}]), {UNKNOWN_METER}),
        (configuration(LATER, op="remove"), {UNKNOWN_CABINET}),
    ],
)
def test_what_a_second_configuration_changed_is_what_it_can_mend(
    second: bytes, codes: set[str]
) -> None:
    first = configuration()
    assert mended(known(first), known(first, second)) == codes


def test_the_first_configuration_mends_all() -> None:
    codes = {UNKNOWN_CABINET, UNKNOWN_OUTLET, UNKNOWN_METER, NO_POSITION}
    assert mended(None, known(configuration())) == codes
    assert mended(CabinetState(TENANT, "VBS-001"), known(configuration())) == codes
    assert NO_POSITION in mended(NOWHERE, known(configuration()))


def test_a_cabinet_that_comes_back_mends_what_came_after_its_removal() -> None:
    removed = (configuration(), configuration(LATER, op="remove"))
    back = configuration("2026-05-03T00:00:00Z")
    assert UNKNOWN_CABINET in mended(known(*removed), known(*removed, back))


def _measured(outlet: str | None, meter: str | None) -> bytes:
    voltage = {"quantity": "voltage", "phase": "L1", "value": "230", "unit": "V"}
    return measurement(LATER, [voltage], outlet, meter=meter)


@pytest.mark.parametrize(
    ("code", "payload", "may"),
    [
        (UNKNOWN_OUTLET, status(LATER, "1", axes={"occupancy": "free"}), True),
        (UNKNOWN_OUTLET, status(LATER, "9", axes={"occupancy": "free"}), False),
        (UNKNOWN_OUTLET, status(LATER, None, axes={"occupancy": "free"}), True),
        (UNKNOWN_METER, _measured("1", "SN-000012345"), True),
        (UNKNOWN_METER, _measured("1", "another"), False),
        (UNKNOWN_METER, _measured("9", None), False),
        (UNKNOWN_METER, _measured("1", None), True),
        (UNKNOWN_OUTLET, b"no JSON", True),
        (UNKNOWN_CABINET, b"no JSON", True),
        (NO_POSITION, b"{}", True),
    ],
)
def test_what_a_configuration_does_not_name_waits_on(code: str, payload: bytes, may: bool) -> None:
    state = known(configuration())
    assert "SN-000012345" in state.meters
    assert may_pass(code, payload, state) is may


def test_names_are_those_of_the_cabinet() -> None:
    outlets: Sequence[str] = list(known(configuration()).outlets)
    assert all(
        may_pass(UNKNOWN_OUTLET, status(LATER, name, axes={"occupancy": "free"}), NOWHERE) is False
        for name in outlets
    )
