"""Which cabinet an entity is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.dialects.ngsild.entity_pattern import EntityPattern
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, NgsiLdPlace


def _place(entity: str, *templates: str) -> NgsiLdPlace | None:
    named = {"urn:ngsi-ld:Device:VBS-9-9": NgsiLdPlace("VBS-001", "1", "M1")}
    section = NgsiLd(entities=named, patterns=tuple(map(EntityPattern, templates)))
    return section.place_of(entity)


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("urn:ngsi-ld:Device:KST-0231-3", NgsiLdPlace("KST-0231", "3")),
        ("urn:ngsi-ld:Device:VBS-9-9", NgsiLdPlace("VBS-001", "1", "M1")),
        ("urn:ngsi-ld:Device:KST", None),
        ("urn:ngsi-ld:Device:KST-3 ", None),
        ("urn:ngsi-ld:Device:KST-3/..", None),
        ("urn:ngsi-ld:Kast:KST-3", NgsiLdPlace("KST-3")),
        ("urn:ngsi-ld:Device:-3", None),
        ("urn:ngsi-ld:Device:KST-3\n", None),
    ],
)
def test_an_entity_is_found_by_name_then_by_pattern(
    entity: str, expected: NgsiLdPlace | None
) -> None:
    templates = ("urn:ngsi-ld:Device:{cabinet}-{outlet}", "urn:ngsi-ld:Kast:{cabinet}")
    assert _place(entity, *templates) == expected


def test_holes_stand_for_a_meter_and_for_anything() -> None:
    place = _place("urn:x.y:KST-1:3:M-7", "urn:{any}:{cabinet}:{outlet}:{meter}")
    assert place == NgsiLdPlace("KST-1", "3", "M-7")


@pytest.mark.parametrize(
    "template", ["urn:ngsi-ld:Device:x", "{cabinet}{cabinet}", "{cabinet}{kast}", "{cabinet", ""]
)
def test_a_pattern_that_names_no_cabinet_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"has|knows"):
        EntityPattern(template)


@given(st.text(max_size=300))
def test_any_id_is_a_place_or_none(entity: str) -> None:
    place = _place(entity, "{cabinet}-{outlet}-{meter}")
    assert place is None or entity == f"{place.cabinet}-{place.outlet}-{place.meter}"
