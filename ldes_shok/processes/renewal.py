"""What is read again when SIGHUP asks: secrets, keys of who signs, certificates, the audit's file.

No connection is dropped for it, but those of stations that showed a password that is not good any
more. The settings are not read again, nor is the environment, which nobody can change from outside.
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
"""Uses these from now on; on the event loop."""

ReadFiles = Callable[[], Sequence[str]]
"""Reads files again, on another thread, and says which keys changed.

Raises ConfigurationError or SourceError, and then goes on with what it had.
"""


class Renewals:
    """Who wants to know, put together while the service is built."""

    def __init__(self) -> None:
        self.secrets: list[TakeSecrets] = []
        self.files: list[ReadFiles] = []
        self.reopened: list[Callable[[], None]] = []

    def of_source(self, name: str, secrets: ServiceSecrets, take: Callable[[str], None]) -> None:
        """A source that shows one of these secrets to the other side, and then another."""
        shown = secrets.shown_by(name) or ""

        async def take_shown(secrets: ServiceSecrets) -> None:
            nonlocal shown
            new = secrets.shown_by(name) or ""
            if new != shown:
                shown = new
                take(new)

        self.secrets.append(take_shown)


class Renewal:
    """Reads all of it again, one time after the other.

    A secret that cannot be read leaves all of them as they were: half of a rotation is none.

    Args:
        settings: say where the secrets are.
        secrets: those of now.
        environ: as it was at the start.
        renewals: who wants to know.
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
        """Do it soon; asked several times meanwhile, once."""
        self._asked.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do it whenever it is asked, until the block ends."""
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
                # A defect of ours: the service goes on, and may be asked again.
                log.exception("renewal_failed")

    async def renew(self) -> None:
        """Read everything again; say what changed, and what could not be read."""
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
            self._tell_doubts(secrets)
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

    def _tell_doubts(self, secrets: ServiceSecrets) -> None:
        for warning in secrets.warnings:
            if warning not in self._secrets.warnings:
                structlog.get_logger("ldes_shok.renewal").warning(
                    "settings_doubtful", detail=warning
                )


@asynccontextmanager
async def renewing(
    settings: Settings, secrets: ServiceSecrets, renewals: Renewals, hangup: Hangup | None
) -> AsyncIterator[None]:
    """Renew whenever SIGHUP asks, until the block ends."""
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
    """Whose secrets changed, and how many there are now."""
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
