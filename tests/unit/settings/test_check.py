from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.settings import check
from tests.unit.settings.support import Tree, good, load_tree

TOKENS = {
    "techniek": {"token_env": ["A"]},
    "verbruik-individueel": {"token_env": ["B"]},
    "reservaties": {"token_env": ["D"]},
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"streams": TOKENS}, []),
        (
            {},
            [
                "streams.techniek: nobody",
                "streams.verbruik-individueel: nobody",
                "streams.reservaties: nobody",
            ],
        ),
        ({"streams": TOKENS, "sources": []}, ["sources: there are none"]),
        (
            {"streams": TOKENS | {"kasten": {"token_env": ["C"]}}},
            ["streams.kasten: its tokens are not asked for"],
        ),
        (
            {"streams": TOKENS | {"techniek": {"access": "open"}}},
            ["streams.techniek: is open to everybody"],
        ),
        ({"streams": TOKENS | {"techniek": {"access": "open"}}, "demo": True}, []),
        (
            {"streams": TOKENS, "public_url": "http://127.0.0.1:9000"},
            ["public_url: says port 9000 of this machine, but http.port is 8080"],
        ),
        ({"streams": TOKENS, "public_url": "http://localhost:8080"}, []),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(
    tmp_path: Path, change: Tree, expected: list[str]
) -> None:
    found = list(check.warnings(load_tree(tmp_path, good() | change)))
    assert len(found) == len(expected)
    assert all(a.startswith(b) for a, b in zip(found, expected, strict=True))
