from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.settings.model import Store
from ldes_shok.settings.store import check_store, postgres_url, store_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///var/ldes-shok.db", "var/ldes-shok.db"),
        ("sqlite:////srv/ldes-shok.db", "/srv/ldes-shok.db"),
        ("sqlite:////srv/a%20b.db", "/srv/a b.db"),
    ],
)
def test_three_slashes_are_relative_and_four_absolute(url: str, path: str) -> None:
    assert store_path(Store(url=url)) == Path(path)


@pytest.mark.parametrize("url", ["postgresql://u@h:5432/d", "postgres:///d?host=/run/postgresql"])
def test_a_database_is_named_by_its_url(url: str) -> None:
    store = Store(url=url)
    check_store(store)
    assert postgres_url(store) == url
    assert postgres_url(Store(url="sqlite:///a.db")) is None
