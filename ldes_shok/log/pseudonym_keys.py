"""The keys of periods: one file for each, made on first use, destroyed when it is old.

The files are beside the log and never in it: a copy of the log holds no key. A key is durable
before it is used. Otherwise a power cut could take a key that a published pseudonym was made with,
and the pseudonym would be another one after the restart. A process remembers a key only as long as
its file exists, so it notices at the next use that another process destroyed the key.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ldes_shok.cabinet.period_keys import KEY_BYTES, KeyPeriod
from ldes_shok.clock import Clock
from ldes_shok.errors import PseudonymKeyUnavailable
from ldes_shok.log.durable import sync_directory, write_durably

_SUFFIX: Final = ".key"
_ORDER: Final = ".destroy-"
"""Begins the name of a file that lists the keys to be destroyed: period and digest, one a line."""
_GONE: Final = "-destroyed"
"""Ends the name of a key that is being destroyed."""
_OWNER: Final = ".log"
"""The file that names the owner of the keys."""
_AHEAD_PERIODS: Final = 1
"""A device's clock may run a little ahead into the next period."""


class KeyDirectory:
    """`PeriodKeys` in a folder that only this user may enter.

    Only kept periods get a file. An instant far away (a device that believes it is 1970, a report
    that comes after its key was destroyed) gets the key of the period in which it was received, and
    is destroyed with that key. Raw bytes are not kept longer than these keys, so running them again
    gives the same result. If the period of receipt is not kept either, the key lasts as long as
    this process: nothing links what it makes to anything.

    Args:
        path: the folder; made on first use.
        period: how long one key is used.
        keep_periods: how many finished periods keep their key.
        clock: gives the present period.
        entropy: gives a number of random bytes.
        owner: the owner of the keys, written beside the first one; empty accepts any owner.
    """

    def __init__(
        self,
        path: Path,
        period: KeyPeriod,
        keep_periods: int,
        clock: Clock,
        entropy: Callable[[int], bytes] = os.urandom,
        owner: str = "",
    ) -> None:
        self._path = path
        self._period = period
        self._keep_periods = keep_periods
        self._clock = clock
        self._entropy = entropy
        self._owner = owner
        self._passing = entropy(KEY_BYTES)
        self._known: dict[str, tuple[tuple[int, int], bytes]] = {}
        self._now, self._kept = "", ("", "")

    def key(self, period: str, received_in: str) -> bytes:
        """The period's key if it is kept, else that of `received_in`; both are durable.

        Raises:
            PseudonymKeyUnavailable: it cannot be read or made; says what to do.
        """
        first, last = self._kept_now()
        for name in (period, received_in):
            if len(name) != len(first) or name < first:
                continue
            file = self._file(name)
            try:
                # If the clock was set back, a key of the future exists; what it named keeps it.
                if (key := self._read(name, file)) is not None:
                    return key
                if name <= last:
                    return self._make(name, file)
            except OSError as error:
                raise _unavailable(f"the key {file} cannot be read or made", error) from error
        return self._passing

    def check_owner(self) -> None:
        """Check that the keys are not another log's: each would destroy them by its own settings.

        Raises:
            PseudonymKeyUnavailable: they belong to another log, or the owner cannot be read.
        """
        with _explained(f"whose keys are in {self._path} cannot be read"):
            try:
                owner = (self._path / _OWNER).read_text("utf-8").strip()
            except FileNotFoundError:
                return
        if self._owner and owner != self._owner:
            raise PseudonymKeyUnavailable(
                f"privacy.pseudonyms.keys_directory: {self._path} holds the keys of the log of "
                f"{owner}, and this is the one of {self._owner}: give each log a folder of its own"
            )

    def present(self) -> Sequence[bytes]:
        """Every key that exists, and the key of this process.

        Raises:
            PseudonymKeyUnavailable: they cannot be read.
        """
        with _explained(f"the keys in {self._path} cannot be read"):
            found = [self._read(period, self._file(period)) for period in self.periods()]
        return [self._passing, *(key for key in found if key is not None)]

    def periods(self) -> Sequence[str]:
        """The periods that have a key, the oldest first.

        Raises:
            PseudonymKeyUnavailable: the folder may not be looked into.
        """
        return sorted(
            name.removesuffix(_SUFFIX)
            for name in self._names()
            if name.endswith(_SUFFIX) and not name.startswith(".")
        )

    def destroy_old(self) -> Sequence[str]:
        """Destroy the keys of periods that are no longer kept; returns these periods.

        This goes by the clock alone; the caller has checked the clock. A key of the future is never
        destroyed.

        Raises:
            PseudonymKeyUnavailable: one cannot be removed.
        """
        first, _ = self._kept_now()
        return self.destroy([name for name in self.periods() if _is_before(name, first)])

    def destroy(self, periods: Sequence[str]) -> Sequence[str]:
        """Destroy the keys of these periods; returns those that had one.

        A key is overwritten and removed; this returns when both are on the disk. A list of the keys
        is written first. If a destruction stops half-way, even in a crash, the next call finishes
        it and returns its periods too. A copy of the file elsewhere (a backup, a snapshot, worn-out
        flash) is not reached.

        Raises:
            PseudonymKeyUnavailable: one cannot be removed.
        """
        with _explained(f"a key in {self._path} cannot be destroyed"):
            lines: list[str] = []
            for period in periods:
                with suppress(FileNotFoundError):
                    key = Path(self._file(period)).read_bytes()
                    lines.append(f"{period} {_digest(key)}\n")
            if lines:
                order = self._path / f"{_ORDER}{self._entropy(8).hex()}"
                write_durably(order, "".join(lines).encode(), mode=0o600)
                sync_directory(self._path)
            return self._carry_out()

    def _carry_out(self) -> Sequence[str]:
        """Destroy the listed keys. A key that was made since has another digest and stays."""
        orders = [self._path / name for name in self._names() if name.startswith(_ORDER)]
        for order in orders:
            with suppress(FileNotFoundError):  # another process carried it out
                for line in order.read_text().splitlines():
                    period, _, digest = line.partition(" ")
                    self._take_away(period, digest)
        destroyed: set[str] = set()
        for name in self._names():
            if name.endswith(_GONE):
                with suppress(FileNotFoundError):
                    _overwrite(self._path / name)
                    (self._path / name).unlink()
                    destroyed.add(name[1:].removesuffix(_GONE).partition("_")[0])
        if destroyed:
            sync_directory(self._path)
        for order in orders:
            order.unlink(missing_ok=True)
        return sorted(destroyed)

    def _take_away(self, period: str, digest: str) -> None:
        """Rename a key first: another caller then makes a new one, and never reads zeroes."""
        file = Path(self._file(period))
        with suppress(FileNotFoundError):
            if _digest(file.read_bytes()) == digest:
                self._known.pop(period, None)
                file.rename(self._path / f".{period}_{digest}{_GONE}")

    def _names(self) -> Sequence[str]:
        with _explained(f"the keys in {self._path} cannot be read"):
            return [file.name for file in self._path.iterdir()] if self._path.exists() else ()

    def _kept_now(self) -> tuple[str, str]:
        """The first period and the last one whose key is made or kept."""
        now = self._period.name_of(self._clock.now())
        if now != self._now:
            first, last = -self._keep_periods, _AHEAD_PERIODS
            self._kept = (self._period.moved(now, first), self._period.moved(now, last))
            self._now = now
        return self._kept

    def _file(self, period: str) -> str:
        # A text, because every message asks for it: a Path takes ten times as long.
        return f"{self._path}/{period}{_SUFFIX}"

    def _read(self, period: str, file: str) -> bytes | None:
        """The key in a file; None if there is none."""
        try:
            status = os.stat(file)  # noqa: PTH116  see `_file`
        except FileNotFoundError:
            self._known.pop(period, None)
            return None
        stamp = (status.st_ino, status.st_mtime_ns)
        known = self._known.get(period)
        if known is not None and known[0] == stamp:
            return known[1]
        key = Path(file).read_bytes()
        if len(key) != KEY_BYTES:
            raise PseudonymKeyUnavailable(
                f"privacy.pseudonyms.keys_directory: {file} is no key, it has {len(key)} bytes "
                f"instead of {KEY_BYTES}: put it back from where it was copied, or remove it"
            )
        self._known[period] = (stamp, key)
        return key

    def _make(self, period: str, file: str) -> bytes:
        """Make a new key that is on the disk under its name before it is used."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._owner:
            self._put(f"{self._path}/{_OWNER}", f"{self._owner}\n".encode())
            self.check_owner()
        self._put(file, self._entropy(KEY_BYTES))
        sync_directory(self._path)
        key = self._read(period, file)
        if key is None:
            raise FileNotFoundError(2, "it was removed at once", file)
        return key

    def _put(self, file: str, content: bytes) -> None:
        """Write a file that is whole, or leave an existing one as it is."""
        draft = self._path / f".draft-{self._entropy(8).hex()}"
        try:
            write_durably(draft, content, mode=0o600)
            # Link, not rename: if two processes make a key, the first one counts.
            with suppress(FileExistsError):
                os.link(draft, file)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unavailable(what, error) from error


def _unavailable(what: str, error: OSError) -> PseudonymKeyUnavailable:
    return PseudonymKeyUnavailable(
        f"privacy.pseudonyms.keys_directory: {what}: {error.strerror}; let this user write there, "
        "and nobody else read"
    )


def _is_before(period: str, first: str) -> bool:
    """Whether a period ends before another begins; the two may differ in kind, after new settings.

    Names are compared as text: their digits are aligned.
    """
    digits = min(len(period), len(first))
    return period[:digits] < first[:digits]


def _digest(key: bytes) -> str:
    """A digest that distinguishes a key from its successor and does not reveal it."""
    return hashlib.sha256(b"ldes-shok period key\n" + key).hexdigest()


def _overwrite(file: Path) -> None:
    """Write zeroes over a key, on the disk."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, bytes(KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
