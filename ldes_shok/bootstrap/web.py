"""Builds what the HTTP handlers need from a core."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from ldes_shok import __version__
from ldes_shok.bootstrap.callers import build_callers
from ldes_shok.bootstrap.catalogue import DESCRIPTION_NL, build_catalogue
from ldes_shok.bootstrap.core import ReadCore
from ldes_shok.bootstrap.reading import build_reading, revealed
from ldes_shok.bootstrap.values import shapes_directory
from ldes_shok.http.handlers.bodies import BodyLimits
from ldes_shok.http.serving.services import Documents, Readiness, Services, ShapeDocument
from ldes_shok.ldes.member import Form
from ldes_shok.log.reads import Reads
from ldes_shok.metadata.concepts import ConceptDocuments
from ldes_shok.metadata.openapi import openapi_document
from ldes_shok.representation.html.renderer import stylesheet
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.sources.base import Sink
from ldes_shok.sources.common.running import RunningSource
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.ocpp16.central import CentralSystem
from ldes_shok.sources.transports.http.push import PushLimits

Gather = Callable[[], Awaitable[None]]
Remarks = Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Taking:
    """How events come in.

    Attributes:
        sink: takes events, or refuses them and names the process that takes them.
        decodings: how pushed bodies are decoded, by `Origin.source`; canonical sources have none.
        sources: the sources that run by themselves.
        centrals: the central systems of OCPP stations.
        problems: why events cannot be taken now, or why the log cannot be read.
        remarks: the other remarks of `/health/ready`.
    """

    sink: Sink
    decodings: Mapping[str, Decoding]
    sources: Callable[[], Sequence[RunningSource]]
    centrals: Sequence[CentralSystem] = ()
    problems: Remarks = tuple
    remarks: Remarks = tuple


async def nothing_to_gather() -> None:
    """Do nothing: this process counts all requests."""


def build_services(
    core: ReadCore,
    secrets: ServiceSecrets,
    taking: Taking,
    reads: Reads,
    gather: Gather = nothing_to_gather,
) -> Services:
    """Return everything that the handlers use.

    Args:
        core: the log and what is built from it.
        secrets: of the sources and the consumers.
        taking: how events come in.
        reads: threads that read the log and build pages.
        gather: fetches the counts of other processes.
    """
    settings, base = core.settings, core.settings.public_url
    credentials = revealed(settings, secrets)
    reading = build_reading(
        settings, core.streams, credentials, core.clock, core.reader, core.metrics, reads
    )
    return Services(
        reading=reading,
        catalogue=build_catalogue(settings, base, core.streams),
        catalogue_text=DESCRIPTION_NL,
        concepts=ConceptDocuments.load(shapes_directory(settings) / "concepts.ttl", f"{base}/"),
        documents=_documents(core),
        sink=taking.sink,
        decodings=taking.decodings,
        callers=build_callers(settings, secrets),
        push_limits=PushLimits(settings.http.max_body_bytes, settings.http.max_events_per_request),
        body_limits=BodyLimits(
            max_bytes=settings.http.max_bodies_bytes,
            timeout_seconds=settings.http.body_timeout_seconds,
            wait_seconds=settings.ingest.wait_milliseconds / 1000,
        ),
        readiness=lambda: _readiness(taking, reads),
        sources=lambda: [source.status for source in taking.sources()],
        gather=gather,
        centrals={central.name: central for central in taking.centrals},
    )


def _documents(core: ReadCore) -> Documents:
    shapes = core.shapes
    return Documents(
        context=core.context.document,
        openapi=openapi_document(
            core.settings.public_url, __version__, [stream.name for stream in core.streams]
        ),
        shapes={
            name: ShapeDocument(
                shapes.shape_iri(name),
                {
                    Form.TURTLE: shapes.turtle(name),
                    Form.NTRIPLES: shapes.ntriples(name),
                    Form.JSONLD: shapes.jsonld(name),
                },
                shapes.source(name),
            )
            for name in shapes.streams
        },
        stylesheet=stylesheet(),
    )


def _readiness(taking: Taking, reads: Reads) -> Readiness:
    problems = [*taking.problems(), *((reads.problem,) if reads.are_stuck else ())]
    return Readiness(not problems, tuple(problems), tuple(taking.remarks()))
