from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.settings.load import load_settings
from tests.support.service import TENANT, Tree, settings_tree, write_settings


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"columns": {"Paal": "pole"}}, r"sources\[0\].columns.Paal: there is no field pole"),
        ({"defaults": {"hour": "1"}}, r"sources\[0\].defaults.hour: there is no field hour"),
        ({"zone": "Europe/Voorbeeldstad"}, "is no time zone"),
        ({"zone": "../etc/passwd"}, "is no time zone"),
        ({"delimiter": "x"}, "must be one of ,, ;, auto"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(tmp_path: Path, keys: Tree, sentence: str) -> None:
    source: Tree = {"name": "bestanden", "type": "csv", "tenant": TENANT, **keys}
    tree = settings_tree(8080, tmp_path / "x.db", {"sources": [source]})
    with pytest.raises(ConfigurationError, match=sentence):
        load_settings(write_settings(tmp_path / "c.yaml", tree), {})
