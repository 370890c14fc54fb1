"""Every error that this service raises on purpose.

LdesShokError
├── ConfigurationError      a setting cannot be used; names the key and what to do
├── EventRejected           the bytes are not a canonical event; names the field and what to do
├── PayloadRejected         a body cannot be cut into events; names what to do
│   ├── PayloadTooLarge     more bytes or events than one request may hold
│   └── UnsupportedContentType   neither JSON nor NDJSON
├── SignatureRejected       a pushed body is not signed as its source must sign
├── NotMapped               a good event that the standard cannot express (yet): quarantine
├── Overloaded              no room for more events or request bodies: try again later
├── ShuttingDown            the service drains and takes nothing new
├── CheckImpossible         fsck could not check: no stream there, no answer, a wrong token
├── WrittenElsewhere        this process only reads: another one takes events
├── LogError
│   ├── BackupUnusable      a backup is damaged, is no backup, or cannot be written there
│   ├── LogLocked           another writer holds the log
│   │   └── WriterSilent    the other writer does not respond any more
│   ├── LogMismatch         the log was written for other settings or by a newer version
│   ├── LogUnavailable      the disk refused: nothing of the batch is stored
│   │   ├── LogSlow         the log was not read in time, or too much waits: ask again
│   │   ├── LogDamaged      the stored data is not what was written: `fsck` finds where
│   │   └── WriterReplaced  another writer was elected meanwhile
│   └── MonthNotOver        a month that is still written cannot be dropped
├── ExportError             an export cannot be written there: taken, of another log, refused
├── SourceError             an event source cannot be reached or refuses us
│   ├── PositionRefused     it sends us to an address that we do not follow
│   └── SourceUnavailable   it does not answer now: ask again later
├── ClockDoubtful           the clock contradicts known times: nothing is destroyed by it
├── PseudonymKeyUnavailable   the key of a period cannot be read or made
├── ShapesError             the SHACL shapes cannot be loaded
├── VaultLocked             raw bytes cannot be read: the key is not given, or they were changed
│   └── KeyDestroyed        they can never be read: the key of their period was destroyed
├── TokenRefused            a consumer's token is not good: names the reason, never the token
├── ValidationUnavailable   pyshacl's process cannot be started: nothing of the batch is stored
└── NotJudged               pyshacl fails on this member, each time: quarantine
"""

from __future__ import annotations

__all__ = [
    "BackupUnusable",
    "CheckImpossible",
    "ClockDoubtful",
    "ConfigurationError",
    "EventRejected",
    "ExportError",
    "KeyDestroyed",
    "LdesShokError",
    "LogDamaged",
    "LogError",
    "LogLocked",
    "LogMismatch",
    "LogSlow",
    "LogUnavailable",
    "MonthNotOver",
    "NotJudged",
    "NotMapped",
    "Overloaded",
    "PayloadRejected",
    "PayloadTooLarge",
    "PositionRefused",
    "PseudonymKeyUnavailable",
    "ShapesError",
    "ShuttingDown",
    "SignatureRejected",
    "SourceError",
    "SourceUnavailable",
    "TokenRefused",
    "UnsupportedContentType",
    "ValidationUnavailable",
    "VaultLocked",
    "WriterReplaced",
    "WriterSilent",
    "WrittenElsewhere",
]


class LdesShokError(Exception):
    """Base of the tree: catch this to catch every error of this service."""


class ConfigurationError(LdesShokError):
    """A setting is missing, unknown or out of range."""


class EventRejected(LdesShokError):
    """The bytes are not a canonical event.

    `field` is a JSON path such as `data.readings[0].value`, or empty when the whole is meant.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class PayloadRejected(LdesShokError):
    """A body that cannot be cut into events: nothing of it was taken."""


class PayloadTooLarge(PayloadRejected):
    """More bytes or more events than one request may hold."""


class UnsupportedContentType(PayloadRejected):
    """The content type is neither JSON nor NDJSON."""


class SignatureRejected(LdesShokError):
    """A body has no signature, or one of another time or secret: nothing was read."""


class NotMapped(LdesShokError):
    """A well-formed event that cannot be published now.

    `code` is a stable word for metrics and for `quarantine retry`; `reason` is one sentence.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Overloaded(LdesShokError):
    """More events or request bodies wait than the limits allow."""

    def __init__(self, retry_after_seconds: int, what: str = "events") -> None:
        super().__init__(f"too many {what} are waiting; try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class ShuttingDown(LdesShokError):
    """The service is stopping: accepted events are kept, new ones are refused."""


class CheckImpossible(LdesShokError):
    """Nothing could be checked: no answer, no stream, or no permission."""


class WrittenElsewhere(LdesShokError):
    """This process only reads the log: nothing was taken."""


class LogError(LdesShokError):
    """The log cannot do the requested operation."""


class BackupUnusable(LogError):
    """A backup cannot be made there, or is damaged, incomplete, or not one of ours."""


class LogLocked(LogError):
    """Another process writes this log."""


class WriterSilent(LogLocked):
    """Another process holds this log and stands still: names it, since when, and what to do."""


class LogMismatch(LogError):
    """The log belongs to other settings (public URL, schema version)."""


class LogUnavailable(LogError):
    """The store refused a write or a read: disk full, I/O error. Nothing of the batch is stored."""


class LogSlow(LogUnavailable):
    """The log does not answer as fast as requests come. Its data is not damaged."""


class LogDamaged(LogUnavailable):
    """A checksum does not fit: the stored data is not what was written. It is not served."""


class ExportError(LdesShokError):
    """An export cannot be written: the place is in use, holds something else, or refuses."""


class WriterReplaced(LogUnavailable):
    """Another writer was elected while this one was cut off: this one must end."""


class MonthNotOver(LogError):
    """A month cannot be dropped while it is still written."""


class SourceError(LdesShokError):
    """An event source cannot be reached or refuses our credentials."""


class PositionRefused(SourceError):
    """A server sends us to an address that we do not follow: it is not stored and not requested."""


class SourceUnavailable(SourceError):
    """An event source does not answer now. Asking again may help."""

    def __init__(self, reason: str, retry_after_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class ClockDoubtful(LdesShokError):
    """The clock contradicts a known time: names that time, and what to do."""


class PseudonymKeyUnavailable(LdesShokError):
    """The key of a period cannot be read or made: the person must not be named at all."""


class ShapesError(LdesShokError):
    """The shapes cannot be loaded, or use a feature that the validator does not know."""


class TokenRefused(LdesShokError):
    """A consumer's token is not good. The message goes into a header: plain words, no quotes."""


class VaultLocked(LdesShokError):
    """Stored raw bytes cannot be read: they are encrypted with another key, or were changed."""


class KeyDestroyed(VaultLocked):
    """Raw bytes whose period's key was destroyed: as good as deleted."""


class ValidationUnavailable(LdesShokError):
    """There is no verdict, because pyshacl's process does not run: ask again later."""


class NotJudged(LdesShokError):
    """There is no verdict on this member: pyshacl failed, did not answer or died on it."""
