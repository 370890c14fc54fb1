"""A certificate authority of a test's own, for servers and clients on 127.0.0.1."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.patience import HANG_SECONDS

_CURVE: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_LIFE: Final = ("-days", "2")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its key, PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; its own is `certificate`."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        self._directory = directory
        self._own = Certificate(directory / f"{name}.pem", directory / f"{name}.key")
        _openssl("req", "-x509", *_CURVE, *_LIFE, "-subj", f"/CN={name}", *_files(self._own))

    @property
    def certificate(self) -> Path:
        """What those who trust it are given."""
        return self._own.certificate

    def sign(self, name: str) -> Certificate:
        """A certificate for `name` at 127.0.0.1, as server and as client."""
        made = Certificate(self._directory / f"{name}.pem", self._directory / f"{name}.key")
        issuer = ("-CA", str(self._own.certificate), "-CAkey", str(self._own.key))
        address = ("-addext", "subjectAltName=IP:127.0.0.1")
        _openssl("req", "-x509", *_CURVE, *_LIFE, *issuer, *address, *_subject(name), *_files(made))
        return made


def _subject(name: str) -> tuple[str, ...]:
    # An authority it is not: without this, req -x509 says that it is.
    return ("-addext", "basicConstraints=critical,CA:FALSE", "-subj", f"/CN={name}")


def _files(made: Certificate) -> tuple[str, ...]:
    return ("-keyout", str(made.key), "-out", str(made.certificate))


def _openssl(*arguments: str) -> None:
    binary = shutil.which("openssl")
    if binary is None:
        pytest.skip("the Debian package openssl is not installed")
    subprocess.run([binary, *arguments], check=True, capture_output=True, timeout=HANG_SECONDS)
