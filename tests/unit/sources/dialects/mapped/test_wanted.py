"""What is kept of a component: what the mapping asks for, and nothing beside it."""

from __future__ import annotations

import pytest

from ldes_shok.sources.dialects.mapped.path import Path
from ldes_shok.sources.dialects.mapped.wanted import Wanted


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        ([], {}),
        (["em:0.volt"], {"em:0": {"volt": 230}}),
        (["em:0.volt", "em:0.amps.a"], {"em:0": {"volt": 230, "amps": {"a": 1}}}),
        # What leads to something that is not there is there: its absence may mean 0.
        (["em:0.amps.c"], {"em:0": {"amps": {}}}),
        (["em:0.amps"], {"em:0": {"amps": {}}}),
        (["em:0.seen[1]"], {"em:0": {"seen": [None, "b"]}}),
        (["em:0.seen"], {"em:0": {"seen": [None, None]}}),
        (["em:0.volt.a", "none"], {"em:0": {}, "none": None}),
        (["card"], {"card": "04A1"}),
    ],
)
def test_only_what_a_path_leads_to_is_kept(paths: list[str], kept: object) -> None:
    value = {
        "em:0": {"volt": 230, "amps": {"a": 1, "b": 2}, "seen": ["a", "b"], "card": "04A1"},
        "none": None,
        "card": "04A1",
    }
    assert Wanted(Path(path).steps for path in paths).of(value) == kept
