"""Checks what `serve` will need without starting anything: for `config check`.

Nothing is opened for writing, nothing is created, no other machine is asked. Only the start can
find out whether the log is held and whether PostgreSQL answers.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ldes_shok.bootstrap.callers import build_callers
from ldes_shok.bootstrap.decoders import build_decoders
from ldes_shok.bootstrap.ocpp16 import build_centrals
from ldes_shok.bootstrap.privacy import build_secrecy
from ldes_shok.bootstrap.reading import revealed, signed_tokens
from ldes_shok.bootstrap.sources import SourceTools, build_sources
from ldes_shok.bootstrap.values import load_shapes, shapes_directory
from ldes_shok.clock import Clock, SystemClock
from ldes_shok.errors import ConfigurationError, LdesShokError, ShapesError
from ldes_shok.metadata.concepts import ConceptDocuments
from ldes_shok.processes.refusing_ingest import RefusingIngest
from ldes_shok.processes.sockets import bound
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets, resolve_secrets
from ldes_shok.settings.store import postgres_url, store_path
from ldes_shok.sources.decoding import Decoding


class Preflight:
    """Checks everything that the settings name.

    Args:
        settings: of the service.
        environ: the environment, which may hold secrets.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ
        self._clock: Clock = SystemClock()
        self._writes = settings.service.role != "reader"
        self._answers = settings.service.role != "writer"

    def problems(self, *, with_secrets: bool) -> Iterator[str]:
        """Yield a sentence for each thing that `serve` would refuse, beginning with the key."""
        yield from self._shapes()
        yield from self._store()
        yield from self._places()
        if self._answers:
            yield from self._port(taken=False)
            yield from _tried(lambda: signed_tokens(self._settings, (), self._clock))
        if with_secrets:
            yield from self._secrets()

    def warnings(self, *, with_secrets: bool) -> Iterator[str]:
        """Yield a sentence for each doubtful thing, beginning with the key."""
        if self._answers:
            yield from self._port(taken=True)
        if with_secrets:
            try:
                yield from resolve_secrets(self._settings, self._environ).warnings
            except ConfigurationError:
                return  # `problems` yields it

    def _shapes(self) -> Iterator[str]:
        try:
            load_shapes(self._settings)
            concepts = shapes_directory(self._settings) / "concepts.ttl"
            ConceptDocuments.load(concepts, f"{self._settings.public_url}/")
        except ConfigurationError as error:
            yield str(error)
        except ShapesError as error:
            yield f"validation.shapes_directory: {error}"

    def _store(self) -> Iterator[str]:
        url = postgres_url(self._settings.store)
        if url is None:
            yield from _place("store.url", store_path(self._settings.store))
            return
        from psycopg import ProgrammingError  # noqa: PLC0415  14 MB
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

        try:
            conninfo_to_dict(url)
        except ProgrammingError as error:
            # The message may quote the URL with its password.
            yield f"store.url: is no address of PostgreSQL that it reads: {type(error).__name__}"

    def _places(self) -> Iterator[str]:
        if self._answers:
            yield from _place("access.audit_file", Path(self._settings.access.audit_file))
        if self._writes:
            keys = Path(self._settings.privacy.pseudonyms.keys_directory)
            yield from _place("privacy.pseudonyms.keys_directory", keys, is_folder=True)

    def _port(self, *, taken: bool) -> Iterator[str]:
        """Yield a taken port if `taken`, otherwise other faults: this service may hold the port."""
        http = self._settings.http
        try:
            with bound(http.host, http.port, 1):
                return
        except ConfigurationError as error:
            cause = error.__cause__
            is_taken = isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE
            if is_taken and taken:
                yield f"http.port: something listens on {http.host}:{http.port}; this service?"
            elif is_taken is taken:
                yield str(error)

    def _secrets(self) -> Iterator[str]:
        try:
            secrets = resolve_secrets(self._settings, self._environ)
        except ConfigurationError as error:
            yield str(error)
            return
        if self._answers:
            yield from _tried(lambda: build_callers(self._settings, secrets))
            yield from _tried(lambda: revealed(self._settings, secrets))
        if self._writes:
            yield from _tried(lambda: self._build_sources(secrets))

    def _build_sources(self, secrets: ServiceSecrets) -> None:
        """Build the sources as the service does, but run none."""
        secrecy = build_secrecy(self._settings, self._environ, self._clock)
        decodings = {
            origin.source: Decoding(decoder, origin, lambda *_: None)
            for origin, decoder in build_decoders(self._settings, secrecy)
        }
        sink = RefusingIngest()
        tools = SourceTools(sink, decodings, self._clock, lambda *_: None)
        build_centrals(self._settings, secrets, tools)
        build_sources(self._settings, secrets, tools)
        for read in tools.renewals.files:
            read()


def check_start(
    settings: Settings,
    environ: Mapping[str, str],
    with_secrets: bool,  # noqa: FBT001  the command names it
) -> tuple[Sequence[str], Sequence[str]]:
    """Return what `serve` would refuse, and what is doubtful; start nothing."""
    preflight = Preflight(settings, environ)
    problems = list(preflight.problems(with_secrets=with_secrets))
    return problems, list(preflight.warnings(with_secrets=with_secrets))


def _tried(build: Callable[[], object]) -> Iterator[str]:
    """Yield the error of `build`, if there is one."""
    try:
        build()
    except LdesShokError as error:
        yield str(error)


def _place(key: str, path: Path, *, is_folder: bool = False) -> Iterator[str]:
    """Yield why this user cannot write a file or folder at `path`, if so."""
    if path.exists():
        if path.is_dir() is not is_folder:
            kind = "is a folder; name a file" if path.is_dir() else "is a file; name a folder"
            yield f"{key}: {path} {kind}"
        elif not os.access(path, os.W_OK):
            yield f"{key}: {path} cannot be written; see who owns it"
        return
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir():
        yield f"{key}: {folder} is a file, and {path} would be below it; name another place"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield f"{key}: {path} cannot be made in {folder}; see who owns that"
