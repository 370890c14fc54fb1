"""The catalogue of the service and of its copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ldes_shok.ldes.stream import EventStream
from ldes_shok.metadata.dcat import Catalogue, ServiceDescription
from ldes_shok.settings.model import Settings

DESCRIPTION_NL: Final = (
    "Toestand, metingen en verbruik van openbare nutsvoorzieningkasten (markt-, foor- en "
    "evenementenkasten) als Linked Data Event Streams, volgens de erkende OSLO-standaard."
)
_DESCRIPTION_EN: Final = (
    "State, measurements and consumption of public electricity cabinets (markets, fairs, events) "
    "as Linked Data Event Streams, by the Flemish OSLO standard."
)


def build_catalogue(
    settings: Settings,
    url: str,
    streams: Sequence[EventStream],
    copy_of: Mapping[str, str] | None = None,
) -> Catalogue:
    """Return the catalogue at `url`; `copy_of` goes to `Catalogue`."""
    return Catalogue(
        url,
        ServiceDescription(settings.title, settings.title, DESCRIPTION_NL, _DESCRIPTION_EN),
        settings.publisher,
        settings.licence,
        streams,
        copy_of,
    )
