from __future__ import annotations

import pytest

from ldes_shok.log.storable import is_storable


@pytest.mark.parametrize("text", ["\0", "a\x1fb", "\ud800", "é\udfff"])
def test_what_no_log_holds_is_not_asked_for(text: str) -> None:
    assert not is_storable(text)
    assert is_storable("http://shok.test/id/kast/é/\U0001f50c")
