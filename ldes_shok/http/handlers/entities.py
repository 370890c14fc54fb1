"""Handlers of `/id/...`: every IRI that we coin dereferences.

An entity answers 303 to its latest version. A version is a document that never changes. A concept
or a scheme is a document of the code lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import to_milliseconds
from ldes_shok.http.access.admission import admit, readable
from ldes_shok.http.handlers.node_pages import format_links
from ldes_shok.http.serving.answers import cache_control, document, requested_format
from ldes_shok.http.serving.problems import not_found
from ldes_shok.http.serving.read_services import READING, ReadServices
from ldes_shok.http.serving.services import SERVICES, Services
from ldes_shok.ldes.member import Form, Triple
from ldes_shok.log.records import MemberRow
from ldes_shok.metadata.concepts import Concept
from ldes_shok.rdf.rows import RowValue, rows_of
from ldes_shok.rdf.terms import iri
from ldes_shok.rdf.vocab import PREFIXES
from ldes_shok.representation.html.numbers import decimal_comma
from ldes_shok.representation.html.pages import Fact, Link, ResourcePage, VersionRow
from ldes_shok.representation.media import FORM_OF, Format, content_type

_SHOWN_VERSIONS: Final = 20
_CONCEPT_SECONDS: Final = 3600
_NOTHING: Final = "nothing has this IRI"


@dataclass(frozen=True, slots=True)
class _Found:
    """The entity or member that an IRI names, as far as the request may read it.

    Attributes:
        stream: name of the stream that publishes it.
        latest: of an entity, the IRI of its newest version; empty for a member.
        body: of a member, its document.
    """

    stream: str
    latest: str = ""
    body: bytes = b""


async def identified(request: web.Request) -> web.StreamResponse:
    """Answer for a concept, an entity or one of its versions."""
    services = request.app[SERVICES]
    tail = request.match_info["tail"]
    if request.rel_url.raw_path != request.rel_url.path:
        return not_found(request, "our IRIs hold no percent-encoding")
    format_ = requested_format(request)
    if isinstance(format_, web.Response):
        return format_
    concept = services.concepts.get(tail)
    if concept is not None:
        return _concept(request, services, concept, format_)
    reading = services.reading
    may_read = readable(request, reading)
    url = f"{reading.public_url}/id/{tail}"
    found = await reading.reads.run(_look_up, services, url, may_read, format_)
    if found is None:
        return not_found(request, _NOTHING)
    refused = admit(request, reading, found.stream)
    if refused is not None or found.stream not in may_read:
        return refused or not_found(request, _NOTHING)
    return _entity(request, reading, found) if found.latest else _member(request, found, format_)


def _look_up(
    services: Services, url: str, may_read: Sequence[str], format_: Format
) -> _Found | None:
    """Look the IRI up in all streams; on a thread that may read the log."""
    reader, streams = services.reading.reader, services.reading.streams
    member = reader.member(url)
    if member is None:
        versions = reader.versions(url, may_read, 1) or reader.versions(url, [*streams], 1)
        return _Found(versions[0].stream, latest=versions[0].iri) if versions else None
    if member.stream not in may_read:
        return _Found(member.stream)
    if format_ is Format.HTML:
        return _Found(member.stream, body=_member_page(services, member))
    return _Found(member.stream, body=_member_text(services.reading, member, format_))


def _entity(request: web.Request, reading: ReadServices, found: _Found) -> web.Response:
    query = f"?{request.query_string}" if request.query_string else ""
    return web.Response(
        status=HTTPStatus.SEE_OTHER,
        headers={
            "Location": f"{found.latest}{query}",
            "Cache-Control": cache_control(
                sealed=False, public=reading.access.is_open(found.stream)
            ),
            "Vary": "Accept, Accept-Encoding",
        },
    )


def _member(request: web.Request, found: _Found, format_: Format) -> web.Response:
    is_open = request.app[READING].access.is_open(found.stream)
    return document(
        request,
        found.body,
        content_type=content_type(format_, profile=False),
        label=format_.value,
        caching=cache_control(sealed=format_ is not Format.HTML, public=is_open),
    )


def _member_text(reading: ReadServices, member: MemberRow, format_: Format) -> bytes:
    form = FORM_OF[format_]
    (block,) = reading.reader.blocks(member.stream, member.position, 1, form)
    match form:
        case Form.TURTLE:
            prologue = "".join(f"@prefix {p}: <{n}> .\n" for p, n in PREFIXES.items())
            return prologue.encode() + b"\n" + block
        case Form.NTRIPLES:
            return block
        case Form.JSONLD:
            context = f'{{"@context":"{reading.public_url}/context.jsonld",'
            return context.encode() + block[1:]


def _member_page(services: Services, member: MemberRow) -> bytes:
    reading = services.reading
    (block,) = reading.reader.blocks(member.stream, member.position, 1, Form.NTRIPLES)
    rows = rows_of(_triples(block), iri(member.iri), services.concepts.label)
    stream = reading.streams[member.stream]
    versions = reading.reader.versions(member.entity, [member.stream], _SHOWN_VERSIONS)
    summary = member.summary
    page = ResourcePage(
        kind=f"Lid van {stream.title_nl}",
        title=f"{summary.kind} {summary.subject}",
        iri=member.iri,
        canonical_url=member.iri,
        breadcrumb=(
            Link("Catalogus", f"{reading.public_url}/"),
            Link(stream.title_nl, stream.iri),
            Link(summary.subject, member.iri),
        ),
        facts=(
            Fact("Waarde", RowValue(decimal_comma(summary.value))),
            Fact("Waargenomen", instant_ms=to_milliseconds(parse_instant(summary.observed_at))),
            Fact("Gepubliceerd", instant_ms=member.published_ms),
            Fact("Versie van", RowValue(member.entity, iri=member.entity)),
        ),
        rows=rows,
        formats=format_links(member.iri),
        versions=tuple(
            VersionRow(v.summary.value, v.iri, v.published_ms, current=v.iri == member.iri)
            for v in versions
        ),
        open_access=reading.access.is_open(member.stream),
    )
    return reading.html.render_resource(page)


def _triples(block: bytes) -> list[Triple]:
    """Split our own N-Triples: one statement a line, cut at the first two spaces."""
    triples: list[Triple] = []
    # Not splitlines: a literal may hold an unescaped U+2028.
    for line in block.decode().removesuffix("\n").split("\n"):
        subject, predicate, rest = line.split(" ", 2)
        triples.append((subject, predicate, rest.removesuffix(" .")))
    return triples


def _concept(
    request: web.Request, services: Services, concept: Concept, format_: Format
) -> web.Response:
    if format_ is Format.HTML:
        body = services.reading.html.render_resource(_concept_page(services, concept))
    else:
        body = services.concepts.document(concept.path, format_.value)
    return document(
        request,
        body,
        content_type=content_type(format_, profile=False),
        label=format_.value,
        caching=f"public, max-age={_CONCEPT_SECONDS}",
    )


def _concept_page(services: Services, concept: Concept) -> ResourcePage:
    crumbs = [Link("Catalogus", f"{services.reading.public_url}/")]
    if concept.scheme_path is not None:
        scheme = services.concepts.get(concept.scheme_path)
        if scheme is not None:
            crumbs.append(Link(scheme.label_nl, scheme.iri))
    crumbs.append(Link(concept.label_nl, concept.iri))
    members = [services.concepts.get(path) for path in concept.concept_paths]
    return ResourcePage(
        kind="Codelijst" if concept.is_scheme else "Begrip",
        title=concept.label_nl or concept.path,
        iri=concept.iri,
        canonical_url=concept.iri,
        breadcrumb=tuple(crumbs),
        facts=(
            Fact("Nederlands", RowValue(concept.label_nl)),
            Fact("Engels", RowValue(concept.label_en)),
        ),
        rows=services.concepts.rows(concept.path),
        formats=format_links(concept.iri),
        related_title="Begrippen in deze lijst" if members else "",
        related=tuple(Link(m.label_nl, m.iri) for m in members if m is not None),
    )
