from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.quads import MEDIA_TYPES, read_quads

BASE = "https://buurstad.example/kasten"
CONTEXT = load_context()
SAID = f'<{BASE}/a> <urn:p> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal>'
DOCUMENTS = {
    "application/n-quads": f"{SAID} <urn:g> .\n",
    "application/n-triples": f"{SAID} .\n",
    "application/trig": '<urn:g> { <kasten/a> <urn:p> 1.50 . } <b> <urn:p> "t" .',
    "text/turtle": "<kasten/a> <urn:p> 1.50 .",
    "application/ld+json": '{"@context": "https://buurstad.example/context.jsonld", '
    '"@id": "kasten/a", "urn:p": {"@value": "1.50", '
    '"@type": "http://www.w3.org/2001/XMLSchema#decimal"}}',
}


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_every_form_keeps_the_value_as_it_is_written(media_type: str) -> None:
    quads = read_quads(DOCUMENTS[media_type].encode(), media_type, BASE, CONTEXT)
    graph = "<urn:g>" if media_type in {"application/n-quads", "application/trig"} else ""
    subject, predicate, value, name = next(quad for quad in quads if "1.50" in quad[2])
    assert f"{subject} {predicate} {value}" == SAID
    assert name == graph


@pytest.mark.parametrize(
    ("body", "media_type", "sentence"),
    [
        (b"<a> <b> .", "application/n-quads", "line 1 is not N-Quads"),
        (b"\xff", "application/n-quads", "codec"),
        (b"<a> <b> ", "text/turtle", "it is not turtle"),
        (b"{ <a>", "application/trig", "it is not trig"),
        (b"[" * 5000, "text/turtle", "it is not turtle"),
        (b"[" * 5000, "application/ld+json", "it is not JSON-LD"),
        (b'{"@context": "https://elsewhere.example/c", "a": 1}', "application/ld+json", "fetched"),
        (b'{"@context": {"@import": "http://x.example/"}}', "application/ld+json", "fetched"),
        (b'{"@context": "file:///etc/passwd"}', "application/ld+json", "fetched"),
        (b"<html>", "text/html", "text/html is no form of RDF"),
        (b"", "", "no content type"),
    ],
)
def test_what_is_no_rdf_is_refused_with_a_sentence(
    body: bytes, media_type: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_quads(body, media_type, BASE, CONTEXT)


@given(st.binary(max_size=60), st.sampled_from(MEDIA_TYPES))
def test_any_bytes_are_statements_or_a_value_error(body: bytes, media_type: str) -> None:
    try:
        read_quads(body, media_type, BASE, CONTEXT)
    except ValueError:
        return


_LONG = "y" * 3_000


@pytest.mark.parametrize(
    ("body", "media_type", "sentence"),
    [
        ("<a:b> <c:d> <e:f> .\n" * 11, "application/n-quads", "more statements than 10"),
        ("\n" * 21, "application/n-triples", "it has 21 lines"),
        (f'<a:b> <c:d> "{"x" * 70_000}" .', "application/n-quads", "a line has 70016 bytes"),
        ("<a:b> <c:d> 1,2,3,4,5,6,7,8,9,10,11 .", "text/turtle", "more statements than 10"),
        ("<a:b> <c:d> (1 2 3 4 5 6 7 8 9) .", "text/turtle", "more statements than 10"),
        ("(" * 161, "text/turtle", "161 signs between terms"),
        ("<a:b> {<c:d> <e:f> 1,2,3,4,5,6,7,8,9,10,11}", "application/trig", "more statements"),
        ("[" * 161, "application/ld+json", "161 signs between terms"),
        ('{"@id":"a:b","c:d":[1,2,3,4,5,6,7,8,9,10,11]}', "application/ld+json", "more statements"),
        ('{"a":{"@context":{"p":"urn:x"}}}', "application/ld+json", "a context of its own"),
        (f'{{"@context":[{{"@base":"urn:{_LONG}"}}]}}', "application/ld+json", "of its own"),
    ],
)
def test_what_takes_far_more_than_its_bytes_is_refused(
    body: str, media_type: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_quads(body.encode(), media_type, BASE, CONTEXT, 10)


def test_names_that_repeat_a_long_prefix_are_refused() -> None:
    prefixes = f"@prefix p: <urn:{'y' * 70_000}> .\n"
    with pytest.raises(ValueError, match=r"1000 prefixes in .* may make names too long"):
        read_quads(
            (prefixes + "@prefix q: <urn:q> .\n" * 999).encode(), "text/turtle", BASE, CONTEXT
        )
    repeated = prefixes + "".join(f"p:a p:b p:{number} .\n" for number in range(400))
    with pytest.raises(ValueError, match="more than 67108864 bytes, written out"):
        read_quads(repeated.encode(), "text/turtle", BASE, CONTEXT)


def test_a_long_text_is_read_once() -> None:
    said = f'<a:b> <c:d> "{"x" * 60_000}" .\n<a:b> <c:d> "\\u0041\\"" .\n'
    quads = read_quads(said.encode(), "application/n-quads", BASE, CONTEXT)
    assert [len(quad[2]) for quad in quads] == [60_002, 10]
