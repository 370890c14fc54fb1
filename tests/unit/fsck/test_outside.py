"""From any URL that people have at hand to the streams behind it."""

from __future__ import annotations

import pytest

from ldes_shok.errors import CheckImpossible
from ldes_shok.fsck import Finding, Response
from ldes_shok.fsck.finding import Item, Remark
from ldes_shok.fsck.outside import Outside, check_url
from ldes_shok.log.walk_step import Step
from tests.unit.fsck.damages import LEAF
from tests.unit.fsck.fake import BASE, NQUADS, ROOT, STREAM, SmallStream, canonical

CATALOGUE = f"{BASE}/"
CLOSED = f"{BASE}/techniek"
_LDES_STREAM = "<https://w3id.org/ldes#EventStream>"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_VIEW = "<https://w3id.org/tree#view>"


def page(url: str, text: str, status: int = 200, media_type: str = NQUADS) -> Response:
    return Response(url, status, {"content-type": media_type}, text.encode())


@pytest.fixture
def pages(small: SmallStream) -> dict[str, Response]:
    """A catalogue, an open stream, a closed one, and all pages of the open one."""
    dataset = "<http://www.w3.org/ns/dcat#dataset>"
    answers = {url: a for (url, kind), a in small.site.answers.items() if kind == NQUADS}
    return {
        **answers,
        CATALOGUE: page(
            CATALOGUE,
            f"<{CATALOGUE}> {dataset} <{STREAM.iri}> .\n<{CLOSED}> {_TYPE} {_LDES_STREAM} .\n",
        ),
        STREAM.iri: page(STREAM.iri, f"<{STREAM.iri}> {_VIEW} <{ROOT}> .\n"),
        CLOSED: page(CLOSED, "", status=401),
    }


def check(
    pages: dict[str, Response], small: SmallStream, url: str, *names: str, every: int = 1000
) -> list[Item]:
    def fetch(url: str, accept: str) -> Response:
        if accept != NQUADS:
            return small.site.fetch(url, accept)
        return pages.get(url) or page(url, "", status=404)

    return list(check_url(Outside(url, names, every), fetch, canonical))


@pytest.mark.parametrize("url", [ROOT, STREAM.iri, CATALOGUE])
def test_a_root_a_stream_and_a_catalogue_lead_to_the_same_members(
    pages: dict[str, Response], small: SmallStream, url: str
) -> None:
    items = check(pages, small, url)
    assert [item for item in items if isinstance(item, Finding)] == []
    assert items[-1] == Step(f"{ROOT}: members", 11, 0)


def test_a_stream_that_needs_a_token_is_said_to_be_left_out(
    pages: dict[str, Response], small: SmallStream
) -> None:
    (remark,) = (item for item in check(pages, small, CATALOGUE) if isinstance(item, Remark))
    assert remark.place == CLOSED
    assert "--token-env" in str(remark)


def test_streams_of_a_catalogue_may_be_chosen(
    pages: dict[str, Response], small: SmallStream
) -> None:
    assert [i for i in check(pages, small, CATALOGUE, "kasten") if isinstance(i, Remark)] == []
    assert [type(i) for i in check(pages, small, CATALOGUE, "techniek")] == [Remark]
    with pytest.raises(CheckImpossible, match="no stream water here; there is kasten, techniek"):
        check(pages, small, CATALOGUE, "water")


def test_what_is_wrong_is_found_in_every_form(
    pages: dict[str, Response], small: SmallStream
) -> None:
    small.site.edit(LEAF, lambda text: text.replace('"0.50"', '"0.5"'), "text/turtle")
    found = [i for i in check(pages, small, CATALOGUE, every=1) if isinstance(i, Finding)]
    assert [(f.invariant.value, f.url) for f in found] == [("P9", LEAF)]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (page(ROOT, "", status=401), "--token-env"),
        (page(ROOT, "", status=404), "404 application/n-quads came"),
        (page(ROOT, "<html>", media_type="text/html"), "200 text/html came"),
        (page(ROOT, "<html>"), "the body is not N-Quads"),
        (page(ROOT, f"<{BASE}/x> {_TYPE} <{BASE}/y> .\n"), "neither a node of a view"),
        (page(ROOT, f"<{BASE}/gone> {_TYPE} {_LDES_STREAM} .\n"), "gone: N-Quads were asked for"),
        (page(ROOT, f"<{CATALOGUE}> {_TYPE} {_LDES_STREAM} .\n"), "have no view"),
    ],
)
def test_a_url_that_leads_to_no_stream_is_no_finding(
    pages: dict[str, Response], small: SmallStream, answer: Response, reason: str
) -> None:
    pages[ROOT] = answer
    pages[CATALOGUE] = page(CATALOGUE, "")
    with pytest.raises(CheckImpossible, match=reason):
        check(pages, small, ROOT)


def test_no_answer_is_no_finding() -> None:
    def fetch(url: str, _: str) -> Response:
        raise ConnectionError(f"{url} refused")

    with pytest.raises(CheckImpossible, match="no answer"):
        list(check_url(Outside(ROOT), fetch, canonical))
