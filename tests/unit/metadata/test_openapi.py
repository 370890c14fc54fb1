"""The OpenAPI document: whole, consistent, and with examples that our own decoder takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
import pytest

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.metadata.openapi import openapi_document
from ldes_shok.sources.transports.http.cloudevents import STRUCTURED, cloud_parts
from ldes_shok.sources.transports.http.push import PushLimits

ROUTES = {
    "/": "get",
    "/{stream}": "get",
    "/{stream}/{view}": "get",
    "/{stream}/{view}/{path}": "get",
    "/id/{path}": "get",
    "/shapes/{stream}": "get",
    "/context.jsonld": "get",
    "/ingest": "post",
    "/ingest/{source}": "post",
    "/health/live": "get",
    "/health/ready": "get",
    "/metrics": "get",
    "/openapi.json": "get",
}
"""The outside contract."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = msgspec.json.decode(
        openapi_document("http://shok.test", "1.2.3", ["kasten", "techniek"])
    )
    return parsed


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item)


def _resolve(document: dict[str, Any], reference: str) -> Any:
    value: Any = document
    for step in reference.removeprefix("#/").split("/"):
        value = value[step]
    return value


def _validate(document: dict[str, Any], name: str, instance: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(instance)


def test_it_says_where_and_which(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"]["version"] == "1.2.3"
    assert document["servers"] == [{"url": "http://shok.test"}]
    stream = document["components"]["parameters"]["stream"]["schema"]
    assert stream == {"type": "string", "enum": ["kasten", "techniek"]}


def test_every_route_of_the_contract_is_there(document: dict[str, Any]) -> None:
    methods = {
        path: next(key for key in item if key in {"get", "post"})
        for path, item in document["paths"].items()
    }
    assert methods == ROUTES


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = [item["$ref"] for item in _walk(document) if isinstance(item.get("$ref"), str)]
    assert len(references) > 50
    for reference in references:
        assert _resolve(document, reference) is not None


def test_every_path_parameter_is_declared(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        declared = [
            _resolve(document, parameter["$ref"]) if "$ref" in parameter else parameter
            for parameter in item.get("parameters", [])
        ]
        assert {each["name"] for each in declared} == set(re.findall(r"\{(\w+)\}", path))


def test_operation_ids_differ(document: dict[str, Any]) -> None:
    ids = [item["operationId"] for item in _walk(document) if "operationId" in item]
    assert len(ids) == len(set(ids)) == len(ROUTES)


def test_ingest_names_all_its_answers(document: dict[str, Any]) -> None:
    answers = set(document["paths"]["/ingest"]["post"]["responses"])
    assert answers == {"200", "400", "401", "408", "413", "415", "429", "503"}


@pytest.mark.parametrize("name", ["StatusEvent", "MeasurementEvent"])
def test_the_example_events_are_events(document: dict[str, Any], name: str) -> None:
    example = document["components"]["examples"][name]["value"]
    _validate(document, "Event", example)
    decode_event(msgspec.json.encode(example))


def test_the_event_schema_bites(document: dict[str, Any]) -> None:
    example = document["components"]["examples"]["StatusEvent"]["value"]
    with pytest.raises(jsonschema.ValidationError):
        _validate(document, "Event", example | {"observedAt": "2026-05-12T05:31:02+02:00"})
    with pytest.raises(jsonschema.ValidationError):
        _validate(document, "Event", example | {"unknown": 1})


def test_the_other_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    components = document["components"]
    _validate(document, "IngestAnswer", components["examples"]["MixedAnswer"]["value"])
    _validate(document, "Problem", components["schemas"]["Problem"]["example"])
    _validate(document, "CloudEvent", components["examples"]["StatusCloudEvent"]["value"])


def test_the_example_cloudevent_is_taken_as_its_event(document: dict[str, Any]) -> None:
    examples = document["components"]["examples"]
    body = msgspec.json.encode(examples["StatusCloudEvent"]["value"])
    (part,) = cloud_parts(body, STRUCTURED, {}, PushLimits(10_000, 1))
    assert msgspec.json.decode(part.payload) == examples["StatusEvent"]["value"]


def test_patterns_are_in_the_dialect_of_json_schema(document: dict[str, Any]) -> None:
    patterns = [item["pattern"] for item in _walk(document) if isinstance(item.get("pattern"), str)]
    assert patterns
    assert not [pattern for pattern in patterns if r"\Z" in pattern]
