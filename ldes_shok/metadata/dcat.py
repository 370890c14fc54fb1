"""The catalogue of the service in DCAT-AP, by the rules of TREE discovery.

Each event stream is its own dataset, so a client that finds the dataset has the stream. Clients
reach the root of its view by both known routes: distribution and data service.
https://treecg.github.io/specification/discovery, https://semiceu.github.io/DCAT-AP/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.metadata.publisher import Publisher
from ldes_shok.rdf import vocab
from ldes_shok.rdf.graphs import document
from ldes_shok.rdf.terms import XSD, integer, iri, literal, text

_PREFIXES: Final = {
    **vocab.PREFIXES,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "access": "http://publications.europa.eu/resource/authority/access-right/",
    "filetype": "http://publications.europa.eu/resource/authority/file-type/",
    "language": "http://publications.europa.eu/resource/authority/language/",
    "theme": "http://publications.europa.eu/resource/authority/data-theme/",
}

STANDARD: Final = (
    "https://data.vlaanderen.be/doc/applicatieprofiel/openbare-nutsvoorzieningkasten/"
    "erkendestandaard/2026-01-03"
)
"""The recognised standard (erkende standaard) that the members follow."""

_LDES_SPECIFICATION = "https://w3id.org/ldes/specification"
_TREE_SPECIFICATION = "https://w3id.org/tree/specification"
_LDES_PROTOCOL = "https://data.vlaanderen.be/id/concept/dataserviceprotocol/LDES"
_TURTLE_MEDIA_TYPE = "https://www.iana.org/assignments/media-types/text/turtle"


@dataclass(frozen=True, slots=True)
class ServiceDescription:
    """The catalogue's description of the whole service, in Dutch and English."""

    title_nl: str
    title_en: str
    description_nl: str
    description_en: str


def _q(name: str) -> Term:
    prefix, local = name.split(":", 1)
    return iri(_PREFIXES[prefix] + local)


class Catalogue:
    """The catalogue document, built once and rendered in each form.

    It has no `tree:view`: the catalogue describes several streams, and a client that starts here
    must not take this page for a node of one of them.
    """

    def __init__(
        self,
        public_url: str,
        service: ServiceDescription,
        publisher: Publisher,
        licence_iri: str,
        streams: Sequence[EventStream],
        copy_of: Mapping[str, str] | None = None,
    ) -> None:
        """Describe the service, or a copy of its published data.

        Args:
            public_url: URL of the catalogue, no slash at the end.
            service: titles and descriptions.
            publisher: the publisher.
            licence_iri: of the open streams.
            streams: with their IRIs at that URL.
            copy_of: for a copy, the published IRI of each stream, by name; a copy is only files, so
                no interface is described.
        """
        self.url = f"{public_url}/"
        triples = _catalogue(self.url, service, publisher, licence_iri, streams)
        triples += _publisher(publisher)
        triples += [
            (iri(licence_iri), vocab.TYPE, _q("dcterms:LicenseDocument")),
        ]
        for stream in streams:
            identifier = stream.iri if copy_of is None else copy_of[stream.name]
            triples += _dataset(stream, publisher, identifier)
            triples += _distribution(stream, licence_iri)
            description = f"{self.url}openapi.json" if copy_of is None else self.url
            triples += _service(description, stream, publisher, licence_iri)
        self._triples = tuple(triples)

    def document(self, form: str) -> bytes:
        """Return the catalogue in `ttl`, `trig`, `nt`, `nq` or `jsonld`.

        Raises:
            ValueError: an unknown form.
        """
        return document(self._triples, form, _PREFIXES)


def distribution_iri(stream: EventStream) -> str:
    """Return the IRI of the view's description: `ldes:EventSource` and `dcat:Distribution`."""
    return f"{stream.view_iri}#source"


def service_iri(stream: EventStream) -> str:
    """Return the IRI of the `dcat:DataService` that serves the view."""
    return f"{stream.view_iri}#service"


def _about(subject: str, *pairs: tuple[str, Term]) -> list[Triple]:
    return [(iri(subject), vocab.TYPE if name == "a" else _q(name), term) for name, term in pairs]


def _access_right(stream: EventStream) -> Term:
    return _q("access:PUBLIC" if stream.access is Access.OPEN else "access:RESTRICTED")


def _licence(stream: EventStream, licence_iri: str) -> list[tuple[str, Term]]:
    """Return the licence of an open stream; for other streams, agreements with readers apply."""
    return [("dcterms:license", iri(licence_iri))] if stream.access is Access.OPEN else []


