"""A store that needs a server gets one, or its tests are skipped by name."""

from __future__ import annotations

import pytest


def _is_postgres(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return call is not None and "postgres" in call.params.values()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_postgres(item):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(autouse=True)
def _server(request: pytest.FixtureRequest) -> None:
    if _is_postgres(request.node):
        request.getfixturevalue("postgres_server")
