"""The core of a process: the log and the pipeline, for the service and the offline commands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from ldes_shok.bootstrap.derive import derived_sources
from ldes_shok.bootstrap.log_readers import open_log_reader
from ldes_shok.bootstrap.privacy import build_vault, period_keys
from ldes_shok.bootstrap.rekeying import rekey
from ldes_shok.bootstrap.stores import open_log
from ldes_shok.bootstrap.streams import event_streams
from ldes_shok.bootstrap.values import claims, load_shapes, policy, tenants
from ldes_shok.clock import Clock
from ldes_shok.errors import ConfigurationError
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.opened import Replacement
from ldes_shok.log.pulse import Pulse
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.streams import VERBRUIK
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.archive import LeafArchiver
from ldes_shok.pipeline.batch import BatchTools
from ldes_shok.pipeline.log_owner import refuse_lost_tenants, written_with
from ldes_shok.pipeline.ownership import Ownership
from ldes_shok.pipeline.stream_writer import Sealer
from ldes_shok.pipeline.vault import Vault
from ldes_shok.pipeline.writer import Writer
from ldes_shok.rdf.blocks import BlockRenderer
from ldes_shok.rdf.context import JsonLdContext, load_context
from ldes_shok.rdf.proof import prove_renderer
from ldes_shok.rdf.templates import TemplateWriter
from ldes_shok.rdf.turtle import TurtleWriter
from ldes_shok.representation.hypermedia import HypermediaWriter
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from ldes_shok.validation.fast import FastJudge
from ldes_shok.validation.judge import Judge, OutlineJudge
from ldes_shok.validation.remote import RemoteJudge
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCore:
    """What answers requests; built once in each process."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    streams: tuple[EventStream, ...]
    context: JsonLdContext
    shapes: Shapes
    hypermedia: HypermediaWriter
    reader: LogReader
    log_file: Path | None

    @property
    def log_path(self) -> Path:
        """The log's file.

        Raises:
            ConfigurationError: the log is in a database.
        """
        if self.log_file is None:
            raise ConfigurationError("store.url: this works on an SQLite file only")
        return self.log_file

    def close(self) -> None:
        """Close the log."""
        self.reader.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Core(ReadCore):
    """What a process has that writes the log and also answers requests."""

    judge: OutlineJudge
    authority: RemoteJudge | None
    mapper: Mapper
    vault: Vault
    writer: Writer
    leaf_archiver: LeafArchiver
    pulse: Pulse | None
    replacement: Replacement

    def close(self) -> None:
        """Close the log and pyshacl's process."""
        self.reader.close()
        self.writer.close()
        if self.authority is not None:
            self.authority.close()


def build_core(
    settings: Settings,
    secret: Secret,
    clock: Clock,
    log_path: Path | None = None,
    judge: OutlineJudge | None = None,
) -> Core:
    """Open the log and build the pipeline.

    Args:
        settings: of the service.
        secret: the key that hides parts of IRIs.
        clock: gives publication times.
        log_path: a log in place of the one of the settings.
        judge: a judge in place of the one built from the shapes.

    Raises:
        ConfigurationError, ShapesError, LogLocked, LogMismatch, LogUnavailable.
        PseudonymKeyUnavailable: the keys of periods belong to another log.
    """
    shapes = load_shapes(settings)
    vault = build_vault(settings, os.environ, clock)
    # The mapper knows where the readings of an older log must be.
    proof = partial(written_with, build_mapper(settings, secret))
    identity = LogIdentity(settings.public_url, secret.reveal().encode(), proof)
    log = open_log(settings, identity, log_path)
    try:
        refuse_lost_tenants(log.writer, settings.tenants, settings.former_tenants)
        period_keys(settings, clock).check_owner()
        rekey(log.writer, settings, vault, clock)
    except BaseException:
        log.writer.close()
        raise
    streams = event_streams(settings, log.reader.closed_streams())
    shapes = with_successors(shapes, streams)
    sources = [f"{s.__struct_config__.tag}:{s.tenant}:{s.name}" for s in settings.sources]
    metrics = Metrics(sources, [stream.name for stream in streams], derived_sources(settings))
    context = load_context()
    renderer = BlockRenderer(TemplateWriter(TurtleWriter(), context))
    prove_renderer(renderer, context)
    hypermedia = HypermediaWriter(f"{settings.public_url}/context.jsonld")
    mapper = build_mapper(settings, secret, streams)
    authority = None
    if judge is None:
        authority = RemoteJudge(shapes, os.environ, partial(_validation_problem, metrics))
        judge = _fast_judge(shapes, authority, settings, metrics)
    tools = BatchTools(
        writer=log.writer,
        mapper=mapper,
        judge=judge,
        renderer=renderer,
        sealer=Sealer(hypermedia, log.reader),
        vault=vault,
        ownership=Ownership(claims(settings), build_iris(settings, secret), log.writer),
    )
    writer = Writer(
        tools,
        streams,
        policy(settings.fragmentation),
        settings.fragmentation.members_per_millisecond,
        clock,
    )
    return Core(
        settings=settings,
        clock=clock,
        metrics=metrics,
        streams=streams,
        context=context,
        shapes=shapes,
        judge=judge,
        authority=authority,
        mapper=mapper,
        vault=vault,
        hypermedia=hypermedia,
        reader=log.reader,
        writer=writer,
        leaf_archiver=LeafArchiver(log.reader, hypermedia),
        log_file=log.path,
        pulse=log.pulse,
        replacement=log.replacement,
    )


