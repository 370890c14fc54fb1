"""The certificates of a connection to a broker, read again when they may have changed."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from ldes_shok.errors import SourceError
from ldes_shok.sources.transports.mqtt.section import MqttSource


def tls_context(section: MqttSource) -> ssl.SSLContext:
    """The TLS settings: at least version 1.2, and the broker's certificate must have its name.

    Raises:
        SourceError: a file cannot be read, or is no certificate or key.
    """
    context = ssl.create_default_context()
    try:
        if section.tls_ca_file is not None:
            # In place of the system's authorities, not beside them.
            context = ssl.create_default_context(cafile=section.tls_ca_file)
        if section.tls_certificate_file is not None:
            context.load_cert_chain(section.tls_certificate_file, section.tls_key_file)
    except OSError as error:
        named = ", ".join(f"{key} {file}" for key, file in _files(section).items())
        raise SourceError(
            f"source {section.name}: one of {named} is no PEM file that can be used: {error}"
        ) from error
    return context


class Certificates:
    """The TLS files of a source, read for each connection, so that a renewal needs no restart.

    If files cannot be used, the earlier ones stay in use. Without TLS there is no context.

    Args:
        section: names the files.
    """

    def __init__(self, section: MqttSource) -> None:
        self._section = section
        self._context: ssl.SSLContext | None = None
        self._stamps: Mapping[str, object] = {}

    def context(self) -> ssl.SSLContext | None:
        """The TLS context of a new connection.

        Raises:
            SourceError: a file cannot be used, and there is no earlier context.
        """
        if not self._section.tls:
            return None
        try:
            self.renew()
        except SourceError as error:
            if self._context is None:
                raise
            structlog.get_logger(source=self._section.name, adapter="mqtt").error(
                "not_renewed", reason=f"{error}; what was read before goes on"
            )
        return self._context

    def renew(self) -> Sequence[str]:
        """Read the files again; returns the keys of the settings whose files changed.

        Raises:
            SourceError: a file cannot be used.
        """
        if not self._section.tls:
            return ()
        stamps = {key: _stamp(file) for key, file in _files(self._section).items()}
        self._context = tls_context(self._section)
        before, self._stamps = self._stamps, stamps
        name = self._section.name
        return [f"sources {name}: {key}" for key in stamps if before.get(key) != stamps[key]]


def _files(section: MqttSource) -> Mapping[str, str]:
    named = {
        "tls_ca_file": section.tls_ca_file,
        "tls_certificate_file": section.tls_certificate_file,
        "tls_key_file": section.tls_key_file,
    }
    return {key: file for key, file in named.items() if file is not None}


def _stamp(file: str) -> object:
    try:
        status = Path(file).stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
