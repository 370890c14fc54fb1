"""Judging a file without storing anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.errors import SourceError
from ldes_shok.pipeline.validate import validate_events, validate_members
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes
from tests.support.vertical import (
    BASE,
    NOON,
    ORIGIN,
    Lenient,
    configuration,
    mapper,
    status,
)
from tests.unit.mapping.examples import DIRECTORY

FREE = status("2026-05-12T11:45:00Z", axes={"occupancy": "free"})


@pytest.fixture(scope="module")
def authority() -> ShaclJudge:
    return ShaclJudge(Shapes.load(Path(__file__).parents[3] / "shapes", BASE))


def test_each_line_is_judged_and_cabinets_are_known_below_their_configuration(
    tmp_path: Path, authority: ShaclJudge
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join([FREE, configuration(), FREE, b"{", FREE]))
    lines = list(validate_events(file, ORIGIN, mapper(), authority, NOON))
    assert [(line.line, line.ok) for line in lines] == [
        (1, False),
        (2, True),
        (3, True),
        (4, False),
        (5, True),
    ]
    assert "never configured" in lines[0].sentence


def test_a_configuration_that_does_not_conform_makes_nothing_known(tmp_path: Path) -> None:
    judge = Lenient()
    judge.refused.add("/kast/")
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join([configuration(), FREE]))
    lines = list(validate_events(file, ORIGIN, mapper(), judge, NOON))
    assert lines[0].sentence == "it does not please me"
    assert not lines[1].ok


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("stopcontact-techniek", "techniek"),
        ("kast-kasten", "kasten"),
        ("verbruik", "verbruik-individueel"),
    ],
)
def test_members_in_turtle_are_judged_with_their_nodes(
    name: str, stream: str, authority: ShaclJudge
) -> None:
    (line,) = validate_members(DIRECTORY / f"{name}.ttl", stream, authority)
    assert line.ok
    assert line.sentence == ""


def test_a_member_in_the_wrong_stream_is_named(authority: ShaclJudge) -> None:
    (line,) = validate_members(DIRECTORY / "stopcontact-techniek.ttl", "kasten", authority)
    assert not line.ok
    assert f"{BASE}/id/stopcontact/voorbeeldstad/VBS-001/1/" in line.sentence


@pytest.mark.parametrize("text", [b"this is no Turtle", None])
def test_a_file_that_is_not_rdf(tmp_path: Path, authority: ShaclJudge, text: bytes | None) -> None:
    file = tmp_path / "members.ttl"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(SourceError, match=r"members\.ttl"):
        list(validate_members(file, "kasten", authority))
