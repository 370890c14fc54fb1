"""Writes in the audit what a command does with restricted data, before the command does it."""

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
        settings: name the file of the audit.
        clock: gives the time of the entry.
        event: the action, one word.
        fields: the objects of the action.

    Raises:
        ConfigurationError: the audit cannot be written; then the action must not be done.
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
    """Return the operating system's user: an environment variable can hold any value."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
