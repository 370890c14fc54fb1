"""The keys of pseudonyms: one file for each period, made on first use, destroyed when it is old.

A key is durable before it is used: a pseudonym that is published with a key that a power cut took
would be another one after the restart. Who destroys a key from another process is noticed at the
next use: a key is remembered only as long as its file is there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from ldes_shok.cabinet.pseudonym import KEY_BYTES, Period
from ldes_shok.clock import Clock
from ldes_shok.errors import PseudonymKeyUnavailable
from ldes_shok.log.durable import sync_directory, write_durably

_SUFFIX: Final = ".key"
_AHEAD_PERIODS: Final = 1
"""A device's clock may run a little ahead into the next period."""


class KeyDirectory:
    """`PeriodKeys` in a folder that only this user may enter.

    Only periods that are kept have a file. An instant far away (a device that believes it is
    1970, a report that comes after its key was destroyed) gets the key of the period in which it
    was received, and goes with that. Raw bytes are not kept longer than these keys, so running
    them again gives the same. What was received outside too gets a key that lasts as long as this
    process: nothing links what it makes to anything.

    Args:
        path: the folder; made on first use.
        period: how long one key is used.
        keep_periods: how many finished periods keep their key.
        clock: says which period is now.
        entropy: gives so many random bytes.
    """

    def __init__(
        self,
        path: Path,
        period: Period,
        keep_periods: int,
        clock: Clock,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._path = path
        self._period = period
        self._keep_periods = keep_periods
        self._clock = clock
        self._entropy = entropy
        self._passing = entropy(KEY_BYTES)
        self._known: dict[str, tuple[tuple[int, int], bytes]] = {}

    def key(self, period: str, received_in: str) -> bytes:
        """The period's key if it is kept, else that of `received_in`; both are durable.

        Raises:
            PseudonymKeyUnavailable: it cannot be read or made; says what to do.
        """
        if not self._is_kept(period):
            period = received_in
        if not self._is_kept(period):
            return self._passing
        file = self._file(period)
        try:
            return self._read(period, file) or self._make(period, file)
        except OSError as error:
            raise PseudonymKeyUnavailable(
                f"privacy.pseudonyms.keys_directory: the key {file} cannot be read or made: "
                f"{error.strerror}; let this user write there, and nobody else read"
            ) from error

    def periods(self) -> Sequence[str]:
        """The periods that have a key, the oldest first."""
        return sorted(file.name.removesuffix(_SUFFIX) for file in self._path.glob(f"*{_SUFFIX}"))

    def destroy_old(self) -> Sequence[str]:
        """Destroy the keys of periods that are not kept any more; returns these periods.

        Raises:
            PseudonymKeyUnavailable: one cannot be removed.
        """
        old = [name for name in self.periods() if not self._is_kept(name)]
        return self.destroy(old)

    def destroy(self, periods: Sequence[str]) -> Sequence[str]:
        """Destroy the keys of these periods; returns those that had one.

        A key is overwritten and removed, and this returns when both are on the disk. A copy of
        the file elsewhere (a backup, a snapshot, worn-out flash) is not reached.

        Raises:
            PseudonymKeyUnavailable: one cannot be removed.
        """
        destroyed: list[str] = []
        try:
            for name in periods:
                self._known.pop(name, None)
                # Moved away first: who asks meanwhile makes a new key, and never reads zeroes.
                gone = self._path / f".{name}-destroyed"
                with suppress(FileNotFoundError):
                    self._file(name).rename(gone)
                    _overwrite(gone)
                    gone.unlink()
                    destroyed.append(name)
            if destroyed:
                sync_directory(self._path)
        except OSError as error:
            raise PseudonymKeyUnavailable(
                f"privacy.pseudonyms.keys_directory: a key in {self._path} cannot be destroyed: "
                f"{error.strerror}"
            ) from error
        return destroyed

    def _is_kept(self, period: str) -> bool:
        now = self._period.name_of(self._clock.now())
        # Names of one kind of period are compared as text: their digits are aligned.
        first = self._period.moved(now, -self._keep_periods)
        return len(period) == len(now) and (
            first <= period <= self._period.moved(now, _AHEAD_PERIODS)
        )

    def _file(self, period: str) -> Path:
        return self._path / f"{period}{_SUFFIX}"

    def _read(self, period: str, file: Path) -> bytes | None:
        """The key that is there; None if none is."""
        try:
            status = file.stat()
        except FileNotFoundError:
            self._known.pop(period, None)
            return None
        stamp = (status.st_ino, status.st_mtime_ns)
        known = self._known.get(period)
        if known is not None and known[0] == stamp:
            return known[1]
        key = file.read_bytes()
        if len(key) != KEY_BYTES:
            raise PseudonymKeyUnavailable(
                f"privacy.pseudonyms.keys_directory: {file} is no key, it has {len(key)} bytes "
                f"instead of {KEY_BYTES}: put it back from where it was copied, or remove it"
            )
        self._known[period] = (stamp, key)
        return key

    def _make(self, period: str, file: Path) -> bytes:
        """A new key, on the disk under its name before it is used."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path / f".{period}-{self._entropy(8).hex()}"
        try:
            write_durably(draft, self._entropy(KEY_BYTES), mode=0o600)
            # Linked, not renamed: of two processes that make one, the first one's counts.
            with suppress(FileExistsError):
                os.link(draft, file)
        finally:
            draft.unlink(missing_ok=True)
        sync_directory(self._path)
        key = self._read(period, file)
        if key is None:
            raise FileNotFoundError(2, "it was removed at once", str(file))
        return key


def _overwrite(file: Path) -> None:
    """Zeroes in the place of a key, on the disk."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, bytes(KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
