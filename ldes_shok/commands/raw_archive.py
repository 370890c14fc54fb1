"""Reads and reruns the raw archive for the commands; writes each access in the audit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from functools import partial

from ldes_shok.bootstrap.core import build_core
from ldes_shok.bootstrap.decoders import build_decoders
from ldes_shok.bootstrap.housekeeping import clock_watch
from ldes_shok.bootstrap.log_readers import open_existing_log, open_log_reader
from ldes_shok.bootstrap.privacy import build_secrecy, build_vault, period_keys
from ldes_shok.bootstrap.streams import event_streams
from ldes_shok.cabinet.incoming import Origin, Raw, raw_name
from ldes_shok.clock import Clock, SystemClock
from ldes_shok.commands.audit_note import note
from ldes_shok.errors import ClockDoubtful, ConfigurationError
from ldes_shok.log.records import RawRecord
from ldes_shok.pipeline.archive import archive_all
from ldes_shok.pipeline.clock_watch import newest_publication
from ldes_shok.pipeline.rerun import Rerun, RerunSummary
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from ldes_shok.settings.store import postgres_url, store_path
from ldes_shok.sources.decoder import Decoder


@contextmanager
def open_raw_archive(settings: Settings) -> Iterator[RawMessages]:
    """Yield what the commands `raw` need; each part is opened when it is first used.

    Reading works beside a running service. `rerun` takes the log, and raises LogLocked while a
    service holds it.
    """
    with ExitStack() as stack:
        yield RawMessages(settings, SystemClock(), stack)


def destroy_pseudonym_keys(
    settings: Settings,
    before: str | None,
    clock_is_right: bool = False,  # noqa: FBT001, FBT002  the command names it
) -> Sequence[str]:
    """Destroy the keys of periods that are too old, or those before a period; return the periods.

    Args:
        settings: of the service.
        before: a period; None: the periods that are too old by the clock.
        clock_is_right: trust the clock from now on, even if it disagrees with other evidence.

    Raises:
        ClockDoubtful: the clock disagrees with other evidence; nothing was destroyed.
        PseudonymKeyUnavailable: a key cannot be removed.
        ConfigurationError: the audit cannot be written; nothing was destroyed.
        LogUnavailable: the log cannot be read to check the clock; nothing was destroyed.
    """
    clock = SystemClock()
    keys = period_keys(settings, clock)
    noted = {"before": before or "what is not kept", "clock_is_right": str(clock_is_right).lower()}
    note(settings, clock, "pseudonyms_destroy", noted)
    watch = clock_watch(settings, clock, partial(_newest_publication, settings))
    if clock_is_right:
        watch.believe()
    if before is not None:
        return keys.destroy([period for period in keys.periods() if period < before])
    if doubt := watch.doubt():
        raise ClockDoubtful(doubt)
    return keys.destroy_old()


def _newest_publication(settings: Settings) -> datetime | None:
    if postgres_url(settings.store) is None and not store_path(settings.store).exists():
        return None
    with closing(open_log_reader(settings)) as reader:
        return newest_publication(reader, event_streams(settings, reader.closed_streams()))


class RawMessages:
    """The work of the commands on the raw archive."""

    def __init__(self, settings: Settings, clock: Clock, stack: ExitStack) -> None:
        """Prepare; `stack` closes what is opened later."""
        self._settings = settings
        self._clock = clock
        self._stack = stack

    def kept(self, source_name: str | None, limit: int) -> Sequence[RawRecord]:
        """Return the oldest `limit` kept messages, of one source or of all.

        Raises:
            ConfigurationError: the source does not exist, or the audit cannot be written.
        """
        origins = self._origins(source_name)
        self._note("raw_list", {"sources": ",".join(origin.source for origin in origins)})
        reader = open_existing_log(self._settings)
        self._stack.callback(reader.close)
        kept = [row for origin in origins for _, row in reader.raws(origin.source, limit)]
        return sorted(kept, key=lambda row: row.received_ms)[:limit]

    def detail(self, digest: str) -> tuple[RawRecord, Raw] | None:
        """Return one message, as it is stored and decrypted; None if no message has this digest.

        Raises:
            ConfigurationError: `digest` is not a digest, or the audit cannot be written.
            VaultLocked: the key of the message is not given, or was destroyed.
        """
        wanted = raw_name(digest)
        if not wanted:
            raise ConfigurationError(
                f"{digest}: a digest is 64 hexadecimal digits, as `raw list` shows them"
            )
        self._note("raw_show", {"digest": wanted.hex()})
        reader = open_existing_log(self._settings)
        self._stack.callback(reader.close)
        record = reader.raw(wanted)
        if record is None:
            return None
        vault = build_vault(self._settings, os.environ, self._clock)
        return record, vault.unseal(record.digest, record.body)

    def rerun(self, source_name: str | None, since: datetime | None) -> RerunSummary:
        """Decode the kept messages again, of one source or of all that have a decoder.

        Raises:
            ConfigurationError: the source does not exist or has no decoder, or the audit cannot
                be written.
            LogLocked: a service holds the log.
            VaultLocked: a message cannot be read; the messages before it are stored.
        """
        origins = self._origins(source_name)
        noted = {"sources": ",".join(origin.source for origin in origins)}
        self._note("raw_rerun", noted | ({"since": since.isoformat()} if since else {}))
        secret = resolve_identity(self._settings, os.environ)
        core = build_core(self._settings, secret, self._clock)
        self._stack.callback(core.close)

        def archive() -> None:
            archive_all(core.writer, core.leaf_archiver)

        again = Rerun(core.reader, core.writer, core.vault, archive)
        total = RerunSummary()
        for origin, decoder in self._decoders():
            if origin in origins:
                total += again.run(decoder, origin, since)
        core.writer.release_all()
        return total

    def _decoders(self) -> Iterator[tuple[Origin, Decoder]]:
        secrecy = build_secrecy(self._settings, os.environ, self._clock)
        return build_decoders(self._settings, secrecy)

    def _origins(self, source_name: str | None) -> list[Origin]:
        """Return the chosen sources, or all sources whose raw bytes are kept."""
        decoded = {origin.name: origin for origin, _ in self._decoders()}
        if source_name is None:
            return list(decoded.values())
        if source_name not in decoded:
            names = ", ".join(decoded) or "none"
            raise ConfigurationError(
                f"--source: raw bytes are kept of sources with a decoder, and {source_name} is not "
                f"one of them: {names}"
            )
        return [decoded[source_name]]

    def _note(self, event: str, fields: dict[str, str]) -> None:
        note(self._settings, self._clock, event, fields)
