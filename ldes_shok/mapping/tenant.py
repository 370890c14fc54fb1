"""The facts of a city in the configuration: its controllers do not know them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import Instant, Kbo, Line, Name, Slug


class Organisation(Section, frozen=True):
    """A public body or a company; never a private person."""

    name: Annotated[Line, Meta(description="Its name, in Dutch.")]
    kbo: Annotated[Kbo | None, Meta(description="Its enterprise number, 10 digits in quotes.")] = (
        None
    )


class Municipality(Section, frozen=True):
    """Where the cabinets stand, and who uses them in the sense of the standard."""

    name: Annotated[Line, Meta(description="Name of the municipality, in Dutch.")]
    postcode: Annotated[
        Line, Meta(description='Postcode of cabinets that give none, in quotes: "9999".')
    ]
    organisation: Annotated[
        Slug, Meta(description="Which of the organisations it is (gebruiker of the sockets).")
    ]


class Network(Section, frozen=True):
    """The utility network that the cabinets belong to."""

    id: Annotated[Name, Meta(description="Its identifier, used in its IRI.")]
    name: Annotated[Line, Meta(description="Its name, in Dutch.")]


class Tenant(Section, frozen=True):
    """A city: what the standard makes mandatory and a controller does not know."""

    organisations: Annotated[
        dict[Slug, Organisation], Meta(description="The bodies named below, by slug.")
    ]
    municipality: Annotated[Municipality, Meta(description="The municipality.")]
    manager: Annotated[Slug, Meta(description="Organisation that manages the cabinets.")]
    supplier: Annotated[Slug, Meta(description="Organisation that supplies the electricity.")]
    authority: Annotated[Slug, Meta(description="Organisation that answers for the network.")]
    network: Annotated[Network, Meta(description="The network.")]
    valid_from: Annotated[
        Instant, Meta(description="From when this holds, UTC; a change needs a later time.")
    ]
    zones: Annotated[
        dict[Name, tuple[Name, ...]],
        Meta(description="Cabinets whose consumption is added up, by the zone's name."),
    ] = msgspec.field(default_factory=dict)

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        roles = {
            "manager": self.manager,
            "supplier": self.supplier,
            "authority": self.authority,
            "municipality.organisation": self.municipality.organisation,
        }
        for role, slug in roles.items():
            if slug not in self.organisations:
                yield f"{path}.{role}: {slug} is not one of {path}.organisations; add it there"
        try:
            datetime.fromisoformat(self.valid_from)
        except ValueError:
            yield f"{path}.valid_from: must be a day that exists; {self.valid_from} does not"


@dataclass(frozen=True, slots=True)
class NamedTenant:
    """A tenant and its name.

    Attributes:
        name: as in `source` and in IRIs.
        facts: its section of the configuration.
    """

    name: str
    facts: Tenant

    @property
    def user(self) -> str:
        """Slug of the organisation written as `Aansluiting.gebruiker`: the municipality.

        Never a trader: the profile makes it mandatory, and privacy forbids the trader.
        """
        return self.facts.municipality.organisation
