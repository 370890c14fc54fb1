from __future__ import annotations

from ldes_shok.client.page import read_page
from ldes_shok.fsck.page_checks import member_blocks
from ldes_shok.rdf.lines import read_lines

PAGE = "http://shok.test/kasten/by-time/2026/p1"
VIEW = f"<http://shok.test/kasten> <https://w3id.org/tree#view> <{PAGE}> ."
LATE = f"<{PAGE}> <http://p> <http://late> ."


def _member(iri: str) -> str:
    return f"<http://shok.test/kasten> <https://w3id.org/tree#member> <{iri}> ."


def test_a_block_goes_from_one_membership_to_the_next_or_to_hypermedia() -> None:
    """TREE profile, section 4; what belongs to the member does not matter there."""
    lines = [
        VIEW,
        _member("http://m"),
        "<http://m> <http://p> _:a .",
        "<http://other> <http://p> _:b .",
        _member("http://n"),
        "<http://n> <http://p> _:c .",
        LATE,
        "<http://n> <http://p> _:d .",
    ]
    page = read_page(list(read_lines("\n".join(lines).encode())), PAGE)
    blocks, late = member_blocks(page)
    assert {iri: len(block) for iri, block in blocks.items()} == {"<http://m>": 2, "<http://n>": 1}
    assert [f"{s} {p} {o} ." for s, p, o, _ in late] == [LATE]
