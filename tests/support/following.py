"""Follows a stream as a service does, in a process of its own, and says what that took.

`python -m tests.support.following URL FOLDER ROUNDS KEY=VALUE...` prints a `Followed` as JSON: the
sources of type ldes are built from real settings over a real log, and what is handed over is
committed by the real writer.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ldes_shok.bootstrap.core import build_core
from ldes_shok.bootstrap.decoders import build_decodings
from ldes_shok.bootstrap.privacy import build_secrecy
from ldes_shok.bootstrap.replicas import build_replicas
from ldes_shok.bootstrap.sources import SourceTools
from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.clock import SystemClock
from ldes_shok.errors import SourceError
from ldes_shok.pipeline.writer import Writer
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.secrets import resolve_secrets
from tests.support.memory import most_bytes
from tests.support.service import ROOT, SECRETS, TENANT, Tree, settings_tree, write_settings

_PORT: Final = 9
_SECONDS: Final = 240.0
SOURCE: Final = f"ldes:{TENANT}:buurstad"


class Followed(msgspec.Struct, frozen=True):
    """What it took.

    Attributes:
        errors: why each round ended that did not end well.
        before_bytes: memory of the process before the first round.
        after_bytes: the most that it had since then.
        remembered_bytes: of bookmarks in the log, with their subjects.
        log_bytes: of the log on the disk.
        members: how many are published.
    """

    errors: tuple[str, ...]
    before_bytes: int
    after_bytes: int
    remembered_bytes: int
    log_bytes: int
    members: int

    @property
    def grown_bytes(self) -> int:
        """By how much the process was larger at most than before it followed anything."""
        return self.after_bytes - self.before_bytes


def follow(
    url: str, folder: Path, rounds: int = 1, settings: Mapping[str, int] | None = None
) -> Followed:
    """Follow in another process; `settings` are keys of the source."""
    keys = [f"{key}={value}" for key, value in (settings or {}).items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.following", url, str(folder), str(rounds), *keys],
        cwd=ROOT,
        env={**os.environ, **SECRETS},
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Followed)


class _Committing:
    """A sink that commits at once."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Store deliveries."""
        return self._writer.write(deliveries).outcomes


async def _followed(url: str, folder: Path, rounds: int, keys: Mapping[str, int]) -> Followed:
    source: Tree = {
        "name": "buurstad", "type": "ldes", "tenant": TENANT, "url": url, "prefix": "BUUR-", **keys,
    }  # fmt: skip
    tree = settings_tree(_PORT, folder / "log.db", {"sources": [source]})
    settings = load_settings(write_settings(folder / "settings.yaml", tree), {})
    secrets, clock = resolve_secrets(settings, SECRETS), SystemClock()
    core = build_core(settings, secrets.identity, clock)
    decodings = build_decodings(settings, core.reader, build_secrecy(settings, SECRETS, clock))
    tools = SourceTools(_Committing(core.writer), decodings, clock, core.reader.memory)
    (replica,) = build_replicas(settings, secrets, tools, core.reader)
    most_bytes()
    before_bytes = most_bytes()
    errors = []
    for _ in range(rounds):
        try:
            await replica.round()
        except (OSError, SourceError) as error:
            errors.append(str(error))
    replica.close()
    found = core.reader.memories(SOURCE, "page:")
    followed = Followed(
        errors=tuple(errors),
        before_bytes=before_bytes,
        after_bytes=most_bytes(),
        remembered_bytes=sum(len(m.subject) + len(m.value) for m in found),
        log_bytes=core.reader.size_bytes(),
        members=sum(core.reader.stream(stream.name).members for stream in core.streams),
    )
    core.close()
    return followed


if __name__ == "__main__":
    _url, _folder, _rounds, *_keys = sys.argv[1:]
    _given = dict(key.split("=") for key in _keys)
    _answer = asyncio.run(
        _followed(_url, Path(_folder), int(_rounds), {k: int(v) for k, v in _given.items()})
    )
    sys.stdout.write(json.dumps(msgspec.to_builtins(_answer)) + "\n")
