"""P9: compares the forms of a page as graphs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from ldes_shok.client.fetching import Fetch, Response
from ldes_shok.fsck.finding import Finding, Invariant
from ldes_shok.ldes.member import Form
from ldes_shok.representation.media import FORM_OF, MEDIA_TYPES, Format

Canonical = Callable[[bytes, Form, str], str]
"""Canonical N-Quads of a document in a form, with the base of its relative IRIs.

`ldes_shok.rdf.canonical.canonical_nquads` with the context filled in. May raise ValueError.
"""

FORMS = (Format.TURTLE, Format.TRIG, Format.NTRIPLES, Format.NQUADS, Format.JSONLD)


def other_forms(response: Response, fetch: Fetch) -> Iterator[tuple[Format, Response]]:
    """The page of `response` in every RDF form, itself included."""
    for format_ in FORMS:
        media_type = MEDIA_TYPES[format_]
        if media_type == response.media_type:
            yield format_, response
        else:
            yield format_, fetch(response.url, media_type)


def check_forms(answers: list[tuple[Format, Response]], canonical: Canonical) -> Iterator[Finding]:
    """Compare the forms of one page with its N-Quads."""
    expected = ""
    texts: dict[bytes, str] = {}
    for format_, answer in sorted(answers, key=lambda item: item[0] is not Format.NQUADS):
        url = answer.url
        if answer.status != 200 or answer.media_type != MEDIA_TYPES[format_]:
            came = f"{answer.status} {answer.media_type}"
            sentence = f"{MEDIA_TYPES[format_]} was asked for, {came} came"
            yield Finding(Invariant.FORMS, url, sentence)
            continue
        form = FORM_OF[format_]
        key = hashlib.sha256(form.value.encode() + answer.body).digest()
        try:
            # The same bytes are the same graph: TriG without graphs is Turtle, N-Quads N-Triples.
            text = texts[key] if key in texts else canonical(answer.body, form, url)
        except ValueError as error:
            yield Finding(Invariant.FORMS, url, f"{format_.value} cannot be read: {error}")
            continue
        texts[key] = text
        expected = expected or text
        if text != expected:
            difference = sorted(set(text.split("\n")) ^ set(expected.split("\n")))
            sentence = f"{format_.value} and nq differ in {difference[0] if difference else 'size'}"
            yield Finding(Invariant.FORMS, url, sentence)
