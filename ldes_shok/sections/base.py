"""The base class of all sections of the settings."""

from __future__ import annotations

import msgspec

HIDDEN = "(hidden)"
"""Text in place of a secret."""


def without_password(url: str) -> str:
    """Return a store's URL with its password hidden."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    name, colon, _ = user.partition(":")
    if not at or not colon:
        return url
    return f"{scheme}{separator}{name}:{HIDDEN}@{host}{slash}{path}"


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all sections share: immutable, and strict about keys."""
