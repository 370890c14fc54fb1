"""What each page needs to know. Plain values: whoever serves fills them, templates read them.

URLs may be absolute or start with a slash. Times ending in `_ms` are whole milliseconds since
1970, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

from ldes_shok.ldes.member import Summary
from ldes_shok.rdf.rows import PropertyRow, RowValue


@dataclass(frozen=True, slots=True)
class Link:
    """A URL with the words that stand for it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class FormatLink:
    """The same resource in another form; `media_type` goes into `<link rel="alternate">`."""

    label: str
    url: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages share: set once, by the configuration.

    Attributes:
        title: name of the service.
        home_url: URL of the catalogue.
        publisher: who publishes, with the publisher's IRI.
        licence: under what terms, with the licence's IRI.
        demo: True shows that the city is invented.
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
    """A relation of an interior node: a child with its bounds and what it holds."""

    label: str
    url: str
    lower_ms: int
    upper_ms: int
    members: int
    sealed: bool


@dataclass(frozen=True, slots=True)
class MemberSummary:
    """A member in a leaf: its summary, and where to read all of it."""

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
        stream_url: what a client replicates.
        path: the node's path below the view; empty for the root.
        canonical_url: the node's own URL.
        breadcrumb: from the catalogue down to this page, this page last.
        sealed: True when it may never change again.
        lower_ms, upper_ms: half-open interval; `upper_ms` None for the root.
        members_below: how many members are at or below this node.
        children: of an interior node.
        members: of a leaf.
        formats: the RDF forms of the same node.
        polling_interval_seconds: how often an open node is worth asking for.
        earlier_url, later_url, up_url: neighbours; None where there is none.
        open_access: False when reading needs a token; the licence is that of what is open.
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
    """An event stream: what is in it and how to follow it.

    Attributes:
        title, description, name: of the stream; `name` is its slug.
        url: the stream's IRI, which is also its URL.
        root_url: root node of its first view.
        shape_url: the SHACL shape of its members.
        context_url: the JSON-LD context.
        open_access: False when reading needs a token.
        members: how many are published.
        last_published_ms: publication time of the newest; None for an empty stream.
        versions_have_own_time: True when `ldes:versionTimestampPath` is given.
        latest: the newest members, for a first look; newest first.
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
        formats: DCAT in its RDF forms.
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
        kind: one Dutch word for what it is: `Kast`, `Begrip`, `Observatie`.
        title: what people call it.
        iri: its IRI, as others should cite it.
        canonical_url: URL of this document.
        facts: the few things most readers want.
        rows: everything, as in the RDF.
        versions: other versions of the same entity, newest first.
        related: a titled list of links (the concepts of a scheme); empty for none.
        notice: one sentence that must not be missed, such as that the thing was removed.
        open_access: False when reading needs a token.
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
    """What a shape says of one property: its name in the standard, its path, a sentence."""

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
        notes: what it says about itself, a sentence each.
        parts: what every member has, then the classes, then their datatypes.
    """

    stream_title: str
    stream_url: str
    url: str
    notes: tuple[str, ...]
    parts: tuple[ShapePart, ...]
    breadcrumb: tuple[Link, ...]
    formats: tuple[FormatLink, ...]
