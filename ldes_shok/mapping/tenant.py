"""What a city says once, in the configuration, because its controllers do not know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Organisation:
    """A public organisation or company, never a natural person.

    `kbo` is its 10-digit enterprise number, or empty.
    """

    slug: str
    name: str
    kbo: str = ""


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose cabinets these are, and the mandatory facts of the standard.

    Attributes:
        name: tenant name as it stands in `source`.
        organisations: all organisations that the tenant's members refer to, by slug.
        municipality, postcode: the address where a cabinet gives none.
        user: slug of the organisation written as `Aansluiting.gebruiker`: the municipality,
            never a trader (the profile makes it mandatory; privacy forbids the trader).
        manager, supplier, authority: slugs of the cabinet manager, the energy supplier and
            the party responsible for the network.
        network, network_name: the cabinets' own network.
        valid_from: UTC instant from which this configuration holds.
    """

    name: str
    organisations: Mapping[str, Organisation]
    municipality: str
    postcode: str
    user: str
    manager: str
    supplier: str
    authority: str
    network: str
    network_name: str
    valid_from: str