def build_read_core(settings: Settings, clock: Clock) -> ReadCore:
    """Build what a process needs that only answers requests.

    Raises:
        ConfigurationError, ShapesError.
        LogError: the log cannot be read now.
    """
    shapes = load_shapes(settings)
    reader = open_log_reader(settings)
    streams = event_streams(settings, reader.closed_streams())
    return ReadCore(
        settings=settings,
        clock=clock,
        metrics=Metrics((), [stream.name for stream in streams]),
        streams=streams,
        context=load_context(),
        shapes=with_successors(shapes, streams),
        hypermedia=HypermediaWriter(f"{settings.public_url}/context.jsonld"),
        reader=reader,
        log_file=None,
    )


def _fast_judge(
    shapes: Shapes, authority: RemoteJudge, settings: Settings, metrics: Metrics
) -> FastJudge:
    def disagreement(stream: str, iri: str, verdict: Verdict) -> None:
        metrics.add(table.DISAGREEMENTS)
        structlog.get_logger("ldes_shok.validation").error(
            "fast_validation_switched_off", stream=stream, member=iri, reason=verdict.sentence
        )

    return FastJudge(
        shapes,
        authority,
        settings.validation.recheck_every,
        disagreement,
        partial(metrics.add, table.RECHECKS),
    )


def _validation_problem(metrics: Metrics, reason: str) -> None:
    metrics.add(table.VALIDATION_PROBLEMS)
    structlog.get_logger("ldes_shok.validation").warning("pyshacl_failed", reason=reason)


def build_mapper(settings: Settings, secret: Secret, streams: Sequence[EventStream] = ()) -> Mapper:
    """Return the mapping of all tenants.

    Args:
        settings: of the service.
        secret: the key that hides parts of IRIs.
        streams: the streams of the log; without them, no stream succeeds another.
    """
    successors = {stream.kind: stream.name for stream in streams if stream.replaces}
    return Mapper(
        build_iris(settings, secret), tenants(settings), successors.get(VERBRUIK, VERBRUIK)
    )


def build_iris(settings: Settings, secret: Secret) -> Iris:
    """Return the object that mints the IRIs of this service."""
    return Iris(settings.public_url, secret.reveal().encode())


def with_successors(shapes: Shapes, streams: Sequence[EventStream]) -> Shapes:
    """Return the shapes, also under the names of streams that succeed others."""
    return shapes.with_successors({s.name: s.kind for s in streams if s.replaces})


def build_judge(settings: Settings) -> Judge:
    """Return a judge for a command: the authority itself, without the fast pass.

    Raises:
        ConfigurationError, ShapesError: there are no shapes, or they cannot be used.
    """
    from ldes_shok.validation.shacl import ShaclJudge  # noqa: PLC0415  a service does not need it

    return ShaclJudge(load_shapes(settings))
