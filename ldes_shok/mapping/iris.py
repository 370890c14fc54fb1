"""IRIs by the Flemish URI standard: `{base}/id/{concept}/{reference}`.

What is public may stand in an IRI as it is; what is not (a meter's serial, what a version says)
goes in keyed with a secret, so that no IRI gives anything away and yet the same event always
gets the same IRI.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata

_SEPARATOR = "\x1f"
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_COMPACT = str.maketrans("", "", "-:")


def slug(text: str) -> str:
    """`text` as a path segment: lower case, digits and dashes.

    A text that this changes gets a short hash behind it, so that two names never share an IRI.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    result = _NOT_SLUG.sub("-", ascii_text).strip("-")
    if result == text:
        return result
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{result}-{digest}" if result else digest


class Iris:
    """Mints every IRI that we coin."""

    def __init__(self, base: str, secret: bytes) -> None:
        """`base` is the public URL without a trailing slash; `secret` keys what is private."""
        self._id = f"{base}/id"
        self._secret = secret

    def keyed(self, length: int, *parts: str | bytes) -> str:
        """`length` characters of base 32 that only the holder of the secret can compute."""
        data = _SEPARATOR.encode().join(p.encode() if isinstance(p, str) else p for p in parts)
        digest = hmac.digest(self._secret, data, "sha256")
        # Base 32 turns five bytes into eight characters: what is cut off is not encoded first.
        needed_bytes = -(-length // 8) * 5
        return base64.b32hexencode(digest[:needed_bytes]).decode().lower()[:length]

    def concept(self, scheme: str, name: str) -> str:
        """A concept of one of our code lists."""
        return f"{self._id}/concept/{scheme}/{name}"

    def cabinet(self, tenant: str, cabinet: str) -> str:
        """A Kast."""
        return f"{self._id}/kast/{tenant}/{cabinet}"

    def outlet(self, tenant: str, cabinet: str, outlet: str) -> str:
        """A Stopcontact."""
        return f"{self._id}/stopcontact/{tenant}/{cabinet}/{outlet}"

    def connection(self, tenant: str, cabinet: str) -> str:
        """The Aansluiting of a cabinet to the grid."""
        return f"{self._id}/aansluiting/{tenant}/{cabinet}"

    def meter(self, tenant: str, serial: str) -> str:
        """A Meter; its serial is not public."""
        return f"{self._id}/meter/{tenant}/{self.keyed(26, 'meter', tenant, serial)}"

    def network(self, tenant: str, network: str) -> str:
        """A Nutsvoorzieningnetwerk."""
        return f"{self._id}/nutsvoorzieningnetwerk/{tenant}/{slug(network)}"

    def organisation(self, tenant: str, organisation: str) -> str:
        """An Organisatie."""
        return f"{self._id}/organisatie/{tenant}/{slug(organisation)}"

    def observation(self, *natural_key: str) -> str:
        """The identity of an observation; a correction is its next version."""
        return f"{self._id}/observatie/{self.keyed(26, 'observatie', *natural_key)}"

    def version(self, entity: str, at: str, stream: str, *content: str | bytes) -> str:
        """The member that says what `entity` was at `at`, in `stream`."""
        return (
            f"{entity}/{at.translate(_NOT_COMPACT)}-{self.keyed(16, stream, entity, at, *content)}"
        )

    def observation_version(self, observation: str, *content: str) -> str:
        """The member that says what was observed."""
        return f"{observation}/{self.keyed(16, observation, *content)}"
