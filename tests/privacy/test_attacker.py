"""P11 against an attacker who joins public sums, public occupancy and the plan of the markets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.privacy.attack import (
    ATTACKS,
    GUESS,
    MOST,
    SEEDS,
    USUAL,
    WEEKS,
    attacked,
    found_out,
    table,
    together,
)
from tests.privacy.city import City, city
from tests.privacy.equations import knowledge
from tests.privacy.estimates import guess
from tests.privacy.observed import observed
from tests.privacy.public import Public
from tests.privacy.unprotected import unprotected

pytestmark = pytest.mark.integration

SMALL_WEEKS = 4
BY_CHANCE = 0.06
"""Of some hundred traders: a standard error and a half of a share of a fifth."""


@pytest.fixture(scope="module")
def small() -> City:
    return city(1, weeks=SMALL_WEEKS, fair=False)


@pytest.fixture(scope="module")
def public(small: City, tmp_path_factory: pytest.TempPathFactory) -> Public:
    return observed(small, tmp_path_factory.mktemp("city"))


def test_what_is_public_of_four_weeks_tells_little_of_a_trader(public: Public, small: City) -> None:
    """P11: public sums tell hardly more of a trader than the kind of his socket does without them.

    Twice a guess is asked of three cities at night: in one, chance finds as many.
    """
    found = attacked(public, small)
    assert found.share(found.best) <= MOST, table({"all": found})
    assert found.share(found.best) <= found.share(USUAL) + BY_CHANCE, table({"all": found})
    assert found.certain == 0


def test_the_attack_finds_most_traders_where_every_quarter_is_public(
    public: Public, small: City
) -> None:
    known = knowledge(unprotected(public, small), small.plan)
    name = "most likely, different"
    found = found_out(known, small, {GUESS: guess, name: ATTACKS[name]})
    assert found[name][0] >= 0.6 * len(small.plan.traders)
    assert found[name][0] > 2 * found[GUESS][0]


@pytest.mark.nightly
def test_what_is_public_of_ten_weeks_tells_little_of_a_trader(tmp_path: Path) -> None:
    """P11: in ten weeks of three cities an attack finds at most twice what a guess does."""
    found = []
    for seed in SEEDS:
        real = city(seed, weeks=WEEKS, fair=True)
        directory = tmp_path / str(seed)
        directory.mkdir()
        found.append(attacked(observed(real, directory), real))
    every = together(found)
    assert every.share(every.best) <= every.allowed, table({"all": every})
    assert every.certain == 0
