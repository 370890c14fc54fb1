"""No request leaves the service because of data: a canary listens, and hears nothing."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ldes_shok.bootstrap.core import build_judge
from ldes_shok.errors import LdesShokError
from ldes_shok.pipeline.validate import validate_members
from ldes_shok.settings.load import load_settings
from ldes_shok.validation.judge import Judge
from tests.security.conftest import NOON, PLANTED
from tests.support.events import configuration, status
from tests.support.service import ROOT, ServiceProcess, push, request

pytestmark = pytest.mark.integration

TOKEN = PLANTED["TEST_PUSH_TOKEN"]


@pytest.fixture
def canary() -> Iterator[str]:
    """The address of a listener; the test fails if anybody connected."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/canary"
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_canary_hears_who_comes() -> None:
    """The listener of these tests would notice."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()):
            pass
        listener.setblocking(False)
        listener.accept()[0].close()


def documents(canary: str) -> dict[str, str]:
    """What asks a reader to fetch something, in the forms that have a way to say so."""
    return {
        "context.jsonld": f'{{"@context": "{canary}", "@id": "urn:x"}}',
        "list.jsonld": f'{{"@context": ["{canary}", {{"a": "{canary}"}}], "@id": "urn:x"}}',
        "import.jsonld": f'{{"@context": {{"@version": 1.1, "@import": "{canary}"}}}}',
        "imports.ttl": f"@prefix owl: <http://www.w3.org/2002/07/owl#> . <urn:x> owl:imports "
        f"<{canary}> ; a <{canary}> ; <http://purl.org/dc/terms/isVersionOf> <{canary}> .",
        "graph.trig": f"<{canary}> {{ <urn:x> a <{canary}> }}",
        "entity.xml": f"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY e SYSTEM '{canary}'>]>"
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>&e;</rdf:RDF>",
        "events.ndjson": f'{{"@context": "{canary}", "$schema": "{canary}", "v": 1}}',
    }


def test_pushed_data_fetches_nothing(service: ServiceProcess, canary: str) -> None:
    good = json.loads(configuration("SSRF-1", NOON))
    good["data"]["cabinet"] |= {"name": canary, "manufacturer": canary, "network": canary}
    good["data"]["cabinet"]["address"] = {"street": canary, "number": canary}
    events = [json.dumps(good).encode(), status("SSRF-1", NOON)]
    for name in ("@context", "@type", "$schema", "$ref", "$id", "xmlns", "schema"):
        spoilt = json.loads(status("SSRF-1", NOON))
        spoilt[name] = canary
        events.append(json.dumps(spoilt).encode())
    assert push(service.url, events, token=TOKEN)[0] == 200
    for document in documents(canary).values():
        assert push(service.url, [document.encode()], token=TOKEN)[0] in {200, 400}


def test_no_header_makes_it_fetch(service: ServiceProcess, canary: str) -> None:
    headers = {
        "Link": f'<{canary}>; rel="http://www.w3.org/ns/json-ld#context"',
        "Accept": f'application/ld+json; profile="{canary}"',
        "Referer": canary,
        "Origin": canary,
        "X-Forwarded-For": canary,
        "Content-Location": canary,
    }
    for path in ("/", "/kasten", "/kasten/by-time", f"/{canary}", f"/id/{canary}"):
        assert request(f"{service.url}{path}", headers=headers)[0] < 500


@pytest.fixture(scope="module")
def judge(service: ServiceProcess) -> Judge:
    """What the command `validate` judges with."""
    return build_judge(load_settings(service.config, {}))


@pytest.mark.parametrize("name", documents(""))
def test_a_file_that_is_validated_fetches_nothing(
    judge: Judge, canary: str, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_text(documents(canary)[name])
    with suppress(LdesShokError):
        list(validate_members(file, "kasten", judge))


def test_shapes_import_nothing(tmp_path: Path, canary: str) -> None:
    """Whoever brings shapes of their own brings all of them: owl:imports is not followed."""
    shapes = tmp_path / "shapes"
    shutil.copytree(ROOT / "shapes", shapes)
    with (shapes / "kasten.ttl").open("a") as file:
        file.write(f"\n<urn:x> <http://www.w3.org/2002/07/owl#imports> <{canary}> .\n")
    own = ServiceProcess(tmp_path, overrides={"validation": {"shapes_directory": str(shapes)}})
    own.start()
    try:
        assert push(own.url, [configuration("SSRF-2", NOON)])[0] == 200
    finally:
        own.kill()
