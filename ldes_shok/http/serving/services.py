"""The services that all handlers use: built once by the composition root, never changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from ldes_shok.http.handlers.bodies import BodyLimits
from ldes_shok.http.serving.read_services import ReadServices
from ldes_shok.ldes.form import Form
from ldes_shok.metadata.concepts import ConceptDocuments
from ldes_shok.metadata.dcat import Catalogue
from ldes_shok.sources.base import Sink, SourceStatus
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.ocpp16.central import CentralSystem
from ldes_shok.sources.transports.http.push import PushLimits
from ldes_shok.sources.transports.http.push_auth import Callers
from ldes_shok.validation.source import ShapesSource


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the service can work, and what is wrong.

    Attributes:
        ready: whether it can work.
        problems: why it cannot.
        remarks: what a person must look at although it can work.
    """

    ready: bool
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShapeDocument:
    """The shape of a stream: its IRI, its text in each form, and the source of its page."""

    iri: str
    texts: Mapping[Form, bytes]
    source: ShapesSource


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents that are the same for every reader, as bytes."""

    context: bytes
    openapi: bytes
    shapes: Mapping[str, ShapeDocument]
    stylesheet: bytes


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that all the handlers need.

    Attributes:
        reading: the services that read the log and answer from it.
        catalogue: the DCAT catalogue.
        catalogue_text: one or two sentences for the front page.
        concepts: the coined code lists.
        documents: context, OpenAPI, shapes, stylesheet.
        sink: where pushed events go.
        decodings: decoders of bodies, by `Origin.source`; a source of canonical events has none.
        callers: who may push, and as which source.
        push_limits: how large a push may be.
        body_limits: how large all bodies under way may be together.
        readiness: the state that `/health/ready` gives.
        sources: the state of the running sources.
        gather: fetches the counts of other processes, before metrics are answered.
        centrals: the central systems of OCPP stations, by the name of the source.
    """

    reading: ReadServices
    catalogue: Catalogue
    catalogue_text: str
    concepts: ConceptDocuments
    documents: Documents
    sink: Sink
    decodings: Mapping[str, Decoding]
    callers: Callers
    push_limits: PushLimits
    body_limits: BodyLimits
    readiness: Callable[[], Readiness]
    sources: Callable[[], Sequence[SourceStatus]]
    gather: Callable[[], Awaitable[None]]
    centrals: Mapping[str, CentralSystem] = field(default_factory=dict)


SERVICES: Final = web.AppKey("SERVICES", Services)
