"""One filled page of each kind, about the invented city, for the tests of the HTML pages."""

from __future__ import annotations

from datetime import datetime

from ldes_shok.clock import to_milliseconds
from ldes_shok.ldes.member import FIRST_POSITION, Summary
from ldes_shok.rdf import terms, vocab
from ldes_shok.rdf.rows import RowValue, rows_of
from ldes_shok.representation.html.pages import (
    CataloguePage,
    ChildRow,
    Fact,
    FormatLink,
    Link,
    MemberSummary,
    NodePage,
    ResourcePage,
    ShapePage,
    ShapePart,
    ShapeRow,
    Site,
    StreamCard,
    StreamPage,
    VersionRow,
)
from ldes_shok.representation.html.titles import breadcrumb, segment_label
from tests.support.terms import date_time

BASE = "http://127.0.0.1:8080"
STREAM = f"{BASE}/techniek"
VIEW = f"{STREAM}/by-time"
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def at(text: str) -> int:
    """Milliseconds of an instant."""
    return to_milliseconds(datetime.fromisoformat(text))


EVENING_MS = at("2026-05-12T18:00:00Z")

MEDIA_TYPES = {
    "Turtle": ("ttl", "text/turtle"),
    "TriG": ("trig", "application/trig"),
    "N-Triples": ("nt", "application/n-triples"),
    "N-Quads": ("nq", "application/n-quads"),
    "JSON-LD": ("jsonld", "application/ld+json"),
}


