"""Coined concepts: a small list of our own, and the one that ships."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib

from ldes_shok.errors import ShapesError
from ldes_shok.metadata.concepts import ConceptDocuments

BASE = "http://shok.test/"
SHIPPED = Path(__file__).parents[3] / "shapes" / "concepts.ttl"
EXAMPLE = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<id/conceptscheme/kleur> a skos:ConceptScheme ; skos:prefLabel "Kleur"@nl, "Colour"@en .
<id/concept/kleur/rood> a skos:Concept ; skos:inScheme <id/conceptscheme/kleur> ;
    skos:prefLabel "rood"@nl, "red"@en ; skos:notation "rood" ;
    skos:definition "Zwaar."@nl ; skos:exactMatch <http://example.org/red> .
<id/concept/kleur/blauw> a skos:Concept ; skos:inScheme <id/conceptscheme/kleur> ;
    skos:prefLabel "blauw"@nl .
<http://example.org/elders> skos:prefLabel "niet van ons"@nl .
"""


@pytest.fixture
def concepts(tmp_path: Path) -> ConceptDocuments:
    file = tmp_path / "concepts.ttl"
    file.write_text(EXAMPLE, "utf-8")
    return ConceptDocuments.load(file, BASE)


def test_a_concept_is_found_by_its_path(concepts: ConceptDocuments) -> None:
    red = concepts.get("concept/kleur/rood")
    assert red is not None
    assert (red.iri, red.label_nl, red.label_en) == (f"{BASE}id/concept/kleur/rood", "rood", "red")
    assert (red.notation, red.is_scheme) == ("rood", False)
    assert red.scheme_path == "conceptscheme/kleur"


def test_a_scheme_lists_its_concepts_by_label(concepts: ConceptDocuments) -> None:
    scheme = concepts.get("conceptscheme/kleur")
    assert scheme is not None
    assert scheme.is_scheme
    assert scheme.concept_paths == ("concept/kleur/blauw", "concept/kleur/rood")


def test_what_is_not_coined_is_not_ours(concepts: ConceptDocuments) -> None:
    assert concepts.get("concept/kleur/groen") is None
    assert concepts.label("http://example.org/elders") is None
    assert len(concepts.paths) == 3
    with pytest.raises(KeyError):
        concepts.document("concept/kleur/groen", "ttl")


def test_labels_are_dutch(concepts: ConceptDocuments) -> None:
    assert concepts.label(f"{BASE}id/concept/kleur/rood") == "rood"


def test_the_document_of_a_scheme_holds_its_concepts(concepts: ConceptDocuments) -> None:
    scheme = rdflib.Graph().parse(data=concepts.document("conceptscheme/kleur", "nt"), format="nt")
    assert len(set(scheme.subjects())) == 3
    one = rdflib.Graph().parse(data=concepts.document("concept/kleur/rood", "ttl"), format="turtle")
    assert {str(subject) for subject in one.subjects()} == {f"{BASE}id/concept/kleur/rood"}


def test_rows_name_the_scheme(concepts: ConceptDocuments) -> None:
    rows = {row.name: row.values[0].text for row in concepts.rows("concept/kleur/blauw")}
    assert rows["skos:inScheme"] == "Kleur"
    assert rows["skos:prefLabel"] == "blauw"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ShapesError):
        ConceptDocuments.load(tmp_path / "concepts.ttl", BASE)


def test_every_shipped_concept_has_names_and_a_document() -> None:
    concepts = ConceptDocuments.load(SHIPPED, BASE)
    assert len(concepts.paths) > 50
    for path in concepts.paths:
        concept = concepts.get(path)
        assert concept is not None
        assert concept.label_nl, path
        assert concept.label_en, path
        assert concept.scheme_path is None or concepts.get(concept.scheme_path), path
        assert concepts.document(path, "ttl")
