"""Which members an event becomes, in which streams, and what waits."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import pytest

from ldes_shok.errors import NotMapped
from ldes_shok.ldes.member import Draft
from ldes_shok.mapping.mapper import WAITS_FOR_CONFIGURATION
from ldes_shok.mapping.state import values
from ldes_shok.rdf import vocab
from tests.support.vertical import (
    BASE,
    CABINET,
    configuration,
    measurement,
    reading,
    received,
    status,
)
from tests.unit.mapping.examples import drafts, map_all, only

AT = "2026-05-12T11:45:00Z"
LATER = "2026-05-12T11:50:00Z"
REMOVED = configuration("2026-06-01T00:00:00Z", op="remove")


def _concepts(draft: Draft, predicate: str) -> set[str]:
    prefix = f"<{BASE}/id/concept/"
    return {o.removeprefix(prefix)[:-1] for _, p, o in draft.triples if p == predicate}


def _kinds(found: Sequence[Draft]) -> list[tuple[str, str]]:
    return [(draft.stream, draft.summary.kind) for draft in found]


def _refusal(*payloads: bytes) -> NotMapped:
    with pytest.raises(NotMapped) as refused:
        map_all(*payloads)
    return refused.value


def test_a_configuration_becomes_versions_of_all_that_it_names() -> None:
    assert _kinds(drafts(configuration())) == [
        ("kasten", "Organisatie"),
        ("kasten", "Organisatie"),
        ("kasten", "Organisatie"),
        ("kasten", "Nutsvoorzieningnetwerk"),
        ("kasten", "Kast"),
        ("techniek", "Kast"),
        ("techniek", "Aansluiting"),
        ("kasten", "Stopcontact"),
        ("techniek", "Stopcontact"),
        ("kasten", "Stopcontact"),
        ("techniek", "Stopcontact"),
        ("techniek", "Meter"),
        ("techniek", "Meter"),
    ]


def test_a_second_configuration_only_speaks_of_what_it_names() -> None:
    second = configuration("2026-05-02T00:00:00Z", cabinet=None, outlets=({"id": "2"},), meters=())
    assert _kinds(drafts(configuration(), second))[4:] == [
        ("kasten", "Kast"),
        ("techniek", "Kast"),
        ("kasten", "Stopcontact"),
        ("techniek", "Stopcontact"),
    ]


def test_named_organisations_and_networks_are_members_too() -> None:
    named = {**CABINET, "network": "Haven net", "supplier": "Stroom NV", "manager": "stad"}
    found = drafts(configuration(cabinet=named))
    names = [draft.summary.subject for draft in found if draft.summary.kind == "Organisatie"]
    assert names.count("Stroom NV") == 1
    assert names.count("stad") == 0
    networks = [d for d in found if d.summary.kind == "Nutsvoorzieningnetwerk"]
    assert [d.summary.subject for d in networks] == ["Marktnet", "Haven net"]
    cabinet = only(found, "kasten", "/kast/")
    assert (f"<{cabinet.iri}>", vocab.IN_NETWERK, f"<{networks[1].entity}>") in cabinet.triples


@pytest.mark.parametrize(
    ("first", "second"),
    [({"network": "havennet"}, {}), ({}, {"network": "havennet"})],
)
def test_parties_do_not_depend_on_the_order_of_arrival(
    first: dict[str, object], second: dict[str, object]
) -> None:
    payloads = [
        configuration("2026-05-01T00:00:00Z", cabinet={**CABINET, **first}),
        configuration("2026-05-02T00:00:00Z", cabinet={**CABINET, **second}),
    ]
    ways = [
        {draft.iri for mapped in map_all(*order) for draft in mapped.drafts}
        for order in (payloads, payloads[::-1])
    ]
    assert ways[0] == ways[1]


def test_a_status_of_a_public_axis_goes_to_both_streams() -> None:
    said = status(AT, axes={"occupancy": "in_use", "power": "on"})
    assert _kinds(drafts(configuration(), said)) == [
        ("kasten", "Stopcontact"),
        ("techniek", "Stopcontact"),
    ]


@pytest.mark.parametrize("outlet", ["1", None])
@pytest.mark.parametrize(
    "axes",
    [{"power": "on"}, {"plug": "in"}, {"door": "open"}, {"connectivity": "unknown"}],
)
def test_private_axes_alone_make_no_public_version(
    outlet: str | None, axes: dict[str, str]
) -> None:
    found = drafts(configuration(), status(AT, outlet, axes=axes))
    assert [draft.stream for draft in found] == ["techniek"]


def test_private_axes_are_only_in_the_technical_version() -> None:
    everything = {
        "operation": "operational", "occupancy": "free", "power": "off", "plug": "out",
        "door": "closed", "connectivity": "online",
    }  # fmt: skip
    found = drafts(configuration(), status(AT, axes=everything))
    assert _concepts(only(found, "kasten", "/1"), vocab.STATUS) == {"beschikbaarheidsstatus/vrij"}
    assert _concepts(only(found, "techniek", "/1"), vocab.STATUS) == {
        "beschikbaarheidsstatus/vrij",
        "spanningsstatus/uit",
        "stekkerstatus/uit",
        "deurstatus/dicht",
        "verbindingsstatus/online",
    }


@pytest.mark.parametrize("occupancy", ["free", "in_use", "reserved", "unknown"])
@pytest.mark.parametrize("outlet", ["1", None])
def test_what_is_defect_is_not_available(outlet: str | None, occupancy: str) -> None:
    said = status(AT, outlet, axes={"operation": "defect", "occupancy": occupancy})
    draft = drafts(configuration(), said)[0]
    assert _concepts(draft, vocab.CURRENT_STATUS) == {"operationelestatus/defect"}
    # A cabinet has no availability unless it was said.
    silent = outlet is None and occupancy == "unknown"
    assert _concepts(draft, vocab.STATUS) == (
        set() if silent else {"beschikbaarheidsstatus/defect"}
    )


def test_a_status_is_laid_over_what_was_known() -> None:
    first = status(AT, axes={"operation": "maintenance", "occupancy": "free"})
    second = status(LATER, axes={"occupancy": "in_use"})
    draft = only(drafts(configuration(), first, second), "kasten", "/1")
    assert _concepts(draft, vocab.CURRENT_STATUS) == {"operationelestatus/inOnderhoud"}
    assert _concepts(draft, vocab.STATUS) == {"beschikbaarheidsstatus/inGebruik"}


def test_a_late_status_is_a_version_of_its_own_time_and_leaves_the_current_one() -> None:
    new = status(LATER, axes={"occupancy": "in_use"})
    late = status(AT, axes={"occupancy": "free"})
    mapped = map_all(configuration(), new, late)[-1]
    draft = only(mapped.drafts, "kasten", "/1")
    assert "/20260512T114500Z-" in draft.iri
    assert _concepts(draft, vocab.STATUS) == {"beschikbaarheidsstatus/vrij"}
    assert mapped.state is not None
    assert values(mapped.state.outlets["1"].axes) == {"occupancy": "in_use"}


def test_a_configuration_keeps_the_status_that_was_reported_before() -> None:
    again = configuration("2026-05-13T00:00:00Z")
    found = drafts(configuration(), status(AT, axes={"occupancy": "in_use"}), again)
    draft = only(found, "kasten", "VBS-001/1")
    assert _concepts(draft, vocab.STATUS) == {"beschikbaarheidsstatus/inGebruik"}


@pytest.mark.parametrize(
    ("code", "payloads"),
    [
        ("unknown_cabinet", [status(AT, axes={"door": "open"})]),
        ("unknown_cabinet", [measurement(AT, [reading("current", "1", "A")])]),
        ("unknown_cabinet", [REMOVED]),
        ("unknown_outlet", [configuration(), status(AT, "9", axes={"door": "open"})]),
        ("unknown_outlet", [configuration(), measurement(AT, [reading("current", "1", "A")], "9")]),
        (
            "unknown_meter",
            [configuration(), measurement(AT, [reading("current", "1", "A")], meter="SN-9")],
        ),
        (
            "unknown_meter",
            [configuration(), measurement(AT, [reading("current", "1", "A")], "2", meter=None)],
        ),
        ("no_position", [configuration(cabinet={"type": "foorkast"})]),
        ("no_position", [configuration(cabinet=None)]),
    ],
)
def test_what_waits_for_a_configuration(code: str, payloads: list[bytes]) -> None:
    refusal = _refusal(*payloads)
    assert refusal.code == code
    assert code in WAITS_FOR_CONFIGURATION
    assert "VBS-001" in refusal.reason


def test_a_measurement_without_a_meter_is_of_the_meter_that_is_configured_there() -> None:
    for outlet, meter in (("1", "SN-000012345"), (None, "SN-HEAD")):
        bare = measurement(AT, [reading("current", "1", "A")], outlet, meter=None)
        named = measurement(AT, [reading("current", "1", "A")], outlet, meter=meter)
        sensors = [
            {o for _, p, o in drafts(configuration(), payload)[0].triples
             if p == vocab.MADE_BY_SENSOR}
            for payload in (bare, named)
        ]  # fmt: skip
        assert sensors[0] == sensors[1]


def test_one_reading_one_member() -> None:
    readings = [
        reading("energy.import.register", "1", "Wh"),
        reading("current", "1", "A", phase="L1"),
        reading("current", "1", "A", phase="L2"),
        reading("voltage", "230", "V", phase="L1"),
    ]
    found = drafts(configuration(), measurement(AT, readings))
    assert [draft.stream for draft in found] == ["verbruik-individueel", *["techniek"] * 3]
    assert len({draft.iri for draft in found}) == len({draft.entity for draft in found}) == 4


def test_a_correction_is_the_next_version_of_the_same_observation() -> None:
    def said(current: str) -> bytes:
        return measurement(AT, [reading("current", current, "A"), reading("voltage", "230", "V")])

    (old_current, old_voltage), (new_current, new_voltage) = (
        drafts(configuration(), said(value)) for value in ("11.4", "11.5")
    )
    assert new_current.entity == old_current.entity
    assert new_current.iri != old_current.iri
    # What the correction leaves alone is the same member, and so is not published again.
    assert new_voltage == old_voltage


def test_a_correction_under_a_senders_own_key_may_name_another_minute() -> None:
    """P2: delivered once or a thousand times, it is one member with one IRI."""
    own = f"m:{'0' * 26}"

    def said(at: str, **envelope: str) -> bytes:
        event = json.loads(measurement(at, [reading("current", "11.4", "A")]))
        return json.dumps({**event, **envelope}).encode()

    (first,) = drafts(configuration(), said(AT, key=own))
    (corrected,) = drafts(configuration(), said("2026-05-12T11:52:00Z", key=own))
    assert corrected.entity == first.entity
    assert corrected.iri != first.iri
    (left_out,) = drafts(configuration(), said(AT))
    (given,) = drafts(configuration(), said(AT, key=received(said(AT)).key))
    assert given == left_out
    assert given.entity != first.entity


def test_an_observation_does_not_depend_on_what_was_reported_before() -> None:
    said = measurement(AT, [reading("current", "11.4", "A")])
    alone = drafts(configuration(), said)
    after = drafts(
        configuration(),
        status(AT, axes={"operation": "defect"}),
        configuration("2026-05-02T00:00:00Z", outlets=({"id": "1", "socket": "powerlock"},)),
        said,
    )
    assert alone == after


def test_a_removal_says_goodbye_to_everything_that_was_there() -> None:
    found = drafts(configuration(), REMOVED)
    assert {kind for _, kind in _kinds(found)} == {"Verwijdering"}
    gone = {(draft.stream, draft.entity.removeprefix(f"{BASE}/id/").split("/")[0])
            for draft in found}  # fmt: skip
    assert gone == {
        ("kasten", "stopcontact"), ("techniek", "stopcontact"), ("techniek", "meter"),
        ("techniek", "aansluiting"), ("kasten", "kast"), ("techniek", "kast"),
    }  # fmt: skip
    assert len(found) == 2 * 2 + 2 + 1 + 2


def test_after_its_removal_a_cabinet_says_nothing_new_but_may_still_be_late() -> None:
    afterwards = _refusal(
        configuration(),
        REMOVED,
        status("2026-06-01T00:00:00Z", axes={"door": "open"}, historical=True),
    )
    assert afterwards.code == "unknown_cabinet"
    assert drafts(configuration(), REMOVED, status(AT, axes={"door": "open"}))


def test_a_cabinet_can_come_back() -> None:
    back = configuration("2026-07-01T00:00:00Z")
    said = status("2026-07-02T00:00:00Z", axes={"door": "open"}, historical=True)
    assert drafts(configuration(), REMOVED, back, said)


def test_a_late_removal_does_not_take_back_what_came_after_it() -> None:
    back = configuration("2026-07-01T00:00:00Z")
    said = status("2026-07-02T00:00:00Z", axes={"door": "open"}, historical=True)
    assert drafts(configuration(), back, REMOVED, said)


def test_a_meter_that_was_replaced_may_still_be_late() -> None:
    named = {"id": "3", "socket": "CEE7/5"}
    first = configuration("2026-05-02T00:00:00Z", outlets=({**named, "meter": "OLD"},), meters=())
    second = configuration("2026-05-03T00:00:00Z", outlets=({**named, "meter": "NEW"},), meters=())
    late = measurement("2026-05-02T12:00:00Z", [reading("current", "1", "A")], "3", meter="OLD")
    assert drafts(first, second, late) == drafts(first, late)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_what_a_removal_says_does_not_depend_on_when_it_arrives(order: tuple[int, ...]) -> None:
    payloads = [
        configuration("2026-05-01T00:00:00Z"),
        configuration("2026-05-02T00:00:00Z", outlets=({"id": "9", "meter": "SN-9"},)),
        configuration("2026-05-03T00:00:00Z", outlets=(), meters=()),
        REMOVED,
    ]
    waiting = [payloads[index] for index in order]
    # A removal of what was never heard of waits for the configuration.
    if waiting[0] is REMOVED:
        waiting = [waiting[1], REMOVED, *waiting[2:]]
    iris = {draft.iri for mapped in map_all(*waiting) for draft in mapped.drafts}
    assert iris == {draft.iri for mapped in map_all(*payloads) for draft in mapped.drafts}
