"""The settings of the publisher."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import Iri, Line


class Publisher(Section, frozen=True):
    """The body that answers for what is published."""

    name: Annotated[Line, Meta(description="Its name, in Dutch.")]
    iri: Annotated[Iri, Meta(description="Its IRI, such as that of an OVO code.")]
