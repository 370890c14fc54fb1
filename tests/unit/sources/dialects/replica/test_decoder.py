"""What the mapping made is read back, and whatever else comes is a refusal."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import Event
from ldes_shok.cabinet.measurement import UNIT_OF
from ldes_shok.client.page import PageMember
from ldes_shok.ldes.member import Draft
from ldes_shok.mapping.codes import QUANTITY, STATISTIEK
from ldes_shok.rdf.lines import read_lines
from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.replica.decoder import (
    FOREIGN_MEMBER,
    MAX_PARTS,
    OUR_THING,
    ReplicaDecoder,
    grouped,
    member_attributes,
)
from tests.support import controllers
from tests.support.members import OURS, member_lines, member_message, replica_decoder
from tests.support.vertical import NOON, configuration, measurement, reading, status
from tests.unit.mapping.examples import drafts

AT = "2026-05-12T11:45:00Z"
ALL = replica_decoder()
THEIRS = "http://theirs.test"
REMOVAL = configuration(AT, op="remove")


def read_back(
    members: Sequence[Draft],
    decoder: ReplicaDecoder = ALL,
    memories: dict[str, bytes] | None = None,
) -> list[Event | Refusal]:
    """The results of a row of members, each with the memory that the one before left."""
    memories = {} if memories is None else memories
    results: list[Event | Refusal] = []
    for draft in members:
        message = member_message(draft)
        subject = decoder.subject(message)
        decoded = decoder.decode(message, memories.get(subject or "", b""))
        if subject is not None:
            memories[subject] = decoded.memory
        results += decoded.results
    return results


def of_stream(members: Sequence[Draft], stream: str) -> list[Draft]:
    return [draft for draft in members if draft.stream == stream]


def said(result: Event | Refusal) -> dict[str, object]:
    assert not isinstance(result, Refusal), result
    return msgspec.json.decode(canonical_json(result), type=dict[str, object])


def test_a_configuration_is_read_back_part_by_part() -> None:
    results = read_back(of_stream(drafts(configuration()), "techniek"))
    data = [said(result)["data"] for result in results]
    start = {"op": "upsert", "validFrom": "2026-05-01T00:00:00Z"}
    head, socket = (
        draft.entity.rpartition("/")[2]
        for draft in drafts(configuration())
        if "/meter/" in draft.entity
    )
    address = {
        "street": "Verzonnen Plein",
        "number": "4",
        "postcode": "9999",
        "municipality": "Voorbeeldstad",
    }
    assert data == [
        {
            **start,
            "cabinet": {
                "type": "marktkast",
                "name": "Kast Verzonnen Plein",
                "position": [4.4066, 51.2143],
            },
        },
        {**start, "cabinet": {"ean": "549999900000012345", "address": address}},
        {**start, "outlets": [{"id": "1", "socket": "IEC60309-2P+E-16"}]},
        {**start, "outlets": [{"id": "2", "socket": "IEC60309-3P+N+E-32"}]},
        {**start, "meters": [{"serial": head, "model": "Verzonnen model X"}]},
        {**start, "meters": [{"serial": socket, "outlet": "1"}]},
    ]


def test_a_shared_identifier_of_earlier_versions_is_read_back_the_same() -> None:
    """Their stream may hold members of before each identifier had a blank node of its own."""
    identified = 0
    for draft in of_stream(drafts(configuration()), "techniek"):
        now = member_lines(draft).decode().splitlines()
        nodes = [line.split()[2] for line in now if "identifier>" in line.split()[1]]
        if len(nodes) != 2:
            continue
        kept, gone = nodes
        before = [line.replace(gone, kept) for line in now if not line.startswith(gone)]
        assert len(before) == len(now) - 3
        old, new = (
            ALL.decode(member_message(draft, "".join(f"{s}\n" for s in lines).encode()), b"")
            for lines in (before, now)
        )
        assert old == new
        assert not any(isinstance(result, Refusal) for result in old.results)
        identified += 1
    assert identified == 3


@pytest.mark.parametrize("stream", ["kasten", "techniek"])
def test_a_status_is_read_back_and_what_did_not_change_is_not_said_again(stream: str) -> None:
    memories: dict[str, bytes] = {}
    read_back(of_stream(drafts(configuration()), stream), memories=memories)
    axes = {"operation": "maintenance", "occupancy": "reserved", "plug": "in"}
    members = of_stream(drafts(configuration(), status(AT, "1", axes=axes)), stream)
    (result,) = read_back(members, memories=memories)
    public = {"operation": "maintenance", "occupancy": "reserved"}
    assert said(result) == {
        "v": 1,
        "kind": "status",
        "cabinet": "VBS-001",
        "outlet": "1",
        "observedAt": AT,
        "clock": "U",
        "data": axes if stream == "techniek" else public,
    }


def _value(quantity: str) -> str:
    if quantity == "power.factor":
        return "0.071"
    # Of the worked members' outlet: more than 4600 W is held back.
    return "3640.5" if quantity.startswith("power.") else "1284530"


@pytest.mark.parametrize("quantity", sorted(QUANTITY))
def test_every_quantity_is_read_back_digit_for_digit(quantity: str) -> None:
    period = ("2026-05-12T11:30:00Z", AT) if quantity.endswith((".interval", ".demand")) else None
    given_reading = reading(quantity, _value(quantity), UNIT_OF[quantity], phase="L1")
    (member,) = drafts(configuration(), measurement(AT, [given_reading], period=period))
    meter, result = read_back([member])
    event = said(result)
    data = event["data"]
    assert isinstance(data, dict)
    assert data["readings"] == [given_reading]
    assert data.get("period") == (period and {"start": period[0], "end": period[1]})
    assert event["observedAt"] == AT
    assert event["key"] == f"m:{member.entity.rpartition('/')[2]}"
    assert said(meter)["data"] == {
        "op": "upsert",
        "validFrom": AT,
        "meters": [{"serial": data["meter"], "outlet": "1"}],
    }


@pytest.mark.parametrize("stat", [*STATISTIEK, None])
def test_a_statistic_is_read_back(stat: str | None) -> None:
    more = {} if stat is None else {"stat": stat}
    given_reading = reading("power.demand", "3640.5", "W", **more)
    period = ("2026-05-12T11:30:00Z", AT)
    members = drafts(configuration(), measurement(AT, [given_reading], period=period))
    data = said(read_back(members)[-1])["data"]
    assert isinstance(data, dict)
    assert data["readings"] == [given_reading]


def test_the_meter_of_readings_is_told_once() -> None:
    readings = [reading("voltage", "231.2", "V", phase=f"L{n}") for n in (1, 2, 3)]
    results = read_back(drafts(configuration(), measurement(AT, readings)))
    assert [said(result)["kind"] for result in results] == ["configuration"] + ["measurement"] * 3


def test_a_removal_takes_the_cabinet_with_all_that_is_in_it() -> None:
    gone = configuration("2026-06-01T00:00:00Z", op="remove")
    (result,) = read_back(of_stream(drafts(configuration(), gone), "techniek"))
    assert said(result)["data"] == {"op": "remove", "validFrom": "2026-06-01T00:00:00Z"}


def _on_page(draft: Draft) -> PageMember:
    return PageMember(f"<{draft.iri}>", tuple(read_lines(member_lines(draft))))


def _message_of(members: Sequence[PageMember]) -> Message:
    return Message(b"".join(m.lines for m in members), NOON, member_attributes(members))


def test_what_one_configuration_made_becomes_one_configuration_again() -> None:
    made = of_stream(drafts(configuration()), "techniek")
    later = of_stream(drafts(configuration("2026-06-01T00:00:00Z")), "techniek")
    members = [_on_page(draft) for draft in (*made, *later)]
    first, second = grouped(members)
    assert (len(first), len(second)) == (len(made), len(later))
    decoded = ALL.decode(_message_of(first), b"")
    (result,) = decoded.results
    data = said(result)["data"]
    assert isinstance(data, dict)
    assert [len(data["outlets"]), len(data["meters"])] == [2, 2]
    assert {"type", "position", "name", "ean", "address"} == set(data["cabinet"])
    # Its position stayed, and so did the rest: nothing is told again.
    assert ALL.decode(_message_of(second), decoded.memory).results == ()


def test_two_versions_of_one_thing_are_told_one_after_the_other() -> None:
    made = of_stream(drafts(configuration()), "kasten")[-1]
    other = of_stream(
        drafts(configuration(outlets=[{"id": "2", "socket": "CEE7/3"}], meters=[])), "kasten"
    )[-1]
    members = [_on_page(draft) for draft in (made, other)]
    assert [len(group) for group in grouped(members)] == [1, 1]


def test_a_part_that_cannot_be_read_spoils_no_other() -> None:
    made = of_stream(drafts(configuration()), "techniek")
    lines = b"".join(member_lines(draft) for draft in made).replace(b"POINT(4.4066", b"POINT(444.1")
    message = Message(lines, NOON, {"members": " ".join(draft.iri for draft in made)})
    configured, *refusals = ALL.decode(message, b"").results
    data = said(configured)["data"]
    assert isinstance(data, dict)
    assert "position" not in data["cabinet"]
    assert [type(refusal) for refusal in refusals] == [Refusal]


def test_cabinets_get_our_names_and_those_that_are_not_named_are_not_taken() -> None:
    members = of_stream(drafts(configuration()), "kasten")
    renamed = read_back(members, replica_decoder({"VBS-001": "BUUR-1"}))
    assert {said(result)["cabinet"] for result in renamed} == {"BUUR-1"}
    assert read_back(members, replica_decoder({"VBS-002": "BUUR-2"})) == []


def test_a_prefix_takes_all_cabinets_under_names_that_begin_with_it() -> None:
    members = of_stream(drafts(configuration(), REMOVAL), "kasten")
    named = read_back(members, replica_decoder(prefix="BUUR-"))
    assert {said(result)["cabinet"] for result in named} == {"BUUR-VBS-001"}
    assert said(named[-1])["data"] == {"op": "remove", "validFrom": AT}
    (too_long,) = read_back(members[-1:], replica_decoder(prefix="B" * 60))
    assert isinstance(too_long, Refusal)
    assert "cabinet: must be 1 to 64 letters" in too_long.reason


def _as_if_ours(draft: Draft, *, focus: bool = False) -> Message:
    """A member that tells of a thing of ours; its own IRI is theirs, unless `focus`."""
    theirs = draft.iri.rpartition("/")[2]
    iri = f"{OURS}/id/x/{theirs}" if focus else f"{THEIRS}/id/x/{theirs}"
    lines = member_lines(draft).replace(b"http://shok.test/id/", f"{OURS}/id/".encode())
    return Message(
        lines.replace(draft.iri.replace("http://shok.test", OURS).encode(), iri.encode()),
        NOON,
        {"members": iri},
    )


@pytest.mark.parametrize("focus", [False, True])
def test_what_a_neighbour_says_of_a_thing_of_ours_is_refused_with_a_sentence(focus: bool) -> None:
    """Deletions, and versions of cabinets, outlets, meters, organisations; observations."""
    measured = measurement(AT, [reading("voltage", "231.2", "V")])
    configured = drafts(configuration())
    made = [*configured, *drafts(configuration(), REMOVAL), *drafts(configuration(), measured)]
    assert len({draft.entity for draft in made}) > 8
    for draft in made:
        message = _as_if_ours(draft, focus=focus)
        decoded = ALL.decode(message, b"")
        (refusal,) = decoded.results
        assert isinstance(refusal, Refusal), draft.iri
        assert refusal.code == OUR_THING
        assert f"{OURS}/id/" in refusal.reason
        assert decoded.memory == b""


def test_many_members_of_ours_are_one_refusal() -> None:
    made = of_stream(drafts(configuration()), "techniek")
    lines = b"".join(member_lines(draft) for draft in made)
    lines = lines.replace(b"http://shok.test/id/", f"{OURS}/id/".encode())
    iris = [draft.iri.replace("http://shok.test", OURS) for draft in made]
    results = ALL.decode(Message(lines, NOON, {"members": " ".join(iris)}), b"").results
    (refusal,) = results
    assert isinstance(refusal, Refusal)
    assert f"and {len(made) - 1} more members do the same" in refusal.reason


@pytest.mark.parametrize("name", ["KST%2D001", "..", "-1", "kast é", "a" * 65, "a/b/c", ""])
def test_a_cabinet_with_an_odd_name_is_refused_and_not_passed_over(name: str) -> None:
    made = [*drafts(configuration()), *drafts(configuration(), REMOVAL)]
    for draft in (d for d in made if d.entity.endswith("/kast/voorbeeldstad/VBS-001")):
        lines = (
            member_lines(draft).decode().replace("/kast/voorbeeldstad/VBS-001", f"/kast/v/{name}")
        )
        iri = draft.iri.replace("/kast/voorbeeldstad/VBS-001", f"/kast/v/{name}")
        message = Message(lines.encode(), NOON, {"members": iri})
        for decoder in (ALL, replica_decoder(prefix="BUUR-")):
            results = decoder.decode(message, b"").results
            assert results
            assert all(isinstance(result, Refusal) for result in results), (name, results)


def test_what_is_remembered_of_a_cabinet_is_bounded() -> None:
    """Each observation names another meter; each address is as long as it may be."""
    (good,) = drafts(configuration(), measurement(AT, [reading("voltage", "231.2", "V")]))
    lines = member_lines(good)
    meter = lines.split(b"madeBySensor> <")[1].split(b">")[0]
    memory, refused = b"", ""
    for number in range(MAX_PARTS + 3):
        name = f"{THEIRS}/id/meter/{'y' * 1_900}/{number:026d}".encode()
        message = member_message(good, lines.replace(meter, name))
        decoded = ALL.decode(message, memory)
        memory = decoded.memory
        refused = next((r.reason for r in decoded.results if isinstance(r, Refusal)), refused)
    assert f"has {MAX_PARTS} parts already" in refused
    assert len(memory) < (MAX_PARTS + 1) * 2_100
    long = lines.replace(meter, f"{THEIRS}/id/meter/v/{'y' * 2_000}".encode())
    (refusal,) = ALL.decode(member_message(good, long), b"").results
    assert isinstance(refusal, Refusal)
    assert "bytes, and at most 2000 are taken" in refusal.reason
    assert len(refusal.reason) < 600


def test_the_same_member_twice_gives_no_other_event() -> None:
    members = drafts(configuration(), status(AT, "1", axes={"occupancy": "free"}))
    memories: dict[str, bytes] = {}
    first = read_back(members, memories=memories)
    again = read_back(members, memories=memories)
    assert {canonical_json(e) for e in again if not isinstance(e, Refusal)} <= {
        canonical_json(e) for e in first if not isinstance(e, Refusal)
    }


_GOOD = member_lines(
    drafts(configuration(), measurement(AT, [reading("voltage", "231.2", "V")]))[0]
).decode()


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"231.2"', '"NaN"', "its value NaN is no decimal"),
        ('"231.2"', '"2.3e2"', "is no decimal"),
        ('"231.2"', '"' + "9" * 30 + '"', "is no decimal"),
        ("/unit/V>", "/unit/KiloV>", "its unit is"),
        ("/kenmerktype/spanning>", "/kenmerktype/smaak>", "observed property smaak is not known"),
        ("/kenmerktype/spanning>", "/other>", "observed property (none)"),
        ("/id/stopcontact/voorbeeldstad/VBS-001/1>", "/id/plek/9>", "names no cabinet or outlet"),
        ("/id/stopcontact/voorbeeldstad/VBS-001/1>", "/id/kast/v/..%2F/1>", "names no cabinet"),
        (AT, "2026-05-12T13:45:00+02:00", "observedAt"),
        (AT, "2026-02-30T11:45:00Z", "observedAt"),
        ("madeBySensor", "madeBy", "meter"),
        ("hasResult", "hasOutcome", "its unit is (none)"),
        (" .\n", "\n", "is no member in N-Triples"),
        ('"231.2"', '"\\ud800"', "no term"),
    ],
)
def test_a_member_that_cannot_be_read_back_is_refused_with_a_sentence(
    before: str, after: str, sentence: str
) -> None:
    assert before in _GOOD
    message = Message(_GOOD.replace(before, after).encode(), NOON, {"members": _member_iri()})
    results = ALL.decode(message, b"").results
    (refusal,) = [result for result in results if isinstance(result, Refusal)]
    assert refusal.code == FOREIGN_MEMBER
    assert sentence in refusal.reason


def _member_iri() -> str:
    return _GOOD.partition(">")[0].removeprefix("<")


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_are_refused_or_say_nothing(payload: bytes, memory: bytes) -> None:
    message = Message(payload, NOON, {"members": "http://shok.test/id/x"})
    ALL.subject(message)
    decoded = ALL.decode(message, memory)
    assert all(isinstance(result, Refusal) for result in decoded.results)


@given(st.data())
def test_any_mixture_of_members_is_read_or_refused(data: st.DataObject) -> None:
    members = drafts(configuration())
    lines = [
        line for draft in members for line in member_lines(draft).decode().splitlines(keepends=True)
    ]
    focus = members[0].iri
    chosen = data.draw(st.lists(st.sampled_from(lines), max_size=40))
    text = "".join(chosen)
    for draft in members:
        text = text.replace(f"<{draft.iri}>", f"<{focus}>")
    message = Message(text.encode(), NOON, {"members": focus})
    ALL.subject(message)
    controllers.said(ALL.decode(message, b""))
