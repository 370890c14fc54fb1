from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.settings import check
from tests.unit.settings.support import Tree, good, load_tree

TOKENS = {
    "techniek": {"token_env": ["A"]},
    "verbruik-beheer": {"token_env": ["C"]},
    "verbruik-individueel": {"token_env": ["B"]},
    "reservaties": {"token_env": ["D"]},
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"streams": TOKENS}, []),
        (
            {},
            [
                "streams.techniek: nobody",
                "streams.verbruik-beheer: nobody",
                "streams.verbruik-individueel: nobody",
                "streams.reservaties: nobody",
            ],
        ),
        ({"streams": TOKENS, "sources": []}, ["sources: there are none"]),
        (
            {"streams": TOKENS | {"kasten": {"token_env": ["C"]}}},
            ["streams.kasten: its tokens are not asked for"],
        ),
        (
            {"streams": TOKENS | {"techniek": {"access": "open"}}},
            ["streams.techniek: is open to everybody"],
        ),
        ({"streams": TOKENS | {"techniek": {"access": "open"}}, "demo": True}, []),
        (
            {"streams": TOKENS, "public_url": "http://127.0.0.1:9000"},
            ["public_url: says port 9000 of this machine, but http.port is 8080"],
        ),
        ({"streams": TOKENS, "public_url": "http://localhost:8080"}, []),
        (
            {"streams": TOKENS, "privacy": {"k": 9, "largest_two_percent": 86}},
            ["privacy.k: 9 is fewer users", "privacy.largest_two_percent: above 85"],
        ),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(
    tmp_path: Path, change: Tree, expected: list[str]
) -> None:
    found = list(check.warnings(load_tree(tmp_path, good() | change)))
    assert len(found) == len(expected)
    assert all(a.startswith(b) for a, b in zip(found, expected, strict=True))


CONSUMER = {"name": "dienst", "streams": ["techniek"], "token_env": "C"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"consumers": [CONSUMER, CONSUMER]}, "consumers: dienst is the name of 2 consumers"),
        ({"consumers": [CONSUMER | {"token_file": "x"}]}, r"consumers\[0\]: must have exactly one"),
        ({"consumers": [CONSUMER | {"streams": ["x"]}]}, r"consumers\[0\].streams: there is no"),
        (
            {"consumers": [CONSUMER | {"expires": "2026-02-30T00:00:00Z"}]},
            r"consumers\[0\].expires: must be a day that exists",
        ),
        ({"access": {"jwks_file": "x", "issuer": "y"}}, "access.jwks_file: needs"),
        ({"access": {"trusted_proxies": ["proxy"]}}, "access.trusted_proxies: proxy is no network"),
        ({"access": {"algorithms": ["HS256"]}}, "algorithms"),
        ({"access": {"algorithms": ["none"]}}, "algorithms"),
        (
            {"privacy": {"raw": {"key_env": "A", "key_file": "b"}}},
            "privacy.raw: must have at most one",
        ),
        ({"privacy": {"raw": {"old_key_env": ["A"]}}}, "privacy.raw: has old keys and no key"),
        ({"privacy": {"raw": {"keep_days": 0}}}, "privacy.raw.keep_days"),
        (
            {"privacy": {"pseudonyms": {"period": "day", "keep_periods": 6}}},
            "privacy.pseudonyms.keep_periods: keys must be kept",
        ),
        ({"privacy": {"pseudonyms": {"period": "week"}}}, "privacy.pseudonyms.period"),
    ],
)
def test_what_protects_people_must_fit_together(
    tmp_path: Path, change: Tree, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        load_tree(tmp_path, good() | change)


def test_a_tenant_is_here_or_left(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="former_tenants: voorbeeldstad is one of tenants"):
        load_tree(tmp_path, good() | {"former_tenants": ["voorbeeldstad"]})


def test_a_consumer_opens_a_stream_as_well_as_a_token_does(tmp_path: Path) -> None:
    closed = {"consumers": [CONSUMER | {"streams": list(TOKENS)}]}
    assert list(check.warnings(load_tree(tmp_path, good() | closed))) == []


def test_raw_bytes_that_are_kept_readable_are_a_warning(tmp_path: Path) -> None:
    tree = good() | {"streams": TOKENS}
    tree["sources"][1] |= {"decode": {"as": "p1", "cabinet": "VBS-001"}}
    (warning,) = check.warnings(load_tree(tmp_path, tree))
    assert warning.startswith("privacy.raw: what broker sends is kept readable for 7 days")
    encrypted = tree | {"privacy": {"raw": {"key_env": "KEY"}}}
    assert list(check.warnings(load_tree(tmp_path, encrypted))) == []
