"""Logs that earlier versions wrote, kept in `tests/fixtures/logs`: opened, and what they hold.

A kept log is a folder: `settings.json` has what it ran with (`{folder}` is where it is unpacked),
`log.tar.xz` its database with the keys beside it, `manifest.json` what it held when it was closed.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from ldes_shok.clock import ManualClock
from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.log.base import LogReader
from ldes_shok.pipeline.vault import Vault
from ldes_shok.representation.media import Format
from tests.support.local_service import LocalService, local_service
from tests.support.service import STREAM_TOKEN, STREAMS, Tree, request

FOLDER: Final = Path(__file__).parents[1] / "fixtures" / "logs"
PUBLIC_URL: Final = "http://ldes.voorbeeldstad.example"
ARCHIVE: Final = "log.tar.xz"
_FORMATS: Final = [format_ for format_ in Format if format_ is not Format.HTML]
_ALL: Final = 1_000_000
_RAW: Final = re.compile(rb',"raw":"[^"]*"')


class KeptPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page: whether it was sealed, and the SHA-256 of its bytes by `?format=`."""

    sealed: bool
    sha256: dict[str, str]


class KeptStream(msgspec.Struct, frozen=True):
    """A stream: how many members, and the SHA-256 of their IRIs and of their bytes by form."""

    members: int
    sha256: dict[str, str]


class Manifest(msgspec.Struct, frozen=True):
    """What a log held.

    Attributes:
        at: when it was closed, by its clock.
        pages: by address below the public URL.
        streams: by name.
        events: SHA-256 of the payloads of all events, in order, without the names of the raw
            bytes that they came from: a later version calls these by another one.
        raws: by source, SHA-256 of what it sent, decrypted, in order.
        memories: by source and subject, SHA-256 of what is remembered.
        quarantine: number of the event to why it waits.
        rejected: the bytes that were no event, decrypted, newest first.
    """

    at: datetime
    pages: dict[str, KeptPage]
    streams: dict[str, KeptStream]
    events: str
    raws: dict[str, str]
    memories: dict[str, dict[str, str]]
    quarantine: dict[str, str]
    rejected: list[str]


def kept_logs() -> list[str]:
    """The names of the kept logs: the commit that wrote each."""
    return sorted(path.parent.name for path in FOLDER.glob("*/manifest.json"))


def manifest(name: str) -> Manifest:
    """What a kept log held."""
    return msgspec.json.decode((FOLDER / name / "manifest.json").read_bytes(), type=Manifest)


def settings_in(text: str, folder: Path) -> Tree:
    """The settings of a kept log, with its files in `folder`; where it listens is the test's.

    A consumer reads what is closed, also what an earlier version had open.
    """
    tree = dict(json.loads(text.replace("{folder}", str(folder.absolute()))))
    del tree["http"]
    everything: Tree = {"name": "alles", "streams": [*STREAMS], "token_env": "TEST_STREAM_TOKEN"}
    return {**tree, "consumers": [everything]}


@contextmanager
def opened(name: str, folder: Path) -> Iterator[LocalService]:
    """A service of this version on a copy of a kept log, at the time when that was closed."""
    with lzma.open(FOLDER / name / ARCHIVE) as packed, tarfile.open(fileobj=packed) as archive:
        archive.extractall(folder, filter="data")
    settings = settings_in((FOLDER / name / "settings.json").read_text(), folder)
    with local_service(folder, ManualClock(manifest(name).at), settings) as service:
        yield service


def held(service: LocalService, then: Manifest | None = None) -> Manifest:
    """What the log of a service holds.

    Args:
        service: on the log.
        then: an earlier answer: of each stream so many members are told of as it had.
    """
    reader, vault = service.core.reader, service.core.vault
    names = [stream.name for stream in service.core.streams]
    sources = [
        f"{source.__struct_config__.tag}:{source.tenant}:{source.name}"
        for source in service.core.settings.sources
    ]
    quarantined = [(event, event.quarantine) for event in reader.quarantined(_ALL)]
    return Manifest(
        at=service.clock.now(),
        pages={
            address: _page(service, address, sealed) for address, sealed in _pages(reader, names)
        },
        streams={name: _stream(reader, name, then) for name in names},
        events=_digest([_RAW.sub(b"", event.payload) for event in reader.events(0, _ALL)]),
        raws={source: _raws(reader, vault, source) for source in sources},
        memories={
            source: {
                record.subject: _digest([record.value]) for record in reader.memories(source, "")
            }
            for source in sources
        },
        quarantine={str(event.id): why.code for event, why in quarantined if why is not None},
        rejected=[
            vault.unseal_refused(rejection.payload).payload.decode("latin-1")
            for rejection in reader.rejections(_ALL)
        ],
    )


def page_bytes(service: LocalService, address: str, format_: str) -> bytes:
    """What a service answers at an address below its public URL.

    Raises:
        AssertionError: it does not answer 200.
    """
    url = f"http://127.0.0.1:{service.port}/{address}?format={format_}"
    status, _, body = request(url, headers={"Authorization": f"Bearer {STREAM_TOKEN}"})
    assert status == 200, f"{address} answers {status}"
    return body


def _pages(reader: LogReader, streams: Sequence[str]) -> Iterator[tuple[str, bool]]:
    for stream in streams:
        waiting = [""]
        while waiting:
            path = waiting.pop()
            node = reader.node(stream, path)
            if node is None:
                continue
            yield f"{stream}/by-time/{path}".rstrip("/"), node.sealed
            waiting += [child.path for child in reader.children(stream, path)]


def _page(service: LocalService, address: str, sealed: bool) -> KeptPage:
    digests = {each.value: _digest([page_bytes(service, address, each.value)]) for each in _FORMATS}
    return KeptPage(sealed, digests)


def _stream(reader: LogReader, name: str, then: Manifest | None) -> KeptStream:
    known = then.streams.get(name) if then is not None else None
    members = known.members if known is not None else reader.stream(name).members
    rows = reader.rows(name, FIRST_POSITION, members)
    digests = {"iris": _digest([row.iri.encode() for row in rows])}
    for form in Form:
        digests[form.value] = _digest(reader.blocks(name, FIRST_POSITION, members, form))
    return KeptStream(members, digests)


def _raws(reader: LogReader, vault: Vault, source: str) -> str:
    rows = [row for _, row in reader.raws(source, _ALL)]
    return _digest([vault.unseal(row.digest, row.body).payload for row in rows])


def _digest(parts: Sequence[bytes]) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(b"%d:" % len(part) + part)
    return hashed.hexdigest()
