"""The export commands, built from settings; they only read, so a service may run beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ldes_shok.bootstrap.catalogue import build_catalogue
from ldes_shok.bootstrap.core import with_successors
from ldes_shok.bootstrap.log_readers import open_existing_log
from ldes_shok.bootstrap.streams import event_streams
from ldes_shok.bootstrap.values import shapes_directory
from ldes_shok.clock import SystemClock
from ldes_shok.commands.audit_note import note
from ldes_shok.errors import ConfigurationError
from ldes_shok.export.address import BucketAddress
from ldes_shok.export.directory import DirectoryTarget
from ldes_shok.export.documents import Sources
from ldes_shok.export.dump import dump_nquads
from ldes_shok.export.exporter import ExportChoice, Exporter
from ldes_shok.export.request import ExportRequest, ExportSummary
from ldes_shok.export.target import Target
from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.walk_step import OnStep
from ldes_shok.metadata.concepts import ConceptDocuments
from ldes_shok.metadata.dcat import Catalogue
from ldes_shok.rdf.context import load_context
from ldes_shok.settings.model import Settings
from ldes_shok.validation.shapes import Shapes


def export_pages(
    settings: Settings,
    place: Path | BucketAddress,
    request: ExportRequest,
    on_step: OnStep,
) -> ExportSummary:
    """Bring the folder or bucket `place` up to date with the log.

    Raises:
        ConfigurationError, ShapesError: the settings or the address cannot be used.
        ExportError: the place refuses, or holds other data.
        LogUnavailable: there is no log, or it cannot be read.
    """
    with _reader(settings) as reader:
        published = event_streams(settings, reader.closed_streams())
        streams = _chosen(settings, published, request)
        choice = ExportChoice(streams, request.forms, request.thorough)
        target = _open(place)
        try:
            exporter = Exporter(reader, _sources(settings, published), published)
            return exporter.run(target, choice, on_step)
        finally:
            target.close()


def export_members(
    settings: Settings, path: Path, request: ExportRequest, on_step: OnStep
) -> ExportSummary:
    """Write all members of the chosen streams to one file of N-Quads.

    Raises:
        ConfigurationError: a stream does not exist or is closed, or the export of a closed stream
            cannot be written in the audit.
        ExportError: the file cannot be written.
        LogUnavailable: there is no log, or it cannot be read.
    """
    with _reader(settings) as reader:
        published = event_streams(settings, reader.closed_streams())
        streams = _chosen(settings, published, request)
        return dump_nquads(reader, streams, path, on_step)


def _chosen(
    settings: Settings, published: Sequence[EventStream], request: ExportRequest
) -> tuple[EventStream, ...]:
    """Return the chosen streams in the order of the settings."""
    streams = {stream.name: stream for stream in published}
    for name in request.streams:
        if name not in streams:
            raise ConfigurationError(f"--stream: there is no stream {name}")
    wanted = request.streams or [n for n, s in streams.items() if s.access is Access.OPEN]
    closed = [name for name in wanted if streams[name].access is not Access.OPEN]
    if closed and not request.include_closed:
        raise ConfigurationError(
            f"--stream: {closed[0]} is read with a token, and files have none; if whoever can "
            "read them may read the stream, say --include-closed"
        )
    if closed:
        note(settings, SystemClock(), "export", {"streams": ",".join(closed)})
    if not wanted:
        raise ConfigurationError("no stream is open to everybody: name one with --stream")
    return tuple(stream for name, stream in streams.items() if name in wanted)


def _open(place: Path | BucketAddress) -> Target:
    if isinstance(place, Path):
        return DirectoryTarget(place)
    try:
        from ldes_shok.export.bucket import open_bucket  # noqa: PLC0415  its library is an extra
    except ImportError as error:
        raise ConfigurationError(
            "--s3: what it needs, the extra ldes-shok[s3], is not installed; this release's "
            "requirements.lock holds it"
        ) from error
    return open_bucket(place)


@contextmanager
def _reader(settings: Settings) -> Iterator[LogReader]:
    reader = open_existing_log(settings)
    try:
        yield reader
    finally:
        reader.close()


def _sources(settings: Settings, published: Sequence[EventStream]) -> Sources:
    directory = shapes_directory(settings)
    shapes = with_successors(Shapes.load(directory, settings.public_url), published)
    iris = {stream.name: stream.iri for stream in published}

    def catalogue(url: str, streams: Sequence[EventStream]) -> Catalogue:
        return build_catalogue(settings, url, streams, iris)

    return Sources(
        public_url=settings.public_url,
        title=settings.title,
        context=load_context().document,
        shapes={name: shapes.turtle(name) for name in shapes.streams},
        concepts=ConceptDocuments.load(directory / "concepts.ttl", f"{settings.public_url}/"),
        catalogue=catalogue,
    )
