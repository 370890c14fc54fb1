"""Which representation a request gets: the best that it accepts, and never nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.representation.media import (
    FORM_OF,
    MEDIA_TYPES,
    Format,
    accepts_encoding,
    content_type,
    negotiate,
)

# What the rdf-dereference library of the npm client asks for.
COMUNICA = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,"
    "application/n-triples;q=0.8,text/turtle;q=0.6,application/rdf+xml;q=0.5,"
    "text/n3;q=0.35,application/xml;q=0.3,image/svg+xml;q=0.3,text/xml;q=0.3,"
    "text/html;q=0.2,application/xhtml+xml;q=0.18,application/json;q=0.135"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        (None, Format.TURTLE),
        ("", Format.TURTLE),
        ("*/*", Format.TURTLE),
        (" */* ", Format.TURTLE),
        ("text/turtle", Format.TURTLE),
        (COMUNICA, Format.NQUADS),
        (FIREFOX, Format.HTML),
        (CHROMIUM, Format.HTML),
        ("application/ld+json", Format.JSONLD),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', Format.JSONLD),
        ("application/json", Format.JSONLD),
        ("APPLICATION/N-QUADS", Format.NQUADS),
        ("application/trig", Format.TRIG),
        ("application/n-triples, text/html;q=0.9", Format.NTRIPLES),
        ("text/html;q=0.5, text/turtle;q=0.6", Format.TURTLE),
        ("text/*", Format.TURTLE),
        ("text/turtle;q=0, text/*", Format.HTML),
        ("application/*;q=0.5, text/html;q=0.4", Format.NQUADS),
        ("*/*, text/turtle;q=0", Format.NQUADS),
        # Whoever names a type wants it, also when anything at all would do.
        ("application/ld+json, */*", Format.JSONLD),
        ("application/json, text/plain, */*", Format.JSONLD),
        ("text/html;q=0.8, */*;q=0.8", Format.HTML),
        # But not against its own weights.
        ("text/html;q=0.6, */*", Format.TURTLE),
        ("application/ld+json;q=0.9, */*;q=0.95", Format.TURTLE),
        ("text/html;q=.8, text/turtle;q=.7", Format.HTML),
        ("text/html;q=0.12345, text/turtle;q=0.1234", Format.HTML),
        # Commas, semicolons and weights within quotes are none.
        ('application/trig;a="x, text/turtle", application/n-quads;q=0.5', Format.TRIG),
        ('application/trig;a=";q=0.1", application/n-quads;q=0.5', Format.TRIG),
        ('application/trig;a="\\", text/turtle;q=1", application/n-quads;q=0.5', Format.TRIG),
        ('application/trig;a="never closed, text/turtle', Format.TRIG),
        ("text/html;q=1_0, text/turtle;q=0.5", Format.TURTLE),
        ("text/html;q=1e0, text/turtle;q=0.5", Format.TURTLE),
        ("text/turtle; Q=0.1, application/trig; q=0.2", Format.TRIG),
        # Nothing fits, or nothing can be read: Turtle, because a 406 helps nobody.
        ("image/png", Format.TURTLE),
        ("application/rdf+xml", Format.TURTLE),
        ("text/turtle;q=0", Format.TURTLE),
        ("*/*;q=0", Format.TURTLE),
        ("text/html;q=nonsense", Format.TURTLE),
        ("text/html;q=nan", Format.TURTLE),
        (";;;,,,q=1", Format.TURTLE),
        ("text/html;q=-1", Format.TURTLE),
        ("text/html;q=7, text/turtle", Format.TURTLE),
    ],
)
def test_negotiation(accept: str | None, format_: Format) -> None:
    assert negotiate(accept) is format_


@given(st.text(st.sampled_from("abtex/turlhmn*;,=q.0189 +jsond"), max_size=80))
def test_any_header_gets_an_answer(accept: str) -> None:
    assert negotiate(accept) in Format
    assert accepts_encoding(accept) in {"identity", "gzip", "br"}


@given(st.lists(st.sampled_from(list(MEDIA_TYPES)), min_size=1, unique=True))
def test_the_highest_quality_wins_in_whatever_order_it_stands(formats: list[Format]) -> None:
    ranges = [f"{MEDIA_TYPES[f]};q={0.9 - n * 0.1:.1f}" for n, f in enumerate(formats)]
    assert negotiate(", ".join(ranges)) is formats[0]
    assert negotiate(",".join(reversed(ranges))) is formats[0]


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0", "identity"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("br;q=0, *", "gzip"),
        ("identity", "identity"),
        ("zstd", "identity"),
        # What is weighed counts, identity too.
        ("identity, br;q=0.1", "identity"),
        ("identity;q=0.5, gzip;q=0.4", "identity"),
        ("identity;q=0.5, gzip;q=0.6", "gzip"),
        ("identity;q=0.5, *;q=0", "identity"),
        ("identity;q=0.5, *", "br"),
        ("identity;q=0.5, *;q=0.1", "identity"),
        ("*;q=0.1", "br"),
        ("br;q=0.1", "br"),
        ("gzip;q=0.2, *;q=0.1", "gzip"),
        # Of what weighs the same we choose.
        ("identity, gzip", "gzip"),
        ("gzip, identity, br", "br"),
        ("identity;q=0.5, br;q=0.5", "br"),
        ("x-gzip", "gzip"),
        ("X-GZIP;q=0.5, br;q=0.4", "gzip"),
        ("identity;q=0", "identity"),
        ("br;q=nan, gzip;q=0.001", "gzip"),
    ],
)
def test_content_codings(accept_encoding: str | None, coding: str) -> None:
    assert accepts_encoding(accept_encoding) == coding


@pytest.mark.parametrize(
    ("format_", "profile", "expected"),
    [
        (Format.HTML, True, "text/html; charset=utf-8"),
        (Format.TURTLE, False, "text/turtle; charset=utf-8"),
        (
            Format.TURTLE,
            True,
            'text/turtle; charset=utf-8; profile="https://w3id.org/tree/profile"',
        ),
        (Format.TRIG, False, "application/trig; charset=utf-8"),
        (Format.NTRIPLES, False, "application/n-triples"),
        (Format.NQUADS, True, 'application/n-quads; profile="https://w3id.org/tree/profile"'),
        (Format.JSONLD, True, "application/ld+json"),
    ],
)
def test_content_types(format_: Format, profile: bool, expected: str) -> None:
    assert content_type(format_, profile=profile) == expected


def test_every_format_but_html_is_made_of_a_form() -> None:
    assert set(FORM_OF) == set(Format) - {Format.HTML}
