"""CloudEvents in three modes: data comes out as it is; a bad envelope says what is wrong."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.errors import PayloadRejected, PayloadTooLarge
from ldes_shok.sources.transports.http.cloudevents import (
    BATCHED,
    STRUCTURED,
    EventContent,
    as_delivery,
    as_messages,
    cloud_parts,
    is_cloudevent,
)
from ldes_shok.sources.transports.http.push import PushLimits

LIMITS = PushLimits(max_body_bytes=5_000, max_events=3)
ORIGIN = Origin("http", "voorbeeldstad", "push")
AT = datetime(2026, 5, 12, 12, tzinfo=UTC)
ENVELOPE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "A234-1234-1234",
    "source": "/voorbeeldstad/kasten",
    "type": "example.cabinet.status",
    "time": "2026-05-12T12:00:00Z",
    "comexampleextension": 1,
}
HEADERS = CIMultiDict(
    {"CE-SpecVersion": "1.0", "ce-id": "1", "ce-source": "/x", "ce-type": "t", "ce-extra": "é"}
)
NONE: CIMultiDict[str] = CIMultiDict()


def structured(**changes: Any) -> bytes:
    return json.dumps({**ENVELOPE, **changes}).encode()


def unwrapped(body: bytes, content_type: str = STRUCTURED) -> list[EventContent]:
    return cloud_parts(body, content_type, NONE, LIMITS)


def test_structured_data_keeps_its_bytes() -> None:
    body = structured(data=0).replace(b'"data": 0', b'"data": {"value" : 1.50, "x":"\\u00e9"}')
    assert unwrapped(body) == [EventContent(b'{"value" : 1.50, "x":"\\u00e9"}')]
    assert unwrapped(body, f"{STRUCTURED}; charset=UTF-8") == unwrapped(body)


@given(st.binary(max_size=60))
def test_base64_is_undone(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert unwrapped(structured(data_base64=text, datacontenttype="a/b")) == [
        EventContent(data, "a/b")
    ]


def test_text_that_is_not_json_is_text() -> None:
    told = structured(data='/ISK5 "x"\r\n', datacontenttype="text/plain")
    assert unwrapped(told) == [EventContent(b'/ISK5 "x"\r\n', "text/plain")]


def test_binary_data_is_the_body() -> None:
    (part,) = cloud_parts(b"{ }", "application/json", HEADERS, LIMITS)
    assert part == EventContent(b"{ }", "application/json")
    assert is_cloudevent("application/json", HEADERS)
    assert not is_cloudevent("application/json", NONE)
    assert is_cloudevent(f"{BATCHED}; x=y", NONE)


def test_one_bad_envelope_spoils_none_of_its_neighbours() -> None:
    good = structured(data={"v": 1})
    parts = unwrapped(b"[%b,%b,%b]" % (good, structured(data=1, id=""), good), BATCHED)
    assert [part.refusal for part in parts] == ["", "id: must be text that is not empty", ""]
    deliveries = [as_delivery(part, ORIGIN, AT) for part in parts]
    assert [delivery.payload for delivery in deliveries[::2]] == [b'{"v": 1}'] * 2
    with pytest.raises(PayloadRejected, match="CloudEvent 1: id: must be"):
        as_messages(parts, AT)


def test_a_decoder_gets_the_data_with_its_type() -> None:
    (message,) = as_messages(unwrapped(structured(data="x", datacontenttype="text/plain")), AT)
    assert (message.payload, dict(message.attributes)) == (b"x", {"content_type": "text/plain"})


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"specversion": "0.3"}, "specversion: must be 1.0"),
        ({"specversion": None}, "specversion: must be 1.0"),
        ({"id": None}, "id: must be text that is not empty"),
        ({"source": ""}, "source: must be text that is not empty"),
        ({"type": 7}, "type: must be text that is not empty"),
        ({"dataschema": ""}, "dataschema: must be text that is not empty"),
        ({"data_base64": "e30="}, "data: a CloudEvent must have exactly one of data and data_base"),
        ({"data": ..., "data_base64": "é"}, "data_base64: this is not base64"),
        ({"data": ..., "data_base64": "e30"}, "data_base64: this is not base64"),
        ({"data": ...}, "data: a CloudEvent must have exactly one of data and data_base64"),
        ({"id": ...}, "id: is missing; every CloudEvent has specversion, id, source and type"),
    ],
)
def test_an_envelope_that_is_wrong_names_the_attribute(
    changes: dict[str, Any], refusal: str
) -> None:
    told = {**ENVELOPE, "data": {}, **changes}
    body = json.dumps({name: value for name, value in told.items() if value is not ...}).encode()
    (part,) = unwrapped(body)
    assert part.refusal.startswith(refusal)
    assert part.payload == body


def test_a_header_that_is_wrong_is_named() -> None:
    missing = HEADERS.copy()
    del missing["ce-id"]
    (part,) = cloud_parts(b"{}", "", missing, LIMITS)
    assert part.refusal.startswith("header ce-id: is missing")
    (part,) = cloud_parts(b"{}", "", CIMultiDict({**missing, "ce-id": ""}), LIMITS)
    assert part.refusal.startswith("header ce-id: must be text")


def test_canonical_events_are_json() -> None:
    (part,) = unwrapped(structured(data="<x/>", datacontenttype="text/xml"))
    assert "text/xml is not JSON" in as_delivery(part, ORIGIN, AT).refusal
    (part,) = unwrapped(structured(data={"v": 1}, datacontenttype="application/vnd.x+json"))
    assert as_delivery(part, ORIGIN, AT) == Delivery(b'{"v": 1}', ORIGIN, AT)


@pytest.mark.parametrize(
    ("body", "content_type", "error", "said"),
    [
        (b"x", STRUCTURED, PayloadRejected, "this is not JSON"),
        (b"1", STRUCTURED, PayloadRejected, "send one event as a JSON object"),
        (b"", STRUCTURED, PayloadRejected, "the body is empty"),
        (b"[]", STRUCTURED, PayloadRejected, f"go as {BATCHED}"),
        (b"{}", BATCHED, PayloadRejected, f"one goes as {STRUCTURED}"),
        (b"[1,2,3,4]", BATCHED, PayloadTooLarge, "the body has 4 events"),
        (b" " * 6000, STRUCTURED, PayloadTooLarge, "at most 5000"),
    ],
)
def test_a_body_that_holds_no_cloudevent(
    body: bytes, content_type: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error) as caught:
        unwrapped(body, content_type)
    assert said in str(caught.value)


@given(
    st.binary(max_size=80),
    st.sampled_from([STRUCTURED, BATCHED, "", "text/plain"]),
    st.dictionaries(
        st.sampled_from(["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-dataschema"]),
        st.text(max_size=5),
    ),
)
def test_any_body_is_parts_or_a_sentence(
    body: bytes, content_type: str, headers: dict[str, str]
) -> None:
    with contextlib.suppress(PayloadRejected):
        for part in cloud_parts(body, content_type, headers, LIMITS):
            as_delivery(part, ORIGIN, AT)


NESTED = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["id", "data", "specversion"]), inner)
    ),
    max_leaves=5,
)


@given(NESTED)
def test_any_json_is_a_part(value: object) -> None:
    (part,) = unwrapped(json.dumps([value]).encode(), BATCHED)
    assert part.refusal
