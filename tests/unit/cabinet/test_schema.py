"""The published JSON Schema agrees with the decoder, which stays the authority."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ldes_shok.cabinet.schema import EVENT_SCHEMA_ID, event_schema
from tests.unit.cabinet.examples import Golden, Malformed, goldens, malformed

NOT_JSON = {"syntax", "encoding", "depth"}
BEYOND_A_SCHEMA = {
    # Damage that JSON Schema cannot say, or that its readers decide on, such as repeated names.
    "name twice",
    "value twice in a reading",
    "name twice, once escaped",
    "version with a fraction",
    "flag twice",
    "30 February",
    "29 February in a common year",
    "year 0",
    "receivedAt on 31 April",
    "maxAt on 31 June",
    "key of another kind",
    "source of another tenant",
    "tenant that only starts alike",
    "same reading twice",
    "register without meter",
    "interval without period",
    "demand without period",
    "period runs backwards",
    "period of no length",
    "period starts on 30 February",
    "period ends in year 0",
    "started, endedAt on 30 February",
    "startedAt on 30 February",
    "longitude out of range",
    "latitude out of range",
    "rating 0",
    "negative rating",
    "rating with a huge exponent",
    "rating with a tiny exponent",
    "exponent beyond any number",
    "outlet twice",
    "meter twice",
    "validFrom on 30 February",
}
DECODABLE = [example for example in malformed() if example.damage not in NOT_JSON]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(event_schema())
    # Python's $ also matches before a last line break; that of ECMA 262 does not.
    return Draft202012Validator(_anchored(schema))


def _anchored(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: re.sub(r"\$$", r"\\Z", held) if name == "pattern" else _anchored(held)
            for name, held in value.items()
        }
    return [_anchored(held) for held in value] if isinstance(value, list) else value


def test_the_schema_is_a_schema() -> None:
    schema = json.loads(event_schema())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == EVENT_SCHEMA_ID == "urn:ldes-shok:event:1"


def test_the_schema_is_the_same_every_time() -> None:
    assert event_schema() == event_schema()


def test_the_schema_speaks_no_python() -> None:
    assert rb"\\Z" not in event_schema()
    assert b'"decimal"' not in event_schema()


@pytest.mark.parametrize("example", goldens(), ids=str)
def test_golden_event_is_valid(validator: Draft202012Validator, example: Golden) -> None:
    validator.validate(json.loads(example.payload))


@pytest.mark.parametrize("example", DECODABLE, ids=str)
def test_malformed_event_is_invalid(validator: Draft202012Validator, example: Malformed) -> None:
    valid = validator.is_valid(json.loads(example.payload))
    assert valid == (example.name in BEYOND_A_SCHEMA)
