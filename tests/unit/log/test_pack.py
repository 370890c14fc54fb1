"""Packs: what goes in comes out, and nothing that was changed does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.member import Summary
from ldes_shok.log.pack import PackedMember, decode_pack, encode_pack, pack_checksum, packed
from tests.contract.examples import BASE, ENTITY, a_member
from tests.support.examples import examples

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(0, 2**40)
members = st.builds(
    PackedMember, numbers, st.lists(texts).map(tuple), numbers, numbers, texts, texts, texts,
    texts, texts, texts,
)  # fmt: skip


@examples(0.5)
@given(st.lists(members, max_size=40))
def test_members_come_back_as_they_were(said: list[PackedMember]) -> None:
    body = encode_pack(said)
    checksum = pack_checksum(7, len(said), body)
    assert decode_pack(7, len(said), checksum, body) == said


def test_a_pack_is_smaller_than_its_members() -> None:
    said = [packed(a_member(number).member, 1, number, f"{BASE}/id/") for number in range(250)]
    assert len(encode_pack(said)) < sum(len(encode_pack([member])) for member in said) / 5


@pytest.mark.parametrize("count", [1, 30])
def test_every_flipped_bit_is_found(count: int) -> None:
    said = [packed(a_member(number).member, 1, number, f"{BASE}/id/") for number in range(count)]
    body = encode_pack(said)
    checksum = pack_checksum(7, count, body)
    for bit in range(8 * len(body)):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(LogDamaged, match="members 7 to"):
            decode_pack(7, count, checksum, bytes(changed))
    for first_id, members_, kept in ((6, count, checksum), (7, count + 1, checksum),
                                     (7, count, checksum ^ 1)):  # fmt: skip
        with pytest.raises(LogDamaged):
            decode_pack(first_id, members_, kept, body)


def test_the_base_and_a_derivable_entity_are_left_out() -> None:
    found = packed(a_member(0).member, 3, 5, f"{BASE}/id/")
    assert (found.iri, found.entity) == ("kast/t/VBS-001/kasten-0", "")
    assert f"{BASE}/id/{found.entity_iri}" == ENTITY
    assert found.summary == Summary("Kast", "VBS-001", "défect, “x”", "2026-05-12T12:00:00Z")
    assert (found.template_id, found.event_id, found.published_ms) == (3, 5, 10)
