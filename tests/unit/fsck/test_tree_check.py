"""The nodes of a log against those that follow from its members."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.fsck.finding import Finding
from ldes_shok.fsck.stored import Moment
from ldes_shok.fsck.tree_check import TreeCheck
from tests.unit.fsck.fake import SmallStream


def compared(small: SmallStream, moment: Moment) -> list[Finding]:
    check = TreeCheck(small.stored, moment)
    for row in small.stored.rows(moment.record.members):
        check.take(row)
    return [*check.compare_sealed(), *check.end()]


@pytest.mark.parametrize("members", range(1, 11))
def test_what_is_published_after_the_moment_is_not_looked_at(tmp_path: Path, members: int) -> None:
    """Also a node that begins with the very next member."""
    small = SmallStream(tmp_path, members)
    moment = small.stored.moment()
    assert moment.end_position == next(reversed(list(small.stored.rows(99)))).position + 1
    small.publish(1)
    findings = compared(small, Moment(small.stored.record(), small.stored.moment().open_nodes))
    assert findings == []
    check = TreeCheck(small.stored, moment)
    assert moment.end_position not in {node.first_position for node in check._nodes()}
    small.close()


def test_a_node_under_another_path_is_missing_and_too_many(small: SmallStream) -> None:
    """There are as many nodes as there should be."""
    small.damage("UPDATE node SET path = '2026/05/12/p7' WHERE path = '2026/05/12/p2'")
    sentences = [finding.sentence for finding in compared(small, small.stored.moment())]
    assert sorted(sentences) == [
        "it follows from the members; the log has not",
        "the log has it; it does not follow from members",
    ]
