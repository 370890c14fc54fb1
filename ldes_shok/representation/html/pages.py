"""The values of each page: handlers fill them, templates read them.

URLs may be absolute or start with a slash. Times ending in `_ms` are whole milliseconds since
1970, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

from ldes_shok.ldes.member import Summary
from ldes_shok.rdf.rows import PropertyRow, RowValue


@dataclass(frozen=True, slots=True)
class Link:
    """A URL with its text."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class FormatLink:
    """The same resource in another format; `media_type` goes into `<link rel="alternate">`."""

    label: str
    url: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages share: set once, by the configuration.

    Attributes:
        title: name of the service.
        home_url: URL of the catalogue.
        publisher: name and IRI of the publisher.
        licence: name and IRI of the licence.
        demo: True shows that the city is fictional.
        version: version of the software.
    """

    title: str
    home_url: str
    publisher: Link
    licence: Link
    demo: bool
    version: str


@dataclass(frozen=True, slots=True)
class ChildRow:
    """A relation of an interior node: a child with its bounds and its number of members."""

    label: str
    url: str
    lower_ms: int
    upper_ms: int
    members: int
    sealed: bool


@dataclass(frozen=True, slots=True)
class MemberSummary:
    """A member in a leaf: its summary, and the URL of the whole member."""

    iri: str
    url: str
    summary: Summary
    published_ms: int
    position: int


@dataclass(frozen=True, slots=True)
class NodePage:
    """One node of a view.

    Attributes:
        stream_title, stream_description: of the stream, in Dutch.
        stream_name: its slug.
        stream_url: the URL that a client replicates.
        path: the node's path below the view; empty for the root.
        canonical_url: the node's own URL.
        breadcrumb: from the catalogue down to this page, this page last.
        sealed: True if the node never changes again.
        lower_ms, upper_ms: half-open interval; `upper_ms` None for the root.
        members_below: the number of members at or below this node.
        children: of an interior node.
        members: of a leaf.
        formats: the RDF formats of the same node.
        polling_interval_seconds: how often a client should ask for an open node.
        earlier_url, later_url, up_url: neighbours; None if there is none.
        open_access: False if reading needs a token; the licence applies only to open streams.
    """

    stream_title: str
    stream_description: str
    stream_name: str
    stream_url: str
    path: str
    canonical_url: str
    breadcrumb: tuple[Link, ...]
    sealed: bool
    lower_ms: int
    upper_ms: int | None
    members_below: int
    children: tuple[ChildRow, ...]
    members: tuple[MemberSummary, ...]
    formats: tuple[FormatLink, ...]
    polling_interval_seconds: int
    earlier_url: str | None = None
    later_url: str | None = None
    up_url: str | None = None
    open_access: bool = True

    @property
    def is_root(self) -> bool:
        """True for the root node of the view."""
        return not self.path


@dataclass(frozen=True, slots=True)
class StreamPage:
    """An event stream: its content and how to follow it.

    Attributes:
        title, description, name: of the stream; `name` is its slug.
        url: the stream's IRI, which is also its URL.
        root_url: root node of its first view.
        shape_url: the SHACL shape of its members.
        context_url: the JSON-LD context.
        open_access: False if reading needs a token.
        members: the number of published members.
        last_published_ms: publication time of the newest member; None for an empty stream.
        versions_have_own_time: True if `ldes:versionTimestampPath` is given.
        latest: the newest members, newest first.
    """

    title: str
    description: str
    name: str
    url: str
    root_url: str
    shape_url: str
    context_url: str
    open_access: bool
    members: int
    last_published_ms: int | None
    polling_interval_seconds: int
    versions_have_own_time: bool
    formats: tuple[FormatLink, ...]
    breadcrumb: tuple[Link, ...]
    latest: tuple[MemberSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamCard:
    """A stream in the catalogue."""

    title: str
    description: str
    url: str
    root_url: str
    shape_url: str
    open_access: bool
    members: int
    last_published_ms: int | None


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """The front page.

    Attributes:
        description: one or two sentences on the service.
        streams: in the order of the configuration.
        formats: the RDF formats of the DCAT catalogue.
        context_url, health_url, openapi_url, metrics_url: for machines and operators.
    """

    description: str
    canonical_url: str
    streams: tuple[StreamCard, ...]
    formats: tuple[FormatLink, ...]
    context_url: str
    health_url: str
    openapi_url: str
    metrics_url: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of the key facts: a word and a value; `published_ms` values use `instant_ms`."""

    name: str
    value: RowValue | None = None
    instant_ms: int | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of an entity, for the list of versions."""

    label: str
    url: str
    published_ms: int
    current: bool = False


@dataclass(frozen=True, slots=True)
class ResourcePage:
    """A member, an entity, a concept or a concept scheme.

    Attributes:
        kind: one Dutch word for its kind: `Kast`, `Begrip`, `Observatie`.
        title: its name for people.
        iri: its IRI, for citations.
        canonical_url: URL of this document.
        facts: the few facts that most readers want.
        rows: all properties, as in the RDF.
        versions: other versions of the same entity, newest first.
        related: a titled list of links (the concepts of a scheme); empty for none.
        notice: one important sentence, for example that the resource was removed.
        open_access: False if reading needs a token.
    """

    kind: str
    title: str
    iri: str
    canonical_url: str
    breadcrumb: tuple[Link, ...]
    facts: tuple[Fact, ...]
    rows: tuple[PropertyRow, ...]
    formats: tuple[FormatLink, ...]
    versions: tuple[VersionRow, ...] = ()
    related_title: str = ""
    related: tuple[Link, ...] = ()
    notice: str = ""
    open_access: bool = True


@dataclass(frozen=True, slots=True)
class ShapeRow:
    """A property in a shape: its name in the standard, its path, a sentence."""

    name: str
    path: str
    path_iri: str
    message: str


@dataclass(frozen=True, slots=True)
class ShapePart:
    """The shape of one class or datatype; `anchor` is its IRI's fragment, empty for the whole."""

    name: str
    anchor: str
    rows: tuple[ShapeRow, ...]


@dataclass(frozen=True, slots=True)
class ShapePage:
    """The SHACL shape of a stream.

    Attributes:
        stream_title: of the stream.
        stream_url: of the stream.
        url: of this document, and the IRI of the shape.
        notes: the comments of the shape, one sentence each.
        parts: the properties of every member, then the classes, then their datatypes.
    """

    stream_title: str
    stream_url: str
    url: str
    notes: tuple[str, ...]
    parts: tuple[ShapePart, ...]
    breadcrumb: tuple[Link, ...]
    formats: tuple[FormatLink, ...]
