"""What must never change for a log: its id, its public URL and its secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from ldes_shok.errors import LogMismatch

if TYPE_CHECKING:
    from ldes_shok.log.base import LogWriter

LOG_ID: Final = "log_id"
"""The name in `meta` of the id of a log. Copies of a log have the same id."""

FINGERPRINT: Final = "secret_fingerprint"

Proof = Callable[["LogWriter"], bool | None]
"""Whether a log without a fingerprint was written with the configured secret; None if unknown.

Raises LogError.
"""


def no_telling(_: LogWriter) -> None:
    """Return None: the proof for a caller that has none."""


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """The identity of a log.

    Attributes:
        public_url: the base of every IRI in it.
        secret: the identity secret: keys IRIs, and the digests of rows.
        proof: called once, for a log of a version that kept no fingerprint of the secret.
    """

    public_url: str
    secret: bytes = field(repr=False)
    proof: Proof = no_telling


def refuse_secret(place: str, kept: str, ours: str) -> None:
    """Compare the fingerprint of a log with ours.

    Raises:
        LogMismatch: the log was written with another secret.
    """
    if kept != ours:
        raise LogMismatch(
            f"{place}: identity: the secret is not the one that this log was written with: meters, "
            "activations and observations would get other IRIs, and what comes again would be "
            "published again; set the secret that it had (a backup made --with-secrets holds it), "
            "or begin another log"
        )


def bind(place: str, log: LogWriter, identity: LogIdentity) -> None:
    """Give a log of a version without fingerprints the fingerprint of the configured secret.

    Raises:
        LogMismatch: the log was written with another secret.
    """
    proven = identity.proof(log)
    if proven is False:
        refuse_secret(place, "", "another")
    if proven is None and log.next_event_id > 1:
        structlog.get_logger("ldes_shok.log").warning(
            "secret_unproven",
            log=place,
            advice="nothing in this log tells whether the identity secret is the one that it was "
            "written with; from now on it is held to this one",
        )