def _catalogue(
    url: str,
    service: ServiceDescription,
    publisher: Publisher,
    licence_iri: str,
    streams: Sequence[EventStream],
) -> list[Triple]:
    return _about(
        url,
        ("a", _q("dcat:Catalog")),
        ("dcterms:title", text(service.title_nl, "nl")),
        ("dcterms:title", text(service.title_en, "en")),
        ("dcterms:description", text(service.description_nl, "nl")),
        ("dcterms:description", text(service.description_en, "en")),
        ("dcterms:publisher", iri(publisher.iri)),
        ("dcterms:license", iri(licence_iri)),
        ("dcterms:language", _q("language:NLD")),
        ("foaf:homepage", iri(url)),
        *(("dcat:dataset", iri(stream.iri)) for stream in streams),
        *(("dcat:service", iri(service_iri(stream))) for stream in streams),
    )


def _publisher(publisher: Publisher) -> list[Triple]:
    return _about(publisher.iri, ("a", _q("foaf:Agent")), ("foaf:name", text(publisher.name, "nl")))


def _dataset(stream: EventStream, publisher: Publisher, identifier: str) -> list[Triple]:
    own_time = [
        ("ldes:versionTimestampPath", iri(stream.versioned_by)),
        ("ldes:versionSequencePath", vocab.POSITION),
        ("ldes:versionDeleteObject", vocab.DELETE),
    ]
    return _about(
        stream.iri,
        ("a", _q("dcat:Dataset")),
        ("a", _q("ldes:EventStream")),
        ("dcterms:type", _q("ldes:EventStream")),
        ("dcterms:identifier", literal(identifier, f"{XSD}anyURI")),
        ("dcterms:title", text(stream.title_nl, "nl")),
        ("dcterms:title", text(stream.title_en, "en")),
        ("dcterms:description", text(stream.description_nl, "nl")),
        ("dcterms:description", text(stream.description_en, "en")),
        ("dcterms:publisher", iri(publisher.iri)),
        ("dcterms:accessRights", _access_right(stream)),
        ("dcterms:language", _q("language:NLD")),
        ("dcat:theme", _q("theme:ENER")),
        ("dcat:keyword", text("nutsvoorzieningkast", "nl")),
        ("dcat:keyword", text("elektriciteit", "nl")),
        ("dcterms:conformsTo", iri(STANDARD)),
        ("dcterms:conformsTo", iri(_LDES_SPECIFICATION)),
        ("dcterms:conformsTo", iri(_TREE_SPECIFICATION)),
        ("tree:shape", iri(stream.shape_iri)),
        ("ldes:timestampPath", vocab.GENERATED_AT),
        ("ldes:sequencePath", vocab.POSITION),
        ("ldes:versionOfPath", vocab.IS_VERSION_OF),
        *(own_time if stream.versioned_by else ()),
        ("ldes:pollingInterval", integer(stream.polling_interval_seconds)),
        ("dcat:distribution", iri(distribution_iri(stream))),
        *([("dcterms:replaces", iri(stream.replaces))] if stream.replaces else ()),
        *([("dcterms:isReplacedBy", iri(stream.replaced_by))] if stream.replaced_by else ()),
    )


def _distribution(stream: EventStream, licence_iri: str) -> list[Triple]:
    root = iri(stream.view_iri)
    return _about(
        distribution_iri(stream),
        ("a", _q("dcat:Distribution")),
        ("a", _q("ldes:EventSource")),
        ("dcterms:title", text(f"{stream.title_nl}, alles in de tijd", "nl")),
        ("dcterms:title", text(f"{stream.title_en}, all of it over time", "en")),
        ("dcat:accessURL", root),
        ("dcat:downloadURL", root),
        ("tree:rootNode", root),
        ("dcat:accessService", iri(service_iri(stream))),
        # DCAT-AP allows only one media type; the other four come by content negotiation.
        ("dcat:mediaType", iri(_TURTLE_MEDIA_TYPE)),
        ("dcterms:format", _q("filetype:RDF_TURTLE")),
        *_licence(stream, licence_iri),
        ("dcterms:conformsTo", iri(_LDES_SPECIFICATION)),
        ("dcterms:conformsTo", iri(_TREE_SPECIFICATION)),
    )


def _service(
    description: str, stream: EventStream, publisher: Publisher, licence_iri: str
) -> list[Triple]:
    return _about(
        service_iri(stream),
        ("a", _q("dcat:DataService")),
        ("dcterms:title", text(f"LDES van {stream.title_nl}", "nl")),
        ("dcterms:title", text(f"LDES of {stream.title_en}", "en")),
        ("dcterms:publisher", iri(publisher.iri)),
        *_licence(stream, licence_iri),
        ("dcterms:accessRights", _access_right(stream)),
        ("dcterms:conformsTo", iri(_LDES_SPECIFICATION)),
        ("dcterms:conformsTo", iri(_TREE_SPECIFICATION)),
        ("dcterms:conformsTo", iri(_LDES_PROTOCOL)),
        ("dcat:endpointURL", iri(stream.view_iri)),
        ("dcat:endpointDescription", iri(description)),
        ("dcat:servesDataset", iri(stream.iri)),
    )
