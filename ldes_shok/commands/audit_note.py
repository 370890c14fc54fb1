"""What a command does with what is not public is written down before it is done."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from ldes_shok.clock import Clock
from ldes_shok.errors import ConfigurationError
from ldes_shok.observability.audit import Audit
from ldes_shok.settings.model import Settings


def note(settings: Settings, clock: Clock, event: str, fields: Mapping[str, str]) -> None:
    """Write in the audit which user of this machine does what.

    Args:
        settings: say where the audit is.
        clock: when.
        event: what is done, one word.
        fields: what with.

    Raises:
        ConfigurationError: the audit cannot be written; then nothing may be done.
    """
    path = Path(settings.access.audit_file)
    audit = Audit(path)
    try:
        audit.write(event, clock.now(), {"who": _user(), **fields})
    except OSError as error:
        raise ConfigurationError(
            f"access.audit_file: {path} cannot be written, and nothing is looked at without it: "
            f"{error.strerror}"
        ) from error
    finally:
        audit.close()


def _user() -> str:
    """The user of the operating system: an environment variable could say anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
