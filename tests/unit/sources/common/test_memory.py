"""What was stored is read again, and what cannot be read is as if there was nothing."""

from __future__ import annotations

import msgspec
import pytest

from ldes_shok.sources.common.memory import recalled

JSON = msgspec.json.Decoder(tuple[int, ...])
PACKED = msgspec.msgpack.Decoder(tuple[int, ...])


def test_what_was_stored_is_read_in_either_form() -> None:
    assert recalled(msgspec.json.encode((1, 2)), JSON, ()) == (1, 2)
    assert recalled(msgspec.msgpack.encode((1, 2)), PACKED, ()) == (1, 2)


@pytest.mark.parametrize("stored", [b"", b"{}", b"[1", b'["a"]', b'["\xff"]', b"\xff"])
def test_what_cannot_be_read_is_as_if_there_was_nothing(stored: bytes) -> None:
    assert recalled(stored, JSON, (7,)) == (7,)
    assert recalled(stored, PACKED, (7,)) == (7,)
