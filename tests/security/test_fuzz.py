"""Any bytes at all: an answer that says what is wrong, never a failure of ours."""

from __future__ import annotations

import json
import zlib
from random import Random
from typing import Final

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from ldes_shok.cabinet.incoming import Delivery, Origin, Received, receive
from ldes_shok.errors import EventRejected, PayloadRejected
from ldes_shok.sources.common.payload import split_untyped
from ldes_shok.sources.transports.http.push import PushLimits, split_payload
from tests.security.conftest import CABINET, NOON, PLANTED
from tests.support.damage import damaged
from tests.support.events import configuration, event, measurement, removal, status
from tests.support.examples import examples
from tests.support.raw import ask, post, status_of
from tests.support.service import ServiceProcess

pytestmark = pytest.mark.integration

ORIGIN: Final = Origin("http", "voorbeeldstad", "push")
LIMITS: Final = PushLimits(max_body_bytes=5_000_000, max_events=1_000)
TYPES: Final = ("application/json", "application/x-ndjson")
GOOD: Final = (
    configuration(CABINET, NOON),
    measurement(CABINET, NOON),
    status(CABINET, NOON),
    removal(CABINET, NOON),
    event("fault", CABINET, NOON, {"faultId": "1", "code": "other", "state": "raised",
                                   "severity": "info"}),
    event("session", CABINET, NOON, {"sessionId": "1", "event": "started",
                                     "startedAt": "2026-05-12T12:00:00Z"}),
)  # fmt: skip
CI_INPUTS: Final = 20_000
NIGHTLY_INPUTS: Final = 1_000_000


def mutated(rng: Random) -> bytes:
    """One or several good events, spoiled."""
    return damaged(rng, b"\n".join(rng.choices(GOOD, k=rng.choice((1, 1, 1, 2, 3)))))


def outcome(body: bytes, content_type: str) -> int:
    """What would be answered: 400, or 200 with so many events that are good."""
    try:
        payloads = split_payload(body, content_type, LIMITS)
    except PayloadRejected as error:
        check_sentence(error)
        return -1
    return sum(is_good(payload) for payload in payloads)


def is_good(payload: bytes) -> bool:
    try:
        received = receive(Delivery(payload, ORIGIN, NOON))
    except EventRejected as error:
        check_sentence(error)
        return False
    assert isinstance(received, Received)
    return True


def check_sentence(error: Exception) -> None:
    """A reason is short, and can be written down."""
    assert 5 < len(str(error).encode()) < 1_000


@pytest.mark.parametrize(
    "inputs",
    [
        CI_INPUTS,
        pytest.param(NIGHTLY_INPUTS, marks=pytest.mark.nightly),
    ],
)
def test_any_damage_to_good_events_is_an_answer(inputs: int) -> None:
    """One body in three or so is still good; whatever it is, nothing raises but our errors."""
    rng = Random(20260103)
    good = refused = 0
    for number in range(inputs):
        body = mutated(rng)
        found = outcome(body, TYPES[number % 2])
        good += found > 0
        refused += found <= 0
        for payload in split_untyped(body):
            is_good(payload)
    assert good > inputs // 50, "the damage is not all there is"
    assert refused > inputs // 5


@given(body=st.binary(max_size=300), content_type=st.sampled_from(TYPES))
def test_any_bytes_are_an_answer(body: bytes, content_type: str) -> None:
    outcome(body, content_type)
    for payload in split_untyped(body):
        is_good(payload)


JSON_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["v", "kind", "cabinet", "data", "observedAt", "clock", "readings", "op"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(value=JSON_VALUES, kind=st.sampled_from(["status", "measurement", "configuration", "x"]))
def test_any_json_is_an_answer(value: object, kind: str) -> None:
    envelope = {"v": 1, "kind": kind, "cabinet": "A", "observedAt": "2026-05-12T12:00:00Z",
                "clock": "S", "data": value}  # fmt: skip
    for body in (value, envelope):
        outcome(json.dumps(body).encode(), TYPES[0])


@examples(1.5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200) | st.randoms(use_true_random=False).map(mutated),
    content_type=st.sampled_from([*TYPES, "", "text/plain", "application/json; charset=x", "\x7f"]),
    coding=st.sampled_from(["", "", "gzip", "deflate", "identity"]),
    packed=st.booleans(),
)
def test_any_request_body_is_answered(
    service: ServiceProcess, body: bytes, content_type: str, coding: str, packed: bool
) -> None:
    """Through the socket and the whole pipeline: 200, 400, 413 or 415, never a 5xx."""
    if packed and coding in {"gzip", "deflate"}:
        packer = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
        body = packer.compress(body) + packer.flush()
    headers = {"Content-Type": content_type, "Content-Encoding": coding}
    answer = ask(service.port, post(body, PLANTED["TEST_PUSH_TOKEN"], headers))
    assert status_of(answer) in {200, 400, 413, 415}, (headers, body, answer)
