"""A poll source's settings: what fits together, and what its secrets may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.settings.check import warnings
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.sources.transports.poll.section import CursorNext, OAuth2, PollSource
from tests.unit.settings.support import Tree, good, load_tree

POLL: Tree = {
    "name": "verkoper",
    "type": "poll",
    "tenant": "voorbeeldstad",
    "url": "https://api.example/v1/events",
    "every_seconds": 60,
}
CURSOR: Tree = {"next": {"type": "cursor", "path": "next"}, "query": {"after": "{cursor}"}}
START = {"start": "2026-01-01T00:00:00Z"}
BEARER = {"auth": {"type": "bearer", "secret_env": "POLL"}}
ENVIRON = {"IDENTITY": "i" * 20, "PUSH": "p" * 20}


def tree_with(**changes: Any) -> Tree:
    tree = good()
    source = {key: value for key, value in {**POLL, **changes}.items() if value is not None}
    tree["sources"].append(source)
    return tree


def test_all_of_it_is_read(tmp_path: Path) -> None:
    auth = {"type": "oauth2", "token_url": "https://login.example/", "client_id": "shok"}
    tree = tree_with(
        **CURSOR, auth=auth | {"secret_env": "POLL"}, every_seconds=None, cron="5 * * * *"
    )
    *_, source = load_tree(tmp_path, tree, LDES_SHOK__SOURCES__VERKOPER__NEXT__KEEP="false").sources
    assert isinstance(source, PollSource)
    assert source.next == CursorNext(path="next", keep=False)
    assert isinstance(source.auth, OAuth2)
    assert source.query == {"after": "{cursor}"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cron": "* * * * *"}, "sources[2]: must have exactly one of every_seconds and cron"),
        ({"every_seconds": None}, "sources[2]: must have exactly one of every_seconds and cron"),
        (
            {"every_seconds": None, "cron": "61 * * * *"},
            "sources[2].cron: must have as minute numbers from 0 to 59",
        ),
        (
            {"every_seconds": None, "cron": "0 2 * * *", "zone": "Europe/Nergens"},
            "sources[2].zone: Europe/Nergens is no time zone",
        ),
        ({"url": "ftp://api.example/"}, "sources[2].url: must be a URL that starts with http"),
        ({"url": "https://u:p@api.example/"}, "sources[2].url: must hold no user name"),
        ({"url": "https://{cursor}/"}, "sources[2].url: must name the server itself"),
        ({"url": "https://api.example/#x"}, "sources[2].url: must have no fragment"),
        ({"url": "https://api.example/{page}"}, "sources[2]: {page} is not filled"),
        ({"url": "https://api.example/{"}, "sources[2]: a brace in url or query has no partner"),
        ({"query": {"after": "{cursor}"}}, "sources[2]: {cursor} needs next with type cursor"),
        ({"next": CURSOR["next"]}, "sources[2].next: its cursor goes nowhere"),
        ({"query": {"from": "{since}"}}, "sources[2].window: is missing"),
        ({"window": START}, "sources[2].window: goes nowhere"),
        (
            {"window": {"start": "2026-02-30T00:00:00Z"}, "query": {"from": "{since}"}},
            "sources[2].window.start: must be a moment that exists",
        ),
        ({"auth": {"type": "bearer"}}, "sources[2].auth: must have exactly one of secret_env"),
        ({"auth": {"type": "digest"}}, "sources[2].auth.type: must be one of none, bearer, basic"),
        ({"headers": {"Authorization": "x"}}, "sources[2].headers: Authorization holds a secret"),
        ({"headers": {"X Y": "x"}}, "sources[2].headers.X Y: must be the name of an HTTP header"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path: Path, changes: Tree, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_tree(tmp_path, tree_with(**changes))
    assert message in str(caught.value)


def test_the_secret_comes_from_elsewhere_and_is_one_line(tmp_path: Path) -> None:
    settings = load_tree(tmp_path, tree_with(**BEARER))
    secrets = resolve_secrets(settings, {**ENVIRON, "POLL": "hush"})
    assert secrets.shown_by("verkoper") == "hush"
    with pytest.raises(ConfigurationError, match="the environment variable POLL is not set"):
        resolve_secrets(settings, ENVIRON)
    with pytest.raises(ConfigurationError, match="the secret in POLL must be one line"):
        resolve_secrets(settings, {**ENVIRON, "POLL": "hu\r\nsh"})


def test_a_secret_over_an_open_network_is_warned_of(tmp_path: Path) -> None:
    bare = tree_with(**BEARER, url="http://api.example/")
    assert any(
        "sources[2].url: its secret goes over the network unencrypted" in warning
        for warning in warnings(load_tree(tmp_path, bare))
    )
    for fine in (tree_with(**BEARER), tree_with(**BEARER, url="http://127.0.0.1:81/")):
        assert not any("unencrypted" in said for said in warnings(load_tree(tmp_path, fine)))
