"""What must stay the same under a log for as long as it lives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from ldes_shok.errors import LogMismatch

if TYPE_CHECKING:
    from ldes_shok.log.base import LogWriter

LOG_ID: Final = "log_id"
"""What stands in `meta` under this name tells a log from any other; copies of it have the same."""

FINGERPRINT: Final = "secret_fingerprint"

Proof = Callable[["LogWriter"], bool | None]
"""Whether a log that has no fingerprint was written with the secret that is set; None: no telling.

Raises LogError.
"""


def no_telling(_: LogWriter) -> None:
    """The proof of whoever has none."""


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Whose log it is.

    Attributes:
        public_url: the base of every IRI in it.
        secret: the identity secret: keys IRIs, and the digests of rows.
        proof: asked once, of a log of a version that kept no fingerprint of the secret.
    """

    public_url: str
    secret: bytes = field(repr=False)
    proof: Proof = no_telling


def refuse_secret(place: str, kept: str, ours: str) -> None:
    """Compare fingerprints of secrets.

    Raises:
        LogMismatch: the log was written with another one.
    """
    if kept != ours:
        raise LogMismatch(
            f"{place}: identity: the secret is not the one that this log was written with: meters, "
            "activations and observations would get other IRIs, and what comes again would be "
            "published again; set the secret that it had (a backup made --with-secrets holds it), "
            "or begin another log"
        )


def bind(place: str, log: LogWriter, identity: LogIdentity) -> None:
    """A log of a version without fingerprints gets one, of the secret that it is opened with.

    Raises:
        LogMismatch: what it holds was written with another secret.
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
