"""Sections as the settings make them of what stands in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldes_shok.sections.base import Section
from ldes_shok.sections.reader import read_section
from ldes_shok.sources.dialects.mapped.section import Mapping as MappingSection
from ldes_shok.sources.dialects.registry import Decode


class _Decoding(Section, frozen=True):
    decode: Decode


def decode_section(tree: Mapping[str, Any], *, has_topics: bool = True) -> Decode:
    """A section `decode` in which nothing is wrong."""
    found, problems = read_section({"decode": dict(tree)}, _Decoding)
    assert problems == []
    assert found is not None
    assert list(found.decode.problems("decode", has_topics=has_topics)) == []
    return found.decode


def mapping_section(tree: Mapping[str, Any]) -> MappingSection:
    """A section `decode` with `as: mapping` in which nothing is wrong."""
    found = decode_section({**tree, "as": "mapping"})
    assert isinstance(found, MappingSection)
    return found
