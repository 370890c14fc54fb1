from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cli.text import payload_text, safe_block, safe_line


@given(st.text())
def test_no_text_can_steer_a_terminal(text: str) -> None:
    for shown in (safe_line(text), safe_block(text).replace("\n", "").replace("\t", "")):
        assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in shown)


@given(st.binary())
def test_any_payload_can_be_shown(payload: bytes) -> None:
    payload_text(payload).encode()


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b'{"a":1.50}', '{\n  "a": 1.50\n}'),
        (b"not json", "not json"),
        (b"\xff", "\\xff"),
        ('{"a":"één"}'.encode(), '{\n  "a": "één"\n}'),
        ("a\u202eb".encode(), "a\\u202eb"),
    ],
)
def test_a_payload_is_laid_out_and_not_changed(payload: bytes, shown: str) -> None:
    assert payload_text(payload) == shown