def site(*, demo: bool = True) -> Site:
    """What the pages share."""
    return Site(
        title="Elektriciteitskasten van Voorbeeldstad",
        home_url=f"{BASE}/",
        publisher=Link("Stad Voorbeeldstad", f"{BASE}/id/organisatie/voorbeeldstad/stad"),
        licence=Link("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        demo=demo,
        version="0.1.0",
    )


def formats(url: str) -> tuple[FormatLink, ...]:
    """Links to all RDF forms."""
    return tuple(
        FormatLink(label, f"{url}?format={word}", media_type)
        for label, (word, media_type) in MEDIA_TYPES.items()
    )


def crumbs(path: str) -> tuple[Link, ...]:
    """The trail to a node of the sample stream."""
    return breadcrumb(
        Link("Catalogus", f"{BASE}/"), Link("Techniek", STREAM), Link("in de tijd", VIEW), path
    )


def member_row(number: int) -> MemberSummary:
    """The `number`th member of the evening of 12 May."""
    iri = f"{BASE}/id/observatie/0123456789abcdefghjkmnpqrs/{number:016x}"
    kind, value = [("Observatie", "stroomsterkte L1: 11,4 A"), ("Stopcontact", "in gebruik")][
        number % 3 == 2
    ]
    return MemberSummary(
        iri=iri,
        url=iri,
        summary=Summary(
            kind, f"VBS-00{number % 6 + 1}/{number % 4 + 1}", value, "2026-05-12T17:59:58Z"
        ),
        published_ms=EVENING_MS + number * 14_120,
        position=FIRST_POSITION + 4_211 + number,
    )


def leaf_page(members: int = 30) -> NodePage:
    """A sealed leaf."""
    path = "2026/05/12/18/p3"
    url = f"{VIEW}/{path}"
    return NodePage(
        stream_title="Techniek",
        stream_description="Meters, aansluitingen en metingen.",
        stream_name="techniek",
        stream_url=STREAM,
        path=path,
        canonical_url=url,
        breadcrumb=crumbs(path),
        sealed=True,
        lower_ms=EVENING_MS,
        upper_ms=EVENING_MS + HOUR_MS,
        members_below=members,
        children=(),
        members=tuple(member_row(number) for number in range(members)),
        formats=formats(url),
        polling_interval_seconds=60,
        earlier_url=f"{VIEW}/2026/05/12/18/p2",
        later_url=f"{VIEW}/2026/05/12/19/p1",
        up_url=f"{VIEW}/2026/05/12/18",
    )


def interior_page() -> NodePage:
    """An open day with some sealed hours."""
    path = "2026/05/12"
    start_ms = at("2026-05-12T00:00:00Z")
    children = tuple(
        ChildRow(
            label=segment_label(f"{path}/{hour:02d}"),
            url=f"{VIEW}/{path}/{hour:02d}",
            lower_ms=start_ms + hour * HOUR_MS,
            upper_ms=start_ms + (hour + 1) * HOUR_MS,
            members=(hour * 397) % 1500 + 3,
            sealed=hour < 19,
        )
        for hour in range(5, 20)
    )
    return NodePage(
        stream_title="Techniek",
        stream_description="Meters, aansluitingen en metingen.",
        stream_name="techniek",
        stream_url=STREAM,
        path=path,
        canonical_url=f"{VIEW}/{path}",
        breadcrumb=crumbs(path),
        sealed=False,
        lower_ms=start_ms,
        upper_ms=start_ms + DAY_MS,
        members_below=sum(child.members for child in children),
        children=children,
        members=(),
        formats=formats(f"{VIEW}/{path}"),
        polling_interval_seconds=60,
        earlier_url=f"{VIEW}/2026/05/11",
        up_url=f"{VIEW}/2026/05",
    )


def root_page(*, empty: bool = False) -> NodePage:
    """The root node."""
    start_ms = at("2026-01-01T00:00:00Z")
    year = ChildRow("2026", f"{VIEW}/2026", start_ms, at("2027-01-01T00:00:00Z"), 48_210, False)
    return NodePage(
        stream_title="Techniek",
        stream_description="Meters, aansluitingen en metingen.",
        stream_name="techniek",
        stream_url=STREAM,
        path="",
        canonical_url=VIEW,
        breadcrumb=crumbs(""),
        sealed=False,
        lower_ms=start_ms,
        upper_ms=None,
        members_below=0 if empty else 48_210,
        children=() if empty else (year,),
        members=(),
        formats=formats(VIEW),
        polling_interval_seconds=300,
    )


def stream_page(*, open_access: bool = True, empty: bool = False) -> StreamPage:
    """An event stream."""
    return StreamPage(
        title="Techniek",
        description="Meters, aansluitingen en metingen van alle elektriciteitskasten van de stad.",
        name="techniek",
        url=STREAM,
        root_url=VIEW,
        shape_url=f"{BASE}/shapes/techniek",
        context_url=f"{BASE}/context.jsonld",
        open_access=open_access,
        members=0 if empty else 48_210,
        last_published_ms=None if empty else EVENING_MS + 3_123,
        polling_interval_seconds=60,
        versions_have_own_time=True,
        formats=formats(STREAM),
        breadcrumb=(Link("Catalogus", f"{BASE}/"), Link("Techniek", STREAM)),
        latest=() if empty else tuple(member_row(number) for number in range(5, 0, -1)),
    )


def catalogue_page() -> CataloguePage:
    """The front page."""
    cards = [
        ("Kasten", "kasten", "Toestand van kasten en stopcontacten.", 1_204, True),
        ("Techniek", "techniek", "Meters, aansluitingen en metingen.", 48_210, True),
        ("Individueel verbruik", "verbruik-individueel", "Verbruik per stopcontact.", 1, False),
    ]
    return CataloguePage(
        description=(
            "Wat slimme elektriciteitskasten op pleinen en markten melden, "
            "als stromen die iedereen kan volgen."
        ),
        canonical_url=f"{BASE}/",
        streams=tuple(
            StreamCard(
                title=title,
                description=description,
                url=f"{BASE}/{name}",
                root_url=f"{BASE}/{name}/by-time",
                shape_url=f"{BASE}/shapes/{name}",
                open_access=open_access,
                members=members,
                last_published_ms=EVENING_MS,
            )
            for title, name, description, members, open_access in cards
        ),
        formats=formats(f"{BASE}/"),
        context_url=f"{BASE}/context.jsonld",
        health_url=f"{BASE}/health/ready",
        openapi_url=f"{BASE}/openapi.json",
        metrics_url=f"{BASE}/metrics",
    )


ENTITY = f"{BASE}/id/stopcontact/voorbeeldstad/VBS-001/2"
VERSION = f"{ENTITY}/20260512T175958Z-0123456789abcdef"


def resource_page(notice: str = "") -> ResourcePage:
    """A version of a socket."""
    subject = terms.iri(VERSION)
    concept = f"{BASE}/id/concept"
    status = terms.iri(f"{concept}/beschikbaarheidsstatus/inGebruik")
    triples = (
        (subject, vocab.TYPE, vocab.OUTLET),
        (subject, vocab.IS_VERSION_OF, terms.iri(ENTITY)),
        (subject, vocab.STATUS, status),
        (subject, vocab.STATUS, terms.iri(f"{concept}/spanningsstatus/aan")),
        (subject, vocab.US_ADDRESS, "_:a"),
        ("_:a", vocab.TYPE, vocab.ADDRESS_CLASS),
        ("_:a", vocab.THOROUGHFARE, terms.text("Verzonnen Markt", "nl")),
        ("_:a", vocab.POST_CODE, terms.plain("9999")),
        (subject, vocab.HAS_GEOMETRY, "_:g"),
        ("_:g", vocab.AS_WKT, terms.literal(f"<{vocab.CRS84}> POINT(4.4 51.2)", vocab.WKT_LITERAL)),
        (subject, vocab.MODIFIED, date_time("2026-05-12T17:59:58Z")),
        (subject, vocab.GENERATED_AT, date_time("2026-05-12T18:00:00.123Z")),
        (subject, vocab.POSITION, terms.integer(FIRST_POSITION)),
    )
    labels = {status[1:-1]: "in gebruik"}
    return ResourcePage(
        kind="Stopcontact",
        title="VBS-001/2",
        iri=VERSION,
        canonical_url=VERSION,
        breadcrumb=(
            Link("Catalogus", f"{BASE}/"),
            Link("Techniek", STREAM),
            Link("VBS-001/2", ENTITY),
            Link("12 mei 2026, 17:59:58 UTC", VERSION),
        ),
        facts=(
            Fact("Versie van", RowValue("VBS-001/2", iri=ENTITY)),
            Fact("Toestand", RowValue("in gebruik")),
            Fact("Gepubliceerd", instant_ms=EVENING_MS + 123),
        ),
        rows=rows_of(triples, subject, labels.get),
        formats=formats(VERSION),
        versions=(
            VersionRow("12 mei 2026, 17:59:58 UTC", VERSION, EVENING_MS + 123, current=True),
            VersionRow("12 mei 2026, 05:00 UTC", f"{ENTITY}/x", EVENING_MS - 12 * HOUR_MS),
        ),
        notice=notice,
    )


def shape_page() -> ShapePage:
    """The shape of a stream."""
    rows = (
        ShapeRow("rdf:type", "rdf:type", terms.value_of(vocab.TYPE), "precies één us:Cabinet"),
        ShapeRow("Kast.omgekeerd", "pad", "", "0..1"),
    )
    return ShapePage(
        stream_title="Technische dienst",
        stream_url=STREAM,
        url=f"{BASE}/shapes/techniek",
        notes=("Follows the standard.",),
        parts=(ShapePart("Elk lid", "", rows[:1]), ShapePart("Kast", "Kast", rows)),
        breadcrumb=(
            Link("Catalogus", f"{BASE}/"),
            Link("Technische dienst", STREAM),
            Link("SHACL-shape", f"{BASE}/shapes/techniek"),
        ),
        formats=formats(f"{BASE}/shapes/techniek"),
    )
