"""Imports a table that people keep, or only rehearses the import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.errors import ConfigurationError, SourceError
from ldes_shok.pipeline.offline_types import Imported, ImportedRow
from ldes_shok.settings.model import Settings
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.csvfile.decoder import CsvDecoder
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import read_sheet
from ldes_shok.sources.dialects.csvfile.subject import Subject
from ldes_shok.sources.registry import origin_of

MAX_FILE_BYTES = 64 * 1024 * 1024

Take = Callable[[Sequence[Delivery]], Sequence[Outcome]]
"""Stores deliveries, or only rehearses them; returns one outcome each, in order."""


def import_table(
    path: Path, subject: Subject, source: CsvSource, now: datetime, take: Take
) -> Imported:
    """Read a table and pass its rows on.

    Args:
        path: the file.
        subject: the kind of its rows.
        source: the format of the table and its source.
        now: the time of receipt.
        take: gets all rows at once.

    Raises:
        SourceError: the file cannot be read, or is not a table of this subject.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SourceError(f"{path} has more than {MAX_FILE_BYTES} bytes: cut it into pieces")
        sheet = read_sheet(path.read_bytes(), subject, source)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be imported: {error}") from error
    decoder = CsvDecoder(source)
    messages = list(sheet.messages(now))
    # The deliveries equal those of a transport, with raw rows; the lines are matched by position.
    decoding = Decoding(decoder, origin_of(source), _nothing)
    deliveries = decoding.read(messages).deliveries
    lines = [found.lines for message in messages for found in decoder.results(message)]
    rows = [
        ImportedRow(of, out.kind, out.key or "", len(out.members), out.reason or "")
        for of, out in zip(lines, take(deliveries), strict=True)
    ]
    return Imported(tuple(sorted(rows, key=lambda row: row.lines)), sheet.unread)


def csv_source(settings: Settings, name: str) -> CsvSource:
    """Return the source of type csv with this name.

    Raises:
        ConfigurationError: it does not exist.
    """
    names = [source.name for source in settings.sources if isinstance(source, CsvSource)]
    for source in settings.sources:
        if isinstance(source, CsvSource) and source.name == name:
            return source
    there = f"there is {', '.join(names)}" if names else "the settings have none of type csv"
    raise ConfigurationError(f"--source: there is no source {name} of type csv; {there}")


def _nothing(_source: str, _subject: str) -> bytes | None:
    return None
