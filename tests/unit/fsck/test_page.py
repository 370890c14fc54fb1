from __future__ import annotations

from ldes_shok.fsck.page import date_time_ms, integer, read_page

PAGE = "http://shok.test/kasten/by-time/2026/p1"
HYPERMEDIA = f"<http://shok.test/kasten> <https://w3id.org/tree#view> <{PAGE}> .\n"
MEMBERSHIP = "<http://shok.test/kasten> <https://w3id.org/tree#member> <http://m> .\n"


def test_a_member_is_its_star_its_graph_and_its_blank_nodes() -> None:
    """LDES 1.0, section 3.4: blank nodes as subject and as name of a graph, each once."""
    own = (
        "<http://m> <http://p> _:a .\n"
        "_:a <http://p> _:b .\n"
        "_:b <http://p> _:a .\n"
        '<http://other> <http://p> "in its graph" <http://m> .\n'
        '<http://third> <http://p> "in a blank graph" _:b .\n'
    )
    stray = '<http://m> <http://p> "elsewhere" <http://g> .\n<http://z> <http://p> <http://m> .\n'
    page = read_page(PAGE, (HYPERMEDIA + MEMBERSHIP + own + stray).encode())
    (member,) = page.members
    assert len(member.statements) == 5
    assert len(member.block) == 7
    assert len(page.orphans) == 2


def test_instants_are_whole_and_have_a_timezone() -> None:
    dated = "^^<http://www.w3.org/2001/XMLSchema#dateTime>"
    assert date_time_ms(f'"1970-01-01T01:00:00.250+01:00"{dated}') == 250
    assert date_time_ms(f'"1970-01-01T00:00:00"{dated}') is None
    assert date_time_ms(f'"soon"{dated}') is None
    assert date_time_ms('"1970-01-01T00:00:00Z"') is None
    assert date_time_ms("<http://shok.test/time>") is None


def test_positions_are_integers() -> None:
    assert integer('"12"^^<http://www.w3.org/2001/XMLSchema#integer>') == 12
    assert integer('"12"') is None
    assert integer('"x"^^<http://www.w3.org/2001/XMLSchema#integer>') is None
    assert integer("<http://x") is None
