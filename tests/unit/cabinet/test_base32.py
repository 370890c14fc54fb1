"""Base 32: what the standard library says, sooner."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.base32 import encode_130_bits


@given(st.binary(min_size=17, max_size=64))
def test_it_is_what_the_standard_library_gives(digest: bytes) -> None:
    assert encode_130_bits(digest) == base64.b32hexencode(digest).decode().lower()[:26]
