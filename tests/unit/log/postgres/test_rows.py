from __future__ import annotations

import pytest

from ldes_shok.log.postgres.rows import integers, is_storable, member_id, stream_and_number


@pytest.mark.parametrize("place", [(1, 0), (3, 2**48 - 1), (70_000, 12)])
def test_a_member_has_one_number(place: tuple[int, int]) -> None:
    assert stream_and_number(member_id(*place)) == place


def test_integers_are_the_text_of_an_array() -> None:
    assert integers([1, -2, 2**62]) == "{1,-2,4611686018427387904}"
    assert integers([]) == "{}"


@pytest.mark.parametrize("text", ["\0", "a\x1fb", "\ud800", "é\udfff"])
def test_what_no_log_holds_is_not_asked_for(text: str) -> None:
    assert not is_storable(text)
    assert is_storable("http://shok.test/id/kast/é/\U0001f50c")
