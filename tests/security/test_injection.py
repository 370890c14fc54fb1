"""What stands in an event comes out as the value that it is: in RDF, in HTML, in headers."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest
from pyoxigraph import Literal

from tests.security.conftest import NOON, PLANTED
from tests.support.events import configuration, measurement, status
from tests.support.pages import MEDIA_TYPES, Page
from tests.support.raw import exchange, get, head_of
from tests.support.service import ServiceProcess, push, request
from tests.unit.representation.html_reading import Reading
from tests.unit.representation.html_reading import read as read_html

pytestmark = pytest.mark.integration

TOKEN: Final = PLANTED["TEST_PUSH_TOKEN"]
RDFS_LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
HEADERS: Final = {
    "access-control-allow-origin", "access-control-expose-headers", "cache-control", "connection",
    "content-length", "content-security-policy", "content-type", "date", "etag", "link",
    "location", "referrer-policy", "server", "vary", "x-content-type-options",
}  # fmt: skip

LABELS: Final = {
    "a script": "<script>alert(1)</script>",
    "a handler": '"><img src=x onerror=alert(1)>',
    "a handler in single quotes": "' onmouseover='alert(1)",
    "a link": '<a href="javascript:alert(1)">markt</a>',
    "a comment": "--><!--",
    "a closing element": "</td></table></main><script>alert(1)</script>",
    "a style": "<style>@import url(http://127.0.0.1/x)</style>",
    "svg": "<svg/onload=alert(1)>",
    "half an entity": "&lt;script&gt; &#60;b&#62; &amp",
    "a template": "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    "the end of a literal": '" . <urn:evil> <urn:says> "yes',
    "the end of a long literal": '""" . <urn:evil> <urn:says> """yes',
    "the end of an IRI": "> . <urn:evil> <urn:says> <urn:yes",
    "a backslash at the end": "markt\\",
    "escapes": '\\u003cscript\\u003e \\n \\t \\" \\U0001F50C',
    "a language tag": '"@en',
    "a datatype": '"^^<urn:evil>',
    "JSON": '"},{"@id":"urn:evil","urn:says":"yes"},{"x":"',
    "a JSON-LD keyword": "@context @id @type",
    "a directive": "@prefix evil: <urn:evil> .",
    "a graph": "} <urn:evil> { <urn:a> <urn:b> <urn:c> }",
    "right to left": "markt \u202egnp.exe\u202c \u2066x\u2069",
    "line separators": "een\u2028twee\u2029drie",
    "nothing to see": "a\u200bb\ufeffc\u00adc",
    "a plug": "\U0001f50c\U0010ffff",
    "combining": "e\u0301\u0301\u0301\u0301",
    "a formula": "=HYPERLINK(A1)",
    "SQL": "'; DROP TABLE member; --",
    "a header": "x: y",
    "a path": "../../../etc/passwd",
    "an entity of XML": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "a lookup": "${jndi:ldap://127.0.0.1:1/a}",
}


@pytest.fixture(scope="module")
def published(service: ServiceProcess) -> dict[str, str]:
    """The version in `kasten` of one cabinet for each label, by what the label is."""
    events = [named(f"INJ-{number}", label) for number, label in enumerate(LABELS.values())]
    _, _, body = push(service.url, events, token=TOKEN)
    results = json.loads(body)["results"]
    assert {result["outcome"] for result in results} == {"published"}
    versions = ([iri for iri in r["members"] if "/id/kast/" in iri] for r in results)
    return {
        what: next(iri for iri in iris if request(iri)[0] == 200)
        for what, iris in zip(LABELS, versions, strict=True)
    }


def named(cabinet: str, label: str) -> bytes:
    """The configuration of a cabinet with this name."""
    data = json.loads(configuration(cabinet, NOON))
    data["data"]["cabinet"]["name"] = label
    return json.dumps(data, ensure_ascii=False).encode()


def page(url: str, form: str) -> Page:
    token = {"Authorization": f"Bearer {PLANTED['TEST_STREAM_TOKEN']}"}
    answered, headers, body = request(f"{url}?format={form}", headers=token)
    assert answered == 200
    return Page(url, answered, headers, body)


@pytest.mark.parametrize("form", MEDIA_TYPES)
@pytest.mark.parametrize("what", LABELS)
def test_a_label_is_exactly_that_text(published: dict[str, str], what: str, form: str) -> None:
    """In every RDF form: one literal with this value, and nothing else that was not there."""
    quads = page(published[what], form).quads
    named = [quad.object for quad in quads if quad.predicate.value == RDFS_LABEL]
    assert named == [Literal(LABELS[what], language="nl")]
    assert "urn:evil" not in {str(term).strip("<>") for quad in quads for term in quad}


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_page_of_hostile_labels_is_read_whole(
    service: ServiceProcess, published: dict[str, str], form: str
) -> None:
    """Side by side on one node: each of them is there, none took a neighbour with it."""
    leaf = leaf_of(service, "kasten")
    quads = page(leaf, form).quads
    found = {str(q.subject): q.object for q in quads if q.predicate.value == RDFS_LABEL}
    for what, iri in published.items():
        assert found[f"<{iri}>"] == Literal(LABELS[what], language="nl")


@pytest.mark.parametrize("what", LABELS)
def test_a_label_is_only_text_in_a_page(published: dict[str, str], what: str) -> None:
    """No script, no handler, no address from data; the text itself is shown as it is."""
    reading = read_html(page(published[what], "html").body)
    assert reading.errors == []
    assert_harmless(reading)
    shown = " ".join(LABELS[what].split())
    assert shown in reading.text


def test_nodes_and_the_catalogue_are_harmless(
    service: ServiceProcess, published: dict[str, str]
) -> None:
    assert published
    for path in ("/", "/kasten", "/kasten/by-time"):
        assert_harmless(read_html(page(f"{service.url}{path}", "html").body))
    assert_harmless(read_html(page(leaf_of(service, "kasten"), "html").body))


def assert_harmless(reading: Reading) -> None:
    tags = {element.tag for element in reading.elements}
    assert not tags & {"script", "iframe", "object", "embed", "base", "form", "style", "img"}
    for element in reading.elements:
        assert not [name for name in element.attributes if name.startswith("on")], element
        assert "style" not in element.attributes
        for name in ("href", "src", "action", "formaction", "xlink:href"):
            address = element.attributes.get(name, "").strip().lower()
            assert not re.match(r"(javascript|data|vbscript):", address), element


def leaf_of(service: ServiceProcess, stream: str) -> str:
    """The newest leaf of a stream."""
    url = f"{service.url}/{stream}/by-time"
    while True:
        _, _, body = request(f"{url}?format=nq")
        below = [
            line.split()[2][1:-1] for line in body.decode().splitlines() if "/tree#node>" in line
        ]
        if not below:
            return url
        url = max(below)


# ------------------------------------------------------------------------------- identifiers

NAMES: Final = (
    "", " ", ".", "..", "../x", "a/b", "a%2fb", "a b", "a\r\nX-Evil: yes", "a\nb", "a\x00b", "a>b",
    "a<b", 'a"b', "a'b", "a`b", "a{b}", "a|b", "a\\b", "a^b", "a#b", "a?b", "a:b", "a@b", "é",
    "a\u202eb", "\u2028", "-a", "_a", ".a", "a" * 65, "a" * 100_000, "a\u0000", "a\ud800",
)  # fmt: skip


def spoilt(field: str, name: str) -> bytes:
    """A good event whose identifier in `field` is `name`."""
    match field:
        case "cabinet" | "outlet" | "key" | "source":
            data = json.loads(status("INJ-ID", NOON))
            data[field] = name
        case "meter":
            data = json.loads(measurement("INJ-ID", NOON))
            data["data"]["meter"] = name
        case "serial":
            data = json.loads(configuration("INJ-ID", NOON))
            data["data"]["meters"][0]["serial"] = name
        case _:
            data = json.loads(configuration("INJ-ID", NOON))
            data["data"]["outlets"][0]["id"] = name
    return json.dumps(data).encode()


@pytest.mark.parametrize("field", ["cabinet", "outlet", "meter", "serial", "id", "key", "source"])
def test_an_identifier_is_a_plain_name_or_nothing(service: ServiceProcess, field: str) -> None:
    """What could leave an IRI, a path or a header is rejected before it is in one."""
    events = [spoilt(field, name) for name in NAMES]
    answered, headers, body = push(service.url, events, token=TOKEN)
    assert answered == 200
    assert "x-evil" not in headers
    for name, result in zip(NAMES, json.loads(body)["results"], strict=True):
        assert (result["outcome"], result["members"]) == ("rejected", []), name
        assert len(result["reason"]) < 1_000


def test_no_answer_has_a_header_that_we_did_not_write(
    service: ServiceProcess, published: dict[str, str]
) -> None:
    """Also where an address out of the data stands in one: Location."""
    paths = [iri.removeprefix(service.url) for iri in published.values()]
    paths += [path.rpartition("/")[0] for path in paths]
    redirects = 0
    for path in paths:
        head = head_of(exchange(service.port, get(path)))
        assert {name for name, _ in head} <= HEADERS
        for name, value in head:
            assert value.isprintable()
            redirects += name == "location" and value.startswith(f"{service.url}/id/")
    assert redirects == len(published)


@pytest.mark.parametrize("field", ["street", "number", "postcode", "municipality"])
def test_every_text_of_an_address_is_a_text(service: ServiceProcess, field: str) -> None:
    data = json.loads(configuration(f"INJ-{field}", NOON))
    data["data"]["cabinet"]["address"] = {"street": "x", "number": "1", field: LABELS["a script"]}
    _, _, body = push(service.url, [json.dumps(data).encode()], token=TOKEN)
    (result,) = json.loads(body)["results"]
    found = False
    for iri in result["members"]:
        quads = page(iri, "nq").quads
        found |= LABELS["a script"] in {getattr(quad.object, "value", "") for quad in quads}
        assert_harmless(read_html(page(iri, "html").body))
    assert found or result["outcome"] == "quarantined"
