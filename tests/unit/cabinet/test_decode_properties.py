"""Properties of the decode path: whatever arrives, an event or one EventRejected comes out."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.event import Event, Measurement
from ldes_shok.cabinet.identity import content_digest, natural_key
from ldes_shok.cabinet.measurement import UNIT_OF, Phase
from ldes_shok.cabinet.syntax import MAX_DEPTH, check_depth, check_names
from ldes_shok.errors import EventRejected
from tests.unit.cabinet.examples import ORIGIN, goldens

PAYLOADS = [found.payload for found in goldens()]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=12)
    | st.sampled_from(["", "NaN", "1e9", "Wh", "2026-02-30T00:00:00Z", "[{", '"', "\\", "\ud800"])
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
decimal_texts = st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", fullmatch=True).filter(str.isascii)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
instants = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a JSON value: an object or list in it, and the name or index there."""

    holder: Any
    step: str | int
    path: str


def _slots(value: object, path: str = "") -> list[Slot]:
    """Every place in `value`, depth first."""
    if isinstance(value, dict):
        steps: list[tuple[str | int, str]] = [
            (name, f"{path}.{name}" if path else name) for name in value
        ]
    elif isinstance(value, list):
        steps = [(index, f"{path}[{index}]") for index in range(len(value))]
    else:
        return []
    found = []
    for step, deeper in steps:
        held = value[step]  # type: ignore[index]
        found += [Slot(value, step, deeper), *_slots(held, deeper)]
    return found


def _outcome(payload: bytes) -> Event | EventRejected:
    """The event, or the rejection after checking that it can be sent as an answer."""
    try:
        return decode_event(payload)
    except EventRejected as error:
        rejected = error
    assert 0 < len(rejected.reason) < 500
    assert rejected.reason.isprintable()
    assert rejected.field.isprintable()
    json.dumps([rejected.field, rejected.reason], ensure_ascii=False).encode()
    return rejected


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf{}")
@example(b"\x00")
@example(b'{"kind":"status","v":' + b"9" * 5000 + b"}")
def test_any_bytes_are_rejected_and_nothing_else(payload: bytes) -> None:
    assert isinstance(_outcome(payload), EventRejected)


@given(json_values)
def test_any_json_is_rejected_and_nothing_else(value: object) -> None:
    assert isinstance(_outcome(json.dumps(value).encode()), EventRejected)


@given(st.sampled_from(PAYLOADS), st.data())
def test_damaged_bytes_give_an_event_or_a_rejection(payload: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(payload)))
    stop = data.draw(st.integers(start, min(start + 6, len(payload))))
    damage = data.draw(
        st.binary(max_size=6) | st.sampled_from([b'"', b"}", b"[", b"\\u", b",", b"-"])
    )
    outcome = _outcome(payload[:start] + damage + payload[stop:])
    assert isinstance(outcome, Event | EventRejected)


@given(st.sampled_from(PAYLOADS), st.data())
def test_an_event_cut_off_is_rejected(payload: bytes, data: st.DataObject) -> None:
    assert isinstance(
        _outcome(payload[: data.draw(st.integers(0, len(payload) - 1))]), EventRejected
    )


@given(st.sampled_from(PAYLOADS), json_values, st.data())
def test_a_replaced_value_is_accepted_or_blamed(
    payload: bytes, value: object, data: st.DataObject
) -> None:
    said = json.loads(payload)
    slot = data.draw(st.sampled_from(_slots(said)))
    slot.holder[slot.step] = value
    assert isinstance(_outcome(json.dumps(said).encode()), Event | EventRejected)


@given(st.sampled_from(PAYLOADS), st.data())
def test_a_wrong_type_is_blamed_on_its_own_field(payload: bytes, data: st.DataObject) -> None:
    said = json.loads(payload)
    slot = data.draw(st.sampled_from([slot for slot in _slots(said) if slot.path != "kind"]))
    # No field of an event holds a list of lists.
    slot.holder[slot.step] = [[[]]]
    rejected = _outcome(json.dumps(said).encode())
    assert isinstance(rejected, EventRejected)
    assert rejected.field.startswith(slot.path)


