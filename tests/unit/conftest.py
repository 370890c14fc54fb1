"""Settings of an invented city in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from tests.support.ports import free_port
from tests.support.service import SECRETS, Tree, settings_tree, write_settings

MakeSettings = Callable[[Tree], Settings]


@pytest.fixture
def make_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeSettings:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    def make(overrides: Tree) -> Settings:
        tree = settings_tree(free_port(), tmp_path / "log" / "shok.db", overrides)
        return load_settings(write_settings(tmp_path / "settings.yaml", tree), {})

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings({})
