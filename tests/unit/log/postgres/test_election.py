"""When a standby takes the place of a writer that is not heard of."""

from __future__ import annotations

import pytest

from ldes_shok.log.postgres import election
from ldes_shok.log.postgres.election import Succession
from ldes_shok.log.postgres.lease import Lease

OVER = Lease(epoch=3, until="2026-05-12 12:00:00+00", is_over=True)


def _looks(*leases: Lease) -> list[bool]:
    succession = Succession()
    return [succession.may_replace(lease) for lease in leases]


def test_a_lease_is_over_when_it_was_found_over_several_times() -> None:
    found = _looks(*[OVER] * (election._LOOKS + 2))
    assert found == [False] * election._LOOKS + [True] * 2


@pytest.mark.parametrize(
    "heard", [OVER._replace(is_over=False), OVER._replace(until="later"), OVER._replace(epoch=4)]
)
def test_a_writer_that_says_something_meanwhile_stays(heard: Lease) -> None:
    before, after = [OVER] * election._LOOKS, [OVER] * (election._LOOKS - 1)
    assert not any(_looks(*before, heard, *after))
