"""Reads the store's URL."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from ldes_shok.errors import ConfigurationError
from ldes_shok.log.sqlite.one_name import followed
from ldes_shok.settings.model import Store

POSTGRES_SCHEMES: Final = ("postgresql://", "postgres://")

_SQLITE = "sqlite:///"


def check_store(store: Store) -> None:
    """Check the URL.

    Raises:
        ConfigurationError: it cannot be used.
    """
    if postgres_url(store) is None:
        store_path(store)


def postgres_url(store: Store) -> str | None:
    """Return the URL of a log in PostgreSQL; None if it is in SQLite.

    Raises:
        ConfigurationError: the URL names no database.
    """
    if not store.url.startswith(POSTGRES_SCHEMES):
        return None
    parts = urlsplit(store.url)
    if not parts.path.strip("/") or parts.fragment:
        raise ConfigurationError(
            "store.url: must name a database, such as postgresql://user@host:5432/ldes_shok"
        )
    return store.url


def store_path(store: Store) -> Path:
    """Return the file of an SQLite log; a relative one starts at the working directory.

    A symbolic link is followed.

    Raises:
        ConfigurationError: the URL does not name an SQLite file.
    """
    url = store.url
    if not url.startswith(_SQLITE):
        raise ConfigurationError(
            "store.url: must start with sqlite:/// and a relative path, with sqlite://// for an "
            "absolute one, or with postgresql://"
        )
    rest = url.removeprefix(_SQLITE)
    path = unquote(rest)
    if not path or path.endswith("/") or path == ":memory:":
        raise ConfigurationError(
            "store.url: must name a file, such as sqlite:///var/ldes-shok.db; the log must "
            "outlive the process"
        )
    if "?" in rest or "#" in rest or "\0" in path:
        raise ConfigurationError("store.url: must have no query and no fragment; remove it")
    return followed(Path(path))