# A backtick ends a name in the messages of msgspec: see test_a_field_name_cannot_pose_as_a_path.
@given(
    st.sampled_from(PAYLOADS), st.text(max_size=90).filter(lambda text: "`" not in text), st.data()
)
def test_an_unknown_field_is_blamed_wherever_it_is(
    payload: bytes, name: str, data: st.DataObject
) -> None:
    said = json.loads(payload)
    slots = [Slot(said, "", ""), *(s for s in _slots(said) if isinstance(s.holder[s.step], dict))]
    slot = data.draw(st.sampled_from(slots))
    target = slot.holder[slot.step] if slot.path else said
    target[f"\N{LATIN SMALL LETTER E WITH ACUTE}{name}"] = 1
    rejected = _outcome(json.dumps(said).encode())
    assert isinstance(rejected, EventRejected)
    assert rejected.field.startswith(f"{slot.path}.é" if slot.path else "é")
    assert rejected.reason == "is not a field of the canonical event: remove it"


@given(st.sampled_from(PAYLOADS), st.data())
def test_a_repeated_name_is_blamed_wherever_it_is(payload: bytes, data: st.DataObject) -> None:
    said = json.loads(payload)
    slots = [slot for slot in _slots(said) if isinstance(slot.step, str)]
    slot = data.draw(st.sampled_from(slots))
    marker = "\N{SNOWMAN}"
    slot.holder[marker] = slot.holder[slot.step]
    text = json.dumps(said, ensure_ascii=False).replace(marker, str(slot.step))
    rejected = _outcome(text.encode())
    assert isinstance(rejected, EventRejected)
    assert (rejected.field, rejected.reason) == (
        slot.path,
        "is given more than once: send it once",
    )


@given(
    st.sampled_from(PAYLOADS), st.randoms(use_true_random=False), st.sampled_from([None, 1, "\t"])
)
def test_order_and_white_space_say_nothing(
    payload: bytes, order: random.Random, indent: int | str | None
) -> None:
    said = json.loads(payload, parse_float=Decimal)
    exact = json.dumps(_shuffled(said, order), indent=indent, default=float)
    event, again = (
        decode_event(json.dumps(said, default=float).encode()),
        decode_event(exact.encode()),
    )
    assert again == event
    assert natural_key(again, ORIGIN.source) == natural_key(event, ORIGIN.source)
    assert content_digest(again) == content_digest(event)


def _shuffled(value: object, order: random.Random) -> object:
    if isinstance(value, dict):
        steps = list(value)
        order.shuffle(steps)
        return {name: _shuffled(value[name], order) for name in steps}
    return [_shuffled(held, order) for held in value] if isinstance(value, list) else value


@st.composite
def measurements(draw: st.DrawFn) -> dict[str, Any]:
    """A measurement, as JSON, that keeps all the rules."""
    slots = st.tuples(st.sampled_from(sorted(UNIT_OF)), st.sampled_from(get_args(Phase)))
    readings = [
        {
            "quantity": quantity,
            "phase": phase,
            "value": draw(decimal_texts),
            "unit": UNIT_OF[quantity],
        }
        for quantity, phase in draw(st.lists(slots, min_size=1, max_size=64, unique=True))
    ]
    start, end = draw(st.lists(instants, min_size=2, max_size=2, unique=True).map(sorted))
    return {
        "v": 1,
        "kind": "measurement",
        "cabinet": draw(names),
        "observedAt": draw(instants),
        "clock": draw(st.sampled_from("SIURN")),
        "data": {
            "readings": readings,
            "meter": draw(names),
            "period": {"start": f"{start[:19]}Z", "end": f"{end[:19]}.999999Z"},
        },
    }


@given(measurements())
def test_a_good_measurement_is_accepted_as_it_was_said(said: dict[str, Any]) -> None:
    event = decode_event(json.dumps(said).encode())
    assert isinstance(event, Measurement)
    assert event.observed_at == said["observedAt"]
    values = [reading["value"] for reading in said["data"]["readings"]]
    assert [reading.value for reading in event.data.readings] == values
    assert decode_event(msgspec.json.encode(event)) == event


def _depth(value: object) -> int:
    """How deep `value` nests, counted on the parsed value."""
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@given(
    st.recursive(
        st.text(alphabet='[]{}"\\a', max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text('[{"\\', max_size=3), inner, max_size=2)
        ),
    ),
    st.integers(0, MAX_DEPTH + 3),
)
def test_depth_is_that_of_the_parsed_value(value: object, wrappings: int) -> None:
    for _ in range(wrappings):
        value = [value, "[[]"]
    try:
        check_depth(json.dumps(value).encode())
    except EventRejected:
        assert _depth(value) > MAX_DEPTH
    else:
        assert _depth(value) <= MAX_DEPTH


@given(json_values)
def test_names_that_a_dict_can_hold_are_not_repeated(value: object) -> None:
    check_names(json.dumps(value).encode())
