from __future__ import annotations

import pytest

from ldes_shok.log.postgres.rows import integers, member_id, stream_and_number


@pytest.mark.parametrize("place", [(1, 0), (3, 2**48 - 1), (70_000, 12)])
def test_a_member_has_one_number(place: tuple[int, int]) -> None:
    assert stream_and_number(member_id(*place)) == place


def test_integers_are_the_text_of_an_array() -> None:
    assert integers([1, -2, 2**62]) == "{1,-2,4611686018427387904}"
    assert integers([]) == "{}"
