"""IRIs: the same for the same event, and silent about what is not public."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.mapping.iris import Iris, slug
from ldes_shok.rdf.terms import iri
from tests.support.vertical import (
    BASE,
    METERS,
    SECRET,
    configuration,
    iris,
    measurement,
    reading,
)
from tests.unit.mapping.examples import drafts

ALPHABET = "0123456789abcdefghijklmnopqrstuv"
ENTITY = f"{BASE}/id/kast/voorbeeldstad/VBS-001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("marktnet", "marktnet"),
        ("vbs-net-2", "vbs-net-2"),
        ("Stad Voorbeeldstad", r"stad-voorbeeldstad-[0-9a-f]{6}"),
        ("Café d'Été", r"cafe-d-ete-[0-9a-f]{6}"),
        ("---", r"[0-9a-f]{6}"),
        ("電力", r"[0-9a-f]{6}"),
        ("a--b", r"a-b-[0-9a-f]{6}"),
    ],
)
def test_a_slug_is_readable_and_marked_where_it_was_changed(text: str, expected: str) -> None:
    assert re.fullmatch(expected, slug(text))


@given(st.text(min_size=1, max_size=120))
def test_any_text_gives_one_path_segment(text: str) -> None:
    result = slug(text.encode("utf-8", "replace").decode())
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", result)
    assert iri(f"{BASE}/{result}")


def test_names_that_look_alike_do_not_share_an_iri() -> None:
    alike = ["voorbeeld", "Voorbeeld", "VOORBEELD", "voorbeeld ", "voorbééld", "voor-beeld",
             "voor beeld", "voor_beeld", "voor--beeld"]  # fmt: skip
    assert len({slug(text) for text in alike}) == len(alike)


def test_keyed_characters_are_those_of_a_keyed_blake2b() -> None:
    key = hashlib.blake2b(SECRET, digest_size=64).digest()
    data = b"meter\x1fvoorbeeldstad\x1fSN-1"
    digest = hashlib.blake2b(data, key=key, digest_size=26).digest()
    tens = (int.from_bytes(digest[at : at + 2], "big") & 1023 for at in range(0, 26, 2))
    text = "".join(ALPHABET[ten >> 5] + ALPHABET[ten & 31] for ten in tens)
    assert iris().meter("voorbeeldstad", "SN-1").endswith(f"/{text}")


def test_observations_of_one_minute_stand_together() -> None:
    minted = [
        iris().observation(iris().minute(at), "t", str(number))
        for number, at in enumerate(
            ["2026-05-12T12:00:00Z", "2026-05-12T12:00:59.999999Z", "2026-05-12T12:01:00Z"]
        )
    ]
    beginnings = [one.rpartition("/")[2][:6] for one in minted]
    assert beginnings[0] == beginnings[1] != beginnings[2]
    assert len(set(minted)) == 3
    assert all(re.fullmatch(f"{BASE}/id/observatie/[0-9a-v]{{26}}", one) for one in minted)


def test_another_secret_gives_other_keyed_iris_and_the_same_public_ones() -> None:
    ours, theirs = iris(), Iris(BASE, b"another")
    assert ours.meter("t", "SN-1") != theirs.meter("t", "SN-1")
    assert ours.observation("x", "t", "k") != theirs.observation("x", "t", "k")
    at = "2026-05-12T12:00:00Z"
    assert ours.minute(at) != theirs.minute(at)
    assert ours.version(ENTITY, "x", "kasten") != theirs.version(ENTITY, "x", "kasten")
    assert ours.cabinet("t", "A") == theirs.cabinet("t", "A")


@pytest.mark.parametrize(
    ("at", "compact"),
    [
        ("2026-05-12T18:00:00Z", "20260512T180000Z"),
        ("2026-05-12T18:00:00.5Z", "20260512T180000.5Z"),
        ("2026-12-31T23:59:59.999999Z", "20261231T235959.999999Z"),
    ],
)
def test_a_version_starts_with_its_time_without_punctuation(at: str, compact: str) -> None:
    version = iris().version(ENTITY, at, "kasten", "key", "digest")
    assert re.fullmatch(f"{re.escape(ENTITY)}/{re.escape(compact)}-[0-9a-v]{{16}}", version)


def test_a_version_depends_on_all_that_makes_it_one() -> None:
    minted = {
        iris().version(ENTITY, "2026-05-12T18:00:00Z", "kasten", "key", "digest"),
        iris().version(ENTITY, "2026-05-12T18:00:00.0Z", "kasten", "key", "digest"),
        iris().version(ENTITY, "2026-05-12T18:00:00Z", "techniek", "key", "digest"),
        iris().version(ENTITY, "2026-05-12T18:00:00Z", "kasten", "key2", "digest"),
        iris().version(ENTITY, "2026-05-12T18:00:00Z", "kasten", "key", "digest2"),
        iris().version(f"{ENTITY}2", "2026-05-12T18:00:00Z", "kasten", "key", "digest"),
    }
    assert len({minted_iri.rpartition("-")[2] for minted_iri in minted}) == 6


def test_no_iri_gives_a_serial_or_an_ean_away() -> None:
    """P11: no personal data in a public stream."""
    said = measurement("2026-05-12T11:45:00Z", [reading("energy.import.register", "1284530", "Wh")])
    found = [*drafts(configuration()), *drafts(configuration(), said)]
    secrets = [str(meter["serial"]) for meter in METERS] + ["549999900000012345", "1284530"]
    for draft in found:
        terms = [draft.iri, draft.entity]
        terms += [term for triple in draft.triples for term in triple if term.startswith("<")]
        assert not any(secret in term for secret in secrets for term in terms)


def test_what_is_private_is_in_no_literal_of_the_public_stream() -> None:
    """P11: no personal data in a public stream."""
    for draft in drafts(configuration()):
        if draft.stream == "kasten":
            text = " ".join(term for triple in draft.triples for term in triple)
            assert "SN-" not in text
            assert "5499999" not in text
            assert "gebruiker" not in text
