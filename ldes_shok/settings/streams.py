"""Settings of the event streams (`streams`), with default titles, descriptions and access."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ldes_shok.ldes.stream import Access
from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import Line, VariableName

Readers = Annotated[Access, Meta(description="Who may read it: open or token.")]
TitleDutch = Annotated[Line, Meta(description="Title in Dutch.")]
TitleEnglish = Annotated[Line, Meta(description="Title in English.")]
TextDutch = Annotated[Line, Meta(description="What is in it, in Dutch.")]
TextEnglish = Annotated[Line, Meta(description="What is in it, in English.")]


class Stream(Section, frozen=True):
    """One event stream. The titles have defaults per stream, below."""

    access: Readers
    title_nl: TitleDutch
    title_en: TitleEnglish
    description_nl: TextDutch
    description_en: TextEnglish
    token_env: Annotated[
        tuple[VariableName, ...], Meta(description="Environment variables with tokens, one a line.")
    ] = ()
    token_file: Annotated[
        tuple[Line, ...], Meta(description="Files with tokens, one a line; SIGHUP reads them.")
    ] = ()


class KastenStream(Stream, frozen=True):
    """The public stream of networks, cabinets and sockets."""

    access: Readers = Access.OPEN
    title_nl: TitleDutch = "Kasten"
    title_en: TitleEnglish = "Cabinets"
    description_nl: TextDutch = (
        "Netwerken, kasten en stopcontacten, met hun toestand en beschikbaarheid."
    )
    description_en: TextEnglish = (
        "Networks, cabinets and sockets, with their state and availability."
    )


class TechniekStream(Stream, frozen=True):
    """Meters, grid connections and technical observations, for technical services."""

    access: Readers = Access.TOKEN
    title_nl: TitleDutch = "Techniek"
    title_en: TitleEnglish = "Technical"
    description_nl: TextDutch = (
        "Meters, aansluitingen, volledige stopcontacten en metingen van stroom, spanning en "
        "vermogen."
    )
    description_en: TextEnglish = (
        "Meters, connections, complete sockets, and measurements of current, voltage and power."
    )


class ConsumptionStream(Stream, frozen=True):
    """What many users used together."""

    access: Readers = Access.OPEN
    title_nl: TitleDutch = "Verbruik"
    title_en: TitleEnglish = "Consumption"
    description_nl: TextDutch = "Verbruik per dag en piekvermogen, per zone en activiteit."
    description_en: TextEnglish = "Consumption per day and peak power, per zone and activity."


class CityConsumptionStream(Stream, frozen=True):
    """The same without a threshold, for the city; never public for real people."""

    access: Readers = Access.TOKEN
    title_nl: TitleDutch = "Verbruik (beheer)"
    title_en: TitleEnglish = "Consumption (management)"
    description_nl: TextDutch = (
        "Verbruik per kwartier en dag, en piekvermogen, per kast, zone en activiteit."
    )
    description_en: TextEnglish = (
        "Consumption per quarter of an hour and day, and peak power, per cabinet, zone and "
        "activity."
    )


class IndividualConsumptionStream(Stream, frozen=True):
    """Individual consumption; never public for real people."""

    access: Readers = Access.TOKEN
    title_nl: TitleDutch = "Individueel verbruik"
    title_en: TitleEnglish = "Individual consumption"
    description_nl: TextDutch = "Meterstanden en verbruik per stopcontact en per aansluiting."
    description_en: TextEnglish = "Meter registers and consumption per socket and per connection."


class ReservationsStream(Stream, frozen=True):
    """Reservations with a pseudonym of who reserved; never public for real people."""

    access: Readers = Access.TOKEN
    title_nl: TitleDutch = "Reservaties"
    title_en: TitleEnglish = "Reservations"
    description_nl: TextDutch = (
        "Reservaties van kasten en stopcontacten, met een pseudoniem van wie reserveerde."
    )
    description_en: TextEnglish = (
        "Reservations of cabinets and sockets, with a pseudonym of who reserved."
    )


class OpenReservationsStream(Stream, frozen=True):
    """The same reservations for everybody, without who reserved."""

    access: Readers = Access.OPEN
    title_nl: TitleDutch = "Reservaties (open)"
    title_en: TitleEnglish = "Reservations (open)"
    description_nl: TextDutch = (
        "Wanneer welke kasten en stopcontacten gereserveerd zijn, zonder wie reserveerde."
    )
    description_en: TextEnglish = (
        "When which cabinets and sockets are reserved, without who reserved."
    )


class Streams(Section, frozen=True):
    """The event streams. A key that is left out keeps its default."""

    kasten: Annotated[KastenStream, Meta(description="Public.")] = KastenStream()
    techniek: Annotated[TechniekStream, Meta(description="Technical services.")] = TechniekStream()
    consumption: Annotated[
        ConsumptionStream, Meta(description="Consumption of many users together; public.")
    ] = msgspec.field(name="verbruik", default=ConsumptionStream())
    city_consumption: Annotated[
        CityConsumptionStream, Meta(description="The same without a threshold, for the city.")
    ] = msgspec.field(name="verbruik-beheer", default=CityConsumptionStream())
    individual_consumption: Annotated[
        IndividualConsumptionStream, Meta(description="Consumption per user.")
    ] = msgspec.field(name="verbruik-individueel", default=IndividualConsumptionStream())
    reservaties: Annotated[ReservationsStream, Meta(description="With the holder.")] = (
        ReservationsStream()
    )
    open_reservations: Annotated[
        OpenReservationsStream, Meta(description="Public, without the holder.")
    ] = msgspec.field(name="reservaties-open", default=OpenReservationsStream())

    def by_name(self) -> dict[str, Stream]:
        """Return the streams by the name in their URL."""
        return {
            field.encode_name: getattr(self, field.name)
            for field in msgspec.structs.fields(type(self))
        }
