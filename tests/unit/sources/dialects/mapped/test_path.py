from __future__ import annotations

from typing import Any

import pytest

from ldes_shok.sources.dialects.mapped.path import ABSENT, MessagePart, Path

MESSAGE: Any = {
    "a": {"em:0": {"x.y": 1}, "list": [10, {"z": None}]},
    "b": [[1], [2, 3]],
    "c": {"north": [{"v": 1}, {"v": 2}], "south": {"v": 3}},
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a.list[0]", 10),
        ("a.list[1].z", None),
        ('a."em:0"."x.y"', 1),
        ('a.em:0."x.y"', 1),
        ("$.a.list[0]", 10),
        ("$", MESSAGE),
        ("", MESSAGE),
        ("b[1][1]", 3),
        ("a.list[2]", ABSENT),
        ("a.list.z", ABSENT),
        ("a[0]", ABSENT),
        ("a.list[0].x", ABSENT),
        ("$key", ABSENT),
    ],
)
def test_a_path_leads_to_one_value(text: str, found: object) -> None:
    assert Path(text).find(MessagePart(MESSAGE, MESSAGE)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("", MESSAGE)]),
        ("b", [("", [1]), ("", [2, 3])]),
        ("b.*", [("", 1), ("", 2), ("", 3)]),
        ("c.*", [("north", {"v": 1}), ("north", {"v": 2}), ("south", {"v": 3})]),
        ("a.nothing", []),
        ("a.list.*", [("", 10), ("", {"z": None})]),
        ("a.list[0].*", []),
    ],
)
def test_a_star_leads_to_every_part_and_keeps_its_name(text: str, found: object) -> None:
    parts = list(Path(text).each(MESSAGE))
    assert [(part.key, part.value) for part in parts] == found
    assert all(part.root is MESSAGE for part in parts)


def test_a_part_knows_the_whole_message_and_its_name() -> None:
    first, *_ = Path("c.*").each(MESSAGE)
    assert Path("v").find(first) == 1
    assert Path("$.a.list[0]").find(first) == 10
    assert Path("$key").find(first) == "north"


@pytest.mark.parametrize("text", [".a", "a.", "a..b", "a[", "a[x]", 'a."b', "a[-1]", '""', "a]b"])
def test_what_is_no_path_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is no path: write names with dots"):
        Path(text)
