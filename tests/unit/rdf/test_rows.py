"""Triples as rows for people."""

from __future__ import annotations

import pytest

from ldes_shok.rdf import terms, vocab
from ldes_shok.rdf.rows import PropertyRow, RowValue, rows_of, short_name

SUBJECT = terms.iri("http://shok.test/id/kast/voorbeeldstad/VBS-001/v1")


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("https://vocab.belgif.be/ns/utility-services#Connection.appurtenanceType",
         "us:Connection.appurtenanceType"),
        ("http://www.w3.org/ns/prov#generatedAtTime", "prov:generatedAtTime"),
        ("http://shok.test/id/kast/voorbeeldstad/VBS-001", "kast/voorbeeldstad/VBS-001"),
        ("https://shok.test/ldes/id/kast/x", "kast/x"),
        ("http://inspire.ec.europa.eu/codelist/ConditionOfFacilityValue/functional", "functional"),
        ("http://example.org/thing/", "thing/"),
        ("http://qudt.org/vocab/unit/KiloW-HR", "unit:KiloW-HR"),
        ("urn:x:y", "urn:x:y"),
    ],
)  # fmt: skip
def test_an_iri_has_a_short_name(iri: str, name: str) -> None:
    assert short_name(iri) == name


def test_rows_keep_their_order_and_nest() -> None:
    triples = (
        (SUBJECT, vocab.TYPE, vocab.CABINET),
        (SUBJECT, vocab.STATUS, terms.iri("http://shok.test/id/concept/s/vrij")),
        (SUBJECT, vocab.US_ADDRESS, "_:a"),
        ("_:a", vocab.POST_CODE, terms.plain('99"99')),
        ("_:a", vocab.THOROUGHFARE, terms.text("Verzonnen Markt", "nl")),
        (SUBJECT, vocab.STATUS, terms.iri("http://shok.test/id/concept/s/aan")),
        (SUBJECT, vocab.VALUE, terms.decimal("11.40")),
    )
    labels = {"http://shok.test/id/concept/s/vrij": "vrij"}
    kind, status, address, value = rows_of(triples, SUBJECT, labels.get)
    assert kind == PropertyRow(
        vocab.TYPE[1:-1], "rdf:type", (RowValue("us:Cabinet", iri=vocab.CABINET[1:-1]),)
    )
    assert [one.text for one in status.values] == ["vrij", "concept/s/aan"]
    assert [(row.name, row.values[0].text) for row in address.values[0].rows] == [
        ("locn:postCode", '99"99'),
        ("locn:thoroughfare", "Verzonnen Markt"),
    ]
    assert value.values == (RowValue("11.40", datatype="xsd:decimal"),)
