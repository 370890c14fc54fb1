"""Whose telegrams these are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.p1.decoder import P1Decoder
from ldes_shok.sources.dialects.p1.section import P1, CabinetTopic

AT = datetime(2026, 5, 12, 12, tzinfo=UTC)


def _message(topic: str) -> Message:
    return Message(b"", AT, {"topic": topic})


@pytest.mark.parametrize(
    ("template", "topic", "expected"),
    [
        ("p1/{cabinet}", "p1/VBS-001", "VBS-001"),
        ("+/{cabinet}/p1", "stad/VBS-001/p1", "VBS-001"),
        ("p1/{cabinet}", "p2/VBS-001", None),
        ("p1/{cabinet}", "p1/VBS-001/x", None),
        ("p1/{cabinet}", "p1/", None),
        ("p1/{cabinet}", "p1/a b", None),
        ("p1/{cabinet}", "p1/..", None),
        ("p1/{cabinet}/#", "p1/VBS-001/a/b", "VBS-001"),
        ("p.1/{cabinet}", "px1/VBS-001", None),
    ],
)
def test_a_level_of_the_topic_names_the_cabinet(
    template: str, topic: str, expected: str | None
) -> None:
    section = P1(topic=CabinetTopic(template))
    assert section.cabinet_of(_message(topic)) == expected
    assert P1Decoder(section).subject(_message(topic)) == expected


def test_a_source_of_one_meter_looks_at_no_topic() -> None:
    assert P1("VBS-001").cabinet_of(_message("p1/VBS-002")) == "VBS-001"


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("", "must have {cabinet} as one of its levels"),
        ("p1/+", "must have {cabinet} as one of its levels"),
        ("p1/{meter}", "must have {cabinet} as one of its levels"),
        ("p1/x{cabinet}", "must fill it"),
        ("{cabinet}/{cabinet}", "at most once"),
        ("{x}/p1", "must be one of {cabinet}"),
    ],
)
def test_a_topic_without_a_level_for_the_cabinet_is_refused(template: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CabinetTopic(template)


def test_telegrams_of_nobody_are_refused() -> None:
    decoded = P1Decoder(P1(topic=CabinetTopic("p1/{cabinet}"))).decode(_message("other"), b"")
    (refusal,) = decoded.results
    assert isinstance(refusal, Refusal)
    assert refusal.code == "unknown_topic"
