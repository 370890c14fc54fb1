"""Open leaves: half-made pages give the bytes of pages made anew, from any number of threads."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.representation.coding import Coded, Coding, encode
from ldes_shok.representation.growing import _MAX_LEAVES, GrowingLeaves, Grown
from tests.support.patience import HANG_SECONDS

PREFIX, SUFFIX = b"# head\n", b"]}"
SEPARATORS = {Form.TURTLE: b"", Form.NTRIPLES: b"", Form.JSONLD: b",\n"}
CODINGS: tuple[Coding, ...] = ("gzip", "br", "identity")


class Members:
    """Members that are written while they are read; counts how often each is."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.lost = 0

    def blocks(self, stream: str, first_position: int, count: int, form: Form) -> Sequence[bytes]:
        positions = range(first_position, first_position + count - self.lost)
        self.read.extend(positions)
        return [block(stream, position, form) for position in positions]


def block(stream: str, position: int, form: Form) -> bytes:
    return f"<{stream}/{position}> a <{form.value}> .\n".encode()


def node(members: int, path: str = "2026/p1") -> Node:
    return Node(path, "2026", NodeKind.LEAF, 0, 10, FIRST_POSITION + 7, members, 5, 0,
                split=False, sealed=False)  # fmt: skip


def page(growing: GrowingLeaves, members: int, form: Form, coding: Coding) -> Grown:
    return growing.page(
        "kasten", node(members), form, coding,
        around=lambda: (PREFIX, SUFFIX), separator=SEPARATORS[form],
    )  # fmt: skip


def anew(members: int, form: Form, coding: Coding) -> Coded:
    first = FIRST_POSITION + 7
    blocks = [block("kasten", position, form) for position in range(first, first + members)]
    body = PREFIX + SEPARATORS[form].join(blocks) + SUFFIX
    return Coded(encode(body, coding), hashlib.sha256(body).hexdigest()[:32], sealed=False)


REQUESTS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(Form), st.sampled_from(CODINGS)), max_size=30
)


@given(REQUESTS)
def test_a_page_that_grew_is_the_page_made_anew(
    requests: list[tuple[int, Form, Coding]],
) -> None:
    members, growing = 0, GrowingLeaves(Members())
    for more, form, coding in requests:
        members += more
        assert page(growing, members, form, coding) == Grown(anew(members, form, coding), members)


def test_each_member_is_read_once() -> None:
    store = Members()
    growing = GrowingLeaves(store)
    for members in (1, 1, 40, 250):
        page(growing, members, Form.TURTLE, "gzip")
        page(growing, members, Form.TURTLE, "identity")
    first = FIRST_POSITION + 7
    assert store.read == list(range(first, first + 250))


def test_a_reader_that_knows_less_gets_what_is_there() -> None:
    growing = GrowingLeaves(Members())
    page(growing, 20, Form.TURTLE, "gzip")
    late = page(growing, 10, Form.TURTLE, "gzip")
    assert late == Grown(anew(20, Form.TURTLE, "gzip"), 20)


def test_only_the_leaves_asked_for_lately_are_kept() -> None:
    growing = GrowingLeaves(Members())
    for number in range(3 * _MAX_LEAVES):
        growing.page(
            "kasten", node(1, f"2026/p{number}"), Form.TURTLE, "gzip",
            around=lambda: (PREFIX, SUFFIX), separator=b"",
        )  # fmt: skip
    assert len(growing._leaves) == _MAX_LEAVES


def test_a_member_that_is_missing_is_never_left_out() -> None:
    store = Members()
    growing = GrowingLeaves(store)
    page(growing, 3, Form.TURTLE, "gzip")
    store.lost = 1
    with pytest.raises(LogUnavailable, match="fsck"):
        page(growing, 6, Form.TURTLE, "gzip")
    store.lost = 0
    assert page(growing, 6, Form.TURTLE, "gzip").coded == anew(6, Form.TURTLE, "gzip")


def test_many_threads_get_whole_pages() -> None:
    growing, start = GrowingLeaves(Members()), threading.Barrier(4)

    def read(seed: int) -> list[bool]:
        start.wait(HANG_SECONDS)
        seen: list[bool] = []
        for members in range(seed, 200, 4):
            grown = page(growing, members, Form.NTRIPLES, "gzip")
            seen.append(
                grown.members >= members
                and grown.coded == anew(grown.members, Form.NTRIPLES, "gzip")
            )
        return seen

    with ThreadPoolExecutor(4) as pool:
        assert all(all(seen) for seen in pool.map(read, range(4)))
