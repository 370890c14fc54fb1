"""Which names here are another city's."""

from __future__ import annotations

import pytest

from ldes_shok.cabinet.claim import Claim, is_followed

ONE, TWO = "https://one.example", "https://two.example"


def listed(server: str = ONE, tenant: str = "t", **cabinets: str) -> Claim:
    return Claim(f"ldes:{tenant}:a", tenant, server, cabinets)


def prefixed(prefix: str, server: str = ONE, tenant: str = "t") -> Claim:
    return Claim(f"ldes:{tenant}:b", tenant, server, {}, prefix)


def test_a_list_holds_what_it_names_and_a_prefix_what_begins_with_it() -> None:
    claim = listed(K1="A")
    assert (claim.name("K1"), claim.name("A"), claim.name("k1")) == ("A", None, None)
    assert [claim.holds(name) for name in ("A", "K1", "a")] == [True, False, False]
    claim = prefixed("BUUR-")
    assert (claim.name("K1"), claim.name("BUUR-K1")) == ("BUUR-K1", "BUUR-BUUR-K1")
    names = ("BUUR-K1", "BUUR-", "BUUR", "buur-K1", "X-BUUR-K1")
    assert [claim.holds(name) for name in names] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        (listed(K1="A"), listed(TWO, K1="A"), "A"),
        (listed(K1="A"), listed(TWO, K2="A"), "A"),
        (listed(K1="A"), listed(TWO, K1="B"), None),
        (listed(K1="BUUR-1"), prefixed("BUUR-", TWO), "BUUR-1"),
        (listed(K1="BUUR-"), prefixed("BUUR-", TWO), None),
        (prefixed("BUUR"), prefixed("BUUR-", TWO), "BUUR-"),
        (prefixed("BUUR-"), prefixed("BUUR-", TWO), "BUUR-"),
        (prefixed("BUUR-"), prefixed("BUUR2-", TWO), None),
        # Streams of one city tell of the same cabinets, by the same names.
        (listed(K1="A"), listed(K1="A", K2="B"), None),
        (listed(K1="A"), listed(K2="A"), "A"),
        (prefixed("BUUR-"), prefixed("BUUR-"), None),
        (prefixed("BUUR"), prefixed("BUUR-"), "BUUR-"),
        (listed(K1="BUUR-K1"), prefixed("BUUR-"), None),
        (listed(K1="BUUR-K2"), prefixed("BUUR-"), "BUUR-K2"),
        # Of another tenant of ours: another cabinet.
        (listed(K1="A"), listed(TWO, "u", K1="A"), None),
        (prefixed("BUUR-"), prefixed("BUUR-", TWO, "u"), None),
    ],
)
def test_a_name_is_one_cabinet_of_one_city(one: Claim, other: Claim, name: str | None) -> None:
    assert one.contested(other) == other.contested(one) == name


def test_only_the_adapter_says_that_a_stream_is_followed() -> None:
    assert is_followed("ldes:t:a")
    assert not any(map(is_followed, ("http:ldes:a", "http:t:ldes", "ldesx:t:a", "")))
