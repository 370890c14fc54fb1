from __future__ import annotations

import pytest

from ldes_shok.client.fetching import Response


def _answer(**headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("https://buurstad.example/kasten", 200, named, b"")


@pytest.mark.parametrize(
    ("control", "is_immutable", "max_age_seconds"),
    [
        ("public, max-age=604800, immutable", True, 604_800),
        ("IMMUTABLE", True, None),
        ("max-age=5", False, 5),
        ("max-age=soon, not-immutable", False, None),
        ("", False, None),
    ],
)
def test_how_long_an_answer_is_good_stands_in_its_cache_control(
    control: str, is_immutable: bool, max_age_seconds: float | None
) -> None:
    answer = _answer(cache_control=control)
    assert (answer.is_immutable, answer.max_age_seconds) == (is_immutable, max_age_seconds)


def test_the_media_type_has_no_parameters() -> None:
    assert _answer(content_type="Text/Turtle; charset=utf-8").media_type == "text/turtle"
    assert _answer(etag='"a"').media_type == ""
    assert (_answer(etag='"a"').etag, _answer().etag) == ('"a"', "")
