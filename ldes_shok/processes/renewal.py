"""Renews at SIGHUP: secrets, keys of token issuers, certificates, the audit's file.

Connections stay open, except those of stations whose password is not valid any more. The settings
are not read again. The environment is not either: nothing outside can change it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

import structlog

from ldes_shok.errors import ConfigurationError, SourceError
from ldes_shok.processes.hangup import Hangup
from ldes_shok.sections.secret import Secrets
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets, resolve_secrets

TakeSecrets = Callable[[ServiceSecrets], Awaitable[None]]
"""Uses these secrets from now on; runs on the event loop."""

ReadFiles = Callable[[], Sequence[str]]
"""Reads files again, on another thread, and returns which keys changed.

Raises ConfigurationError or SourceError, and then keeps what it had.
"""


class Renewals:
    """What must be renewed, collected while the service is built."""

    def __init__(self) -> None:
        self.secrets: list[TakeSecrets] = []
        self.files: list[ReadFiles] = []
        self.reopened: list[Callable[[], None]] = []

    def of_source(self, name: str, secrets: ServiceSecrets, take: Callable[[str], None]) -> None:
        """Call `take` when the secret changes that the source `name` sends to the other side."""
        shown = secrets.shown_by(name) or ""

        async def take_shown(secrets: ServiceSecrets) -> None:
            nonlocal shown
            new = secrets.shown_by(name) or ""
            if new != shown:
                shown = new
                take(new)

        self.secrets.append(take_shown)


class Renewal:
    """Reads everything again, one renewal at a time.

    If one secret cannot be read, all secrets stay as they are: half a rotation is not useful.

    Args:
        settings: name the places of the secrets.
        secrets: the current secrets.
        environ: the environment at the start.
        renewals: what must be renewed.
    """

    def __init__(
        self,
        settings: Settings,
        secrets: ServiceSecrets,
        environ: Mapping[str, str],
        renewals: Renewals,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._environ = environ
        self._renewals = renewals
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Renew soon; several calls before that make one renewal."""
        self._asked.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Renew whenever `ask` was called, until the block ends."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()

    async def _run(self) -> None:
        log = structlog.get_logger("ldes_shok.renewal")
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self.renew()
            except Exception:
                # A defect of ours: the service goes on and can renew again.
                log.exception("renewal_failed")

    async def renew(self) -> None:
        """Read everything again; log what changed and what could not be read."""
        problems: list[str] = []
        changed: list[str] = []
        try:
            secrets = await asyncio.to_thread(self._read_secrets)
        except ConfigurationError as error:
            problems += str(error).splitlines()
        else:
            changed += differences(self._secrets, secrets)
            for take in self._renewals.secrets:
                await take(secrets)
            self._log_doubts(secrets)
            self._secrets = secrets
        for read in self._renewals.files:
            try:
                changed += await asyncio.to_thread(read)
            except (ConfigurationError, SourceError) as error:
                problems += str(error).splitlines()
        for reopen in self._renewals.reopened:
            reopen()
        log = structlog.get_logger("ldes_shok.renewal")
        for problem in problems:
            log.error("not_renewed", reason=f"{problem}; what was read before goes on")
        log.info("renewed", changed=changed)

    def _read_secrets(self) -> ServiceSecrets:
        secrets = resolve_secrets(self._settings, self._environ)
        if secrets.identity != self._secrets.identity:
            where = self._settings.identity.secret_file
            raise ConfigurationError(
                f"identity.secret_file: {where} holds another secret than at the start, and the "
                "log's IRIs are made with that: put it back"
            )
        return secrets

    def _log_doubts(self, secrets: ServiceSecrets) -> None:
        for warning in secrets.warnings:
            if warning not in self._secrets.warnings:
                structlog.get_logger("ldes_shok.renewal").warning(
                    "settings_doubtful", detail=warning
                )


@asynccontextmanager
async def renewing(
    settings: Settings, secrets: ServiceSecrets, renewals: Renewals, hangup: Hangup | None
) -> AsyncIterator[None]:
    """Renew at each SIGHUP until the block ends."""
    if hangup is None:
        yield
        return
    renewal = Renewal(settings, secrets, os.environ, renewals)
    hangup.listen(asyncio.get_running_loop(), renewal.ask)
    try:
        async with renewal.running():
            yield
    finally:
        hangup.end()


def differences(before: ServiceSecrets, after: ServiceSecrets) -> Iterator[str]:
    """Yield the owners of secrets that changed, with the number of secrets."""
    kinds: Sequence[tuple[str, Mapping[str, Secrets], Mapping[str, Secrets]]] = (
        ("sources", before.source_tokens, after.source_tokens),
        ("sources", before.source_passwords, after.source_passwords),
        ("signatures of", before.signature_secrets, after.signature_secrets),
        ("streams", before.stream_tokens, after.stream_tokens),
        ("consumers", before.consumer_tokens, after.consumer_tokens),
    )
    for kind, old, new in kinds:
        for name, secrets in new.items():
            known = old.get(name, ())
            if secrets != known:
                yield f"{kind} {name}: {len(secrets)}, before {len(known)}"
