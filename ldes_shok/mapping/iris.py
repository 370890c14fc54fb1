"""IRIs by the Flemish URI standard: `{base}/id/{concept}/{reference}`.

Public data may stand in an IRI as it is. Private data (a meter's serial, the content of a version)
is keyed with a secret. So no IRI reveals anything, and the same event always gets the same IRI.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from struct import Struct
from typing import Final

from ldes_shok.cabinet.base32 import PAIRS

_SEPARATOR: Final = "\x1f"
_OBSERVATION_CHARACTERS: Final = 26
_MINUTE_CHARACTERS: Final = 6
_VERSION_CHARACTERS: Final = 16
_KEPT: Final = 20_000
_MINUTE: Final = slice(0, len("2026-05-12T12:00"))
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_NOT_COMPACT = str.maketrans("", "", "-:")
_WORDS: Final = {
    length: Struct(f">{length // 2}H")
    for length in (
        _MINUTE_CHARACTERS,
        _VERSION_CHARACTERS,
        _OBSERVATION_CHARACTERS - _MINUTE_CHARACTERS,
        _OBSERVATION_CHARACTERS,
    )
}


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
    """Mints every IRI of the service."""

    def __init__(self, base: str, secret: bytes) -> None:
        """`base` is the public URL without a trailing slash; `secret` keys private data."""
        self._id = f"{base}/id"
        self._key = hashlib.blake2b(secret, digest_size=hashlib.blake2b.MAX_KEY_SIZE).digest()
        # Two characters for each 16 bits, of which ten bits count: a fifth of b32encode's time.
        self._pairs = PAIRS * (65_536 // len(PAIRS))
        self._known: dict[tuple[str, ...], str] = {}

    def keyed(self, length: int, *parts: str) -> str:
        """`length` characters, an even number, that only the holder of the secret can compute."""
        data = _SEPARATOR.join(parts).encode()
        digest = hashlib.blake2b(data, key=self._key, digest_size=length).digest()
        pairs = self._pairs
        return "".join([pairs[word] for word in _WORDS[length].unpack(digest)])

    def _keep(self, key: tuple[str, ...], minted: str) -> str:
        """Cache an IRI part that every event of a meter, an organisation or a minute needs."""
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[key] = minted
        return minted

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
        key = "meter", tenant, serial
        return self._known.get(key) or self._keep(
            key, f"{self._id}/meter/{tenant}/{self.keyed(26, *key)}"
        )

    def network(self, tenant: str, network: str) -> str:
        """A Nutsvoorzieningnetwerk."""
        return f"{self._id}/nutsvoorzieningnetwerk/{tenant}/{slug(network)}"

    def organisation(self, tenant: str, organisation: str) -> str:
        """An Organisatie."""
        key = "organisatie", tenant, organisation
        return self._known.get(key) or self._keep(
            key, f"{self._id}/organisatie/{tenant}/{slug(organisation)}"
        )

    def is_of_settings(self, entity: str) -> bool:
        """Whether it is an organisation or a network: the tenant's settings describe these."""
        settled = (f"{self._id}/organisatie/", f"{self._id}/nutsvoorzieningnetwerk/")
        return entity.startswith(settled)

    def activation(self, tenant: str, *session: str) -> str:
        """An activation or deactivation: cabinet, outlet, session, which of the two."""
        return f"{self._id}/activering/{tenant}/{self.keyed(26, 'activering', tenant, *session)}"

    def fault(self, tenant: str, *fault: str) -> str:
        """A fault: cabinet, outlet or empty, the sender's own id."""
        return f"{self._id}/storing/{tenant}/{self.keyed(26, 'storing', tenant, *fault)}"

    def reservation(self, tenant: str, *reservation: str) -> str:
        """A Reservatie: cabinet, outlet or empty, the sender's own id.

        Only the reservation is the key, so the IRIs do not show which ones are one person's.
        """
        keyed = self.keyed(26, "reservatie", tenant, *reservation)
        return f"{self._id}/reservatie/{tenant}/{keyed}"

    def activity(self, tenant: str, activity: str) -> str:
        """An Activiteit of many people."""
        return f"{self._id}/activiteit/{tenant}/{activity}"

    def private_activity(self, tenant: str, *reservation: str) -> str:
        """An Activiteit of one reservation: its own identifier may stand for a person."""
        keyed = self.keyed(26, "activiteit", tenant, *reservation)
        return f"{self._id}/activiteit/{tenant}/{keyed}"

    def pseudonym(self, tenant: str, pseudonym: str, *reservation: str) -> str:
        """The holder of a reservation as a keyed code, different in each reservation.

        A sender may use one name of a person for years, and published data is never erased.
        """
        keyed = self.keyed(26, "pseudoniem", tenant, pseudonym, *reservation)
        return f"{self._id}/pseudoniem/{tenant}/{keyed}"

    def zone(self, tenant: str, zone: str) -> str:
        """A zone: cabinets whose consumption is added up."""
        return f"{self._id}/zone/{tenant}/{zone}"

    def minute(self, observed_at: str) -> str:
        """The start of the IRIs of a minute's observations. It does not reveal the minute.

        Observations of one minute stand together in the index. Without it, every new IRI would
        touch another page, and the log would grow slower the larger it is.
        """
        key = "minuut", observed_at[_MINUTE]
        return self._known.get(key) or self._keep(key, self.keyed(_MINUTE_CHARACTERS, *key))

    def beginning(self, key: str) -> str:
        """The start of the IRIs of observations under a key that the sender chose.

        A correction under such a key may have another minute. It corrects the same observation.
        """
        return self.keyed(_MINUTE_CHARACTERS, "sleutel", key)

    def observation(self, beginning: str, *natural_key: str) -> str:
        """The identity of an observation; a correction is its next version."""
        rest = self.keyed(_OBSERVATION_CHARACTERS - _MINUTE_CHARACTERS, "observatie", *natural_key)
        return f"{self._id}/observatie/{beginning}{rest}"

    def version(self, entity: str, at: str, stream: str, *content: str) -> str:
        """The member for the state of `entity` at `at`, in `stream`."""
        keyed = self.keyed(_VERSION_CHARACTERS, stream, entity, at, *content)
        return f"{entity}/{at.translate(_NOT_COMPACT)}-{keyed}"

    def observation_version(self, observation: str, *content: str) -> str:
        """The member for the content of an observation."""
        return f"{observation}/{self.keyed(_VERSION_CHARACTERS, observation, *content)}"
