"""Pages for people: what all of them promise, then what each of them shows."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.ldes.member import Summary
from ldes_shok.rdf.rows import PropertyRow, RowValue
from ldes_shok.representation.html.numbers import counted
from ldes_shok.representation.html.pages import Fact, Link, ShapePart, ShapeRow, Site
from ldes_shok.representation.html.renderer import (
    STYLESHEET_PATH,
    HtmlRenderer,
    duration_nl,
    stylesheet,
)
from tests.unit.representation import html_samples as samples
from tests.unit.representation.html_reading import Reading, read

RENDERER = HtmlRenderer(samples.site())
PAGES: dict[str, Callable[[], bytes]] = {
    "leaf": lambda: RENDERER.render_node(samples.leaf_page()),
    "interior": lambda: RENDERER.render_node(samples.interior_page()),
    "root": lambda: RENDERER.render_node(samples.root_page()),
    "empty root": lambda: RENDERER.render_node(samples.root_page(empty=True)),
    "stream": lambda: RENDERER.render_stream(samples.stream_page()),
    "empty stream": lambda: RENDERER.render_stream(samples.stream_page(empty=True)),
    "restricted leaf": lambda: RENDERER.render_node(
        replace(samples.leaf_page(), open_access=False)
    ),
    "restricted resource": lambda: RENDERER.render_resource(
        replace(samples.resource_page(), open_access=False)
    ),
    "restricted stream": lambda: RENDERER.render_stream(samples.stream_page(open_access=False)),
    "catalogue": lambda: RENDERER.render_catalogue(samples.catalogue_page()),
    "resource": lambda: RENDERER.render_resource(samples.resource_page()),
    "shape": lambda: RENDERER.render_shape(samples.shape_page()),
    "removed resource": lambda: RENDERER.render_resource(samples.resource_page("Weggehaald.")),
}
HOSTILE = "\"><script>alert(1)</script>&amp;'"


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> bytes:
    return PAGES[request.param]()


@pytest.fixture
def reading(page: bytes) -> Reading:
    return read(page)


class TestEveryPage:
    def test_is_well_formed(self, page: bytes, reading: Reading) -> None:
        assert page.startswith(b"<!DOCTYPE html>")
        assert reading.errors == []

    def test_is_small(self, page: bytes) -> None:
        assert len(page) < 50_000

    def test_needs_no_script_and_nothing_from_elsewhere(self, reading: Reading) -> None:
        tags = {element.tag for element in reading.elements}
        assert not tags & {"script", "iframe", "img", "style", "form", "object", "base"}
        for element in reading.elements:
            assert not [key for key in element.attributes if key.startswith("on")]
            assert "style" not in element.attributes
        (sheet,) = [e for e in reading.all("link") if e.attributes["rel"] == "stylesheet"]
        assert sheet.attributes["href"] == STYLESHEET_PATH

    def test_has_a_language_a_title_and_one_first_heading(self, reading: Reading) -> None:
        assert reading.one("html").attributes["lang"] == "nl"
        assert reading.one("title").text.endswith("Elektriciteitskasten van Voorbeeldstad")
        assert reading.one("h1").text.strip()

    def test_headings_skip_no_level(self, reading: Reading) -> None:
        levels = [int(e.tag[1]) for e in reading.elements if e.tag in {"h1", "h2", "h3", "h4"}]
        assert levels[0] == 1
        for before, after in pairwise(levels):
            assert after <= before + 1

    def test_the_skip_link_comes_first_and_leads_to_the_content(self, reading: Reading) -> None:
        first = reading.all("a")[0]
        assert first.attributes["href"] == f"#{reading.one('main').attributes['id']}"

    def test_ids_differ_and_references_hold(self, reading: Reading) -> None:
        ids = [e.attributes["id"] for e in reading.elements if "id" in e.attributes]
        assert len(ids) == len(set(ids))
        references = [e.attributes.get("aria-labelledby") for e in reading.elements]
        assert {reference for reference in references if reference} <= set(ids)

    def test_every_header_cell_has_a_scope(self, reading: Reading) -> None:
        for cell in reading.all("th"):
            assert cell.attributes["scope"] in {"row", "col"}

    def test_every_link_says_where_it_goes(self, reading: Reading) -> None:
        for link in reading.all("a"):
            assert link.attributes["href"]
            assert link.text.strip() or link.attributes.get("aria-label")

    def test_regions_that_scroll_can_be_reached_by_keyboard(self, reading: Reading) -> None:
        for region in reading.elements:
            if region.attributes.get("class") == "scroll":
                assert region.attributes["tabindex"] == "0"
                assert region.attributes["role"] == "region"
                assert {"aria-label", "aria-labelledby"} & set(region.attributes)

    def test_pictures_are_hidden_from_screen_readers(self, reading: Reading) -> None:
        for picture in reading.all("svg"):
            assert picture.attributes["aria-hidden"] == "true"

    def test_names_the_licence_of_what_is_open(
        self, request: pytest.FixtureRequest, reading: Reading
    ) -> None:
        is_open = not request.node.callspec.params["page"].startswith("restricted")
        assert ("CC0 1.0" in reading.text) == is_open
        licences = [e for e in reading.elements if e.attributes.get("rel") == "license"]
        assert bool(licences) == is_open

    def test_names_its_publisher_and_its_other_forms(self, reading: Reading) -> None:
        assert "Stad Voorbeeldstad" in reading.text
        alternates = {
            e.attributes["type"] for e in reading.all("link") if e.attributes["rel"] == "alternate"
        }
        assert alternates == {media_type for _, media_type in samples.MEDIA_TYPES.values()}

    def test_says_that_the_city_is_invented(self, reading: Reading) -> None:
        assert "Deze stad is verzonnen." in reading.text
        assert "This city is invented" in reading.text

    def test_the_canonical_link_is_absolute(self, reading: Reading) -> None:
        (canonical,) = [e for e in reading.all("link") if e.attributes["rel"] == "canonical"]
        assert canonical.attributes["href"].startswith(samples.BASE)


def test_a_real_city_has_no_banner() -> None:
    page = HtmlRenderer(samples.site(demo=False)).render_catalogue(samples.catalogue_page())
    assert b"verzonnen" not in page


class TestNode:
    def test_a_leaf_shows_its_members(self) -> None:
        reading = read(PAGES["leaf"]())
        assert reading.one("h1").text.startswith("Techniek, 12 mei 2026 18–19 u (UTC), blad 3")
        assert "30 leden, gepubliceerd van 12 mei 2026, 18:00 UTC tot" in reading.text
        rows = [th for th in reading.all("th") if th.attributes["scope"] == "row"]
        assert [row.text for row in rows[:2]] == ["4.212", "4.213"]
        cells = [td.text.strip() for td in reading.all("td")[:5]]
        assert cells == [
            "Observatie", "VBS-001/1", "stroomsterkte L1: 11,4 A", "17:59:58", "18:00:00",
        ]  # fmt: skip
        link = next(a for a in reading.all("a") if a.text == "4.212")
        assert link.attributes["href"].startswith("/id/observatie/")

    def test_an_interior_node_shows_its_relations(self) -> None:
        reading = read(PAGES["interior"]())
        headers = [th.text for th in reading.all("th") if th.attributes["scope"] == "col"]
        assert headers == ["Deel", "Leden", "Staat", "Vanaf", "Vóór"]
        first = [td.text for td in reading.all("td")[:4]]
        assert first == ["488", "afgesloten", "12 mei 2026, 05:00 UTC", "12 mei 2026, 06:00 UTC"]

    def test_its_state_is_said_in_words(self) -> None:
        sealed, still_open = read(PAGES["leaf"]()), read(PAGES["interior"]())
        assert "afgesloten" in sealed.one("h1").text
        assert "verandert nooit meer" in sealed.text
        assert "nog open" in still_open.one("h1").text
        assert "kijk elke 60 seconden opnieuw" in still_open.text

    def test_neighbours_are_links_for_people_and_machines(self) -> None:
        reading = read(PAGES["leaf"]())
        for rel in ("prev", "up", "next"):
            hrefs = {
                e.attributes["href"] for e in reading.elements if e.attributes.get("rel") == rel
            }
            assert len(hrefs) == 1, rel
        assert not [e for e in read(PAGES["root"]()).elements if e.attributes.get("rel") == "prev"]

    def test_it_gives_the_command_that_replicates_the_stream(self) -> None:
        command = f"ldes-client --concurrent 1 {samples.STREAM}"
        assert read(PAGES["leaf"]()).one("pre").text == command

    def test_an_empty_stream_has_a_root_that_says_so(self) -> None:
        assert "Hier is nog niets gepubliceerd." in read(PAGES["empty root"]()).text

    def test_a_leaf_over_several_days_names_them(self) -> None:
        page = samples.leaf_page(2)
        late = replace(page.members[1], published_ms=samples.EVENING_MS + 3 * samples.DAY_MS)
        reading = read(RENDERER.render_node(replace(page, members=(page.members[0], late))))
        assert "15 mei 2026, 18:00:00 UTC" in reading.text
        assert "tijden zonder dag" not in reading.text

    def test_a_full_leaf_stays_small_on_the_wire(self) -> None:
        page = RENDERER.render_node(samples.leaf_page(250))
        assert len(page) < 60_000
        assert len(gzip.compress(page)) < 10_000


class TestOtherPages:
    def test_a_stream_tells_how_it_is_ordered_and_versioned(self) -> None:
        text = read(PAGES["stream"]()).text
        for term in ("prov:generatedAtTime", "schema:position", "dcterms:isVersionOf"):
            assert term in text
        assert "48.210" in text

    def test_a_restricted_stream_says_what_it_needs(self) -> None:
        assert "Authorization: Bearer" in read(PAGES["restricted stream"]()).text
        assert "Authorization: Bearer" not in read(PAGES["stream"]()).text

    def test_the_catalogue_lists_every_stream(self) -> None:
        reading = read(PAGES["catalogue"]())
        titles = [h.text for h in reading.all("h3")]
        assert titles[:3] == ["Kasten", "Techniek", "Individueel verbruik"]
        hrefs = {a.attributes["href"] for a in reading.all("a")}
        assert {"/kasten", "/kasten/by-time", "/shapes/kasten", "/openapi.json"} <= hrefs

    def test_a_resource_shows_facts_properties_and_versions(self) -> None:
        reading = read(PAGES["resource"]())
        assert reading.one("h1").text == "VBS-001/2"
        assert "in gebruik" in reading.text
        assert "9999" in reading.text
        codes = {code.text: code.attributes.get("title") for code in reading.all("code")}
        assert codes["adms:status"] == "http://www.w3.org/ns/adms#status"
        assert "12 mei 2026, 17:59:58 UTC (deze)" in reading.text

    def test_a_notice_is_shown(self) -> None:
        assert "Let op: Weggehaald." in read(PAGES["removed resource"]()).text

    def test_related_things_are_listed(self) -> None:
        page = replace(
            samples.resource_page(),
            related_title="Begrippen",
            related=(Link("marktkast", f"{samples.BASE}/id/concept/kasttype/marktkast"),),
        )
        reading = read(RENDERER.render_resource(page))
        link = next(a for a in reading.all("a") if a.text == "marktkast")
        assert link.attributes["href"] == "/id/concept/kasttype/marktkast"


def test_a_shape_says_of_each_class_what_its_properties_must_be() -> None:
    reading = read(RENDERER.render_shape(samples.shape_page()))
    assert [heading.text for heading in reading.all("h2")][:2] == ["Elk lid", "Kast"]
    assert "precies één us:Cabinet" in reading.text
    assert "0..1" in reading.text


class TestHostileData:
    """Whatever a controller or a configuration says, a page stays a page."""

    def test_text_is_escaped_everywhere(self) -> None:
        link = Link(HOSTILE, f"{samples.BASE}/{HOSTILE}")
        renderer = HtmlRenderer(
            Site(HOSTILE, f"{samples.BASE}/", link, link, demo=True, version=HOSTILE)
        )
        summary = Summary(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
        row = replace(samples.member_row(1), summary=summary, url=link.url, iri=link.url)
        value = RowValue(HOSTILE, iri=link.url, rows=(PropertyRow(HOSTILE, HOSTILE, ()),))
        nested = PropertyRow(HOSTILE, HOSTILE, (RowValue(HOSTILE, language=HOSTILE, datatype="x"),))
        pages = [
            renderer.render_node(
                replace(
                    samples.leaf_page(),
                    stream_title=HOSTILE,
                    path=HOSTILE,
                    members=(row,),
                    breadcrumb=(link, link),
                )
            ),
            renderer.render_stream(replace(samples.stream_page(), title=HOSTILE, latest=(row,))),
            renderer.render_catalogue(replace(samples.catalogue_page(), description=HOSTILE)),
            renderer.render_resource(
                replace(
                    samples.resource_page(HOSTILE),
                    title=HOSTILE,
                    iri=link.url,
                    facts=(Fact(HOSTILE, replace(value, rows=())),),
                    rows=(nested, PropertyRow(HOSTILE, HOSTILE, (RowValue("", rows=(nested,)),))),
                )
            ),
            renderer.render_shape(
                replace(
                    samples.shape_page(),
                    stream_title=HOSTILE,
                    notes=(HOSTILE,),
                    parts=(ShapePart(HOSTILE, HOSTILE, (ShapeRow(*[HOSTILE] * 4),)),),
                )
            ),
        ]
        for page in pages:
            reading = read(page)
            assert reading.errors == []
            assert not reading.all("script")
            assert HOSTILE in reading.one("html").text

    @pytest.mark.parametrize("iri", ["javascript:alert(1)", "data:text/html,x", "urn:x:y"])
    def test_only_web_addresses_become_links(self, iri: str) -> None:
        site = replace(samples.site(), publisher=Link("Stad", iri))
        page = replace(samples.resource_page(), facts=(Fact("Iets", RowValue("hier", iri=iri)),))
        reading = read(HtmlRenderer(site).render_resource(page))
        assert iri not in {a.attributes["href"] for a in reading.all("a")}
        assert iri in reading.text

    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
    def test_any_text_comes_through_unchanged(self, text: str) -> None:
        page = replace(samples.resource_page(), title=f"x{text}x")
        assert read(RENDERER.render_resource(page)).one("h1").text == f"x{text}x"


def test_links_stay_on_the_host_that_is_asked() -> None:
    renderer = HtmlRenderer(replace(samples.site(), home_url="https://stad.example/ldes/"))
    page = renderer.render_catalogue(samples.catalogue_page())
    assert b'href="/ldes/static/ldes-shok.css"' in page
    # Another port is another origin: such a link stays whole.
    assert b'href="http://127.0.0.1:8080/kasten"' in page


def test_the_style_sheet_fetches_nothing() -> None:
    assert b"@import" not in stylesheet()
    assert b"url(" not in stylesheet()


def test_numbers_are_written_as_dutch_writes_them() -> None:
    assert counted(1, "lid", "leden") == "1 lid"
    assert counted(1_234_567, "lid", "leden") == "1.234.567 leden"
    assert duration_nl(60) == "60 seconden"
    assert duration_nl(300) == "5 minuten"
    assert duration_nl(1) == "1 seconde"
