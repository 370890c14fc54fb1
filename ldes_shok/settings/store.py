"""The store's URL taken apart."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from ldes_shok.errors import ConfigurationError
from ldes_shok.settings.model import Store

_SQLITE = "sqlite:///"


def store_path(store: Store) -> Path:
    """The file of an SQLite log; a relative one starts at the working directory.

    Raises:
        ConfigurationError: the URL is not of an SQLite file, or not in this release.
    """
    url = store.url
    scheme = url.partition(":")[0]
    if scheme.startswith("postgres"):
        raise ConfigurationError(
            "store.url: PostgreSQL is not in this release; use sqlite:///var/ldes-shok.db"
        )
    if not url.startswith(_SQLITE):
        raise ConfigurationError(
            "store.url: must start with sqlite:/// and a relative path, or with sqlite://// for "
            "an absolute one"
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
    return Path(path)
