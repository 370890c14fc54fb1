from __future__ import annotations

from collections.abc import Mapping

import pytest

from ldes_shok.sources.common.topic import Topic


@pytest.mark.parametrize(
    ("template", "topic", "said"),
    [
        ("shok/{cabinet}/{outlet}/up", "shok/VBS-001/3/up", {"cabinet": "VBS-001", "outlet": "3"}),
        ("shok/{cabinet}/{outlet}/up", "shok/VBS-001/3/down", None),
        ("shok/{cabinet}/{outlet}/up", "shok/VBS-001/up", None),
        ("+/{meter}/#", "a/MTR-1/b/c", {"meter": "MTR-1"}),
        ("+/{meter}/#", "a/MTR-1", {"meter": "MTR-1"}),
        ("{device}/online", "shelly/online", {"device": "shelly"}),
        ("#", "a/b", {}),
    ],
)
def test_a_topic_is_matched_level_by_level(
    template: str, topic: str, said: Mapping[str, str] | None
) -> None:
    assert Topic(template).match(topic) == said


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("a/#/b", "# must be the last level"),
        ("a/b{cabinet}", "only a part of a level"),
        ("a/b+", "only a part of a level"),
        ("{kast}/a", "must be one of {cabinet}, {outlet}, {meter}, {device}"),
        ("{cabinet}/{cabinet}", "each at most once"),
    ],
)
def test_what_is_no_template_is_refused(template: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Topic(template)
