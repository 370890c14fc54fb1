"""The settings section of a source of CSV files that people keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from ldes_shok.sections.fields import CsvField, Line, Slug, SourceLane
from ldes_shok.sections.problems import zone_problems
from ldes_shok.sources.dialects.csvfile.columns import fields_of
from ldes_shok.sources.dialects.csvfile.subject import Subject
from ldes_shok.sources.section import SourceSection


class CsvSource(SourceSection, frozen=True, tag="csv", tag_field="type"):
    """Tables that people keep, loaded with `ldes-shok import`."""

    lane: ClassVar[SourceLane] = "auto"
    corrects: ClassVar[bool] = False
    offline_after_seconds: ClassVar[int | None] = None

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    columns: Annotated[
        dict[Line, CsvField], Meta(description="Header in the file to what it holds.")
    ] = field(default_factory=dict)
    defaults: Annotated[
        dict[CsvField, Line], Meta(description="What an empty or missing column says.")
    ] = field(default_factory=dict)
    delimiter: Annotated[
        Literal["auto", ";", ",", "tab", "|"], Meta(description="Between two cells.")
    ] = "auto"
    decimal: Annotated[
        Literal["auto", "comma", "point"],
        Meta(description="Decimal sign; auto: refuses what can be read in two ways."),
    ] = "auto"
    encoding: Annotated[
        Literal["auto", "utf-8", "windows-1252", "iso-8859-15", "utf-16"],
        Meta(description="Encoding; auto: UTF-8, else Windows-1252."),
    ] = "auto"
    zone: Annotated[Line, Meta(description="Zone of times without an offset.")] = "Europe/Brussels"
    date_order: Annotated[
        Literal["dmy", "mdy"], Meta(description="Of dates such as 03/04/2026.")
    ] = "dmy"

    def problems(self, path: str, *, demo: bool) -> Iterator[str]:  # noqa: ARG002  the same for all
        """One sentence for each contradiction, the key first."""
        known = {name for subject in Subject for name in fields_of(subject)}
        named = (
            *((f"columns.{header}", name) for header, name in self.columns.items()),
            *((f"defaults.{name}", name) for name in self.defaults),
        )
        for key, name in named:
            if name not in known:
                fields = ", ".join(sorted(known))
                yield f"{path}.{key}: there is no field {name}; there are {fields}"
        yield from zone_problems(f"{path}.zone", self.zone)
