"""The shapes against the standard's own tables: inheritance applied, every deviation written down.

Reads the shape files and the tables, and nothing of the generator that wrote them.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ldes_shok.ldes.member import Term
from ldes_shok.rdf.parse import load_turtle, triples_of
from ldes_shok.rdf.syntax import split
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.source import RDF_TYPE, ShapesSource, sh

pytestmark = pytest.mark.compliance

DIRECTORY = Path(__file__).parents[2] / "shapes"
BASE = "http://shok.test"
SHAPES = Shapes.load(DIRECTORY, BASE)
XSD = "http://www.w3.org/2001/XMLSchema#"
DATATYPES = {
    "DateTime": f"<{XSD}dateTime>",
    "String": f"<{XSD}string>",
    "LangString": "<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>",
}


def _table(name: str) -> list[dict[str, str]]:
    with (DIRECTORY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


STANDARD = _table("standard.csv")
CLASSES = {row["term"]: row for row in _table("classes.csv")}
DEVIATIONS = _table("deviations.csv")


@dataclass(frozen=True, slots=True)
class ClassShape:
    """A node shape that stands for one class of the standard."""

    stream: str
    term: str
    shape: Term

    @property
    def source(self) -> ShapesSource:
        return SHAPES.source(self.stream)

    def properties(self) -> dict[Term, list[Term]]:
        """Path to the property shapes that constrain it."""
        found: dict[Term, list[Term]] = {}
        for prop in self.source.values(self.shape, "property"):
            (path,) = self.source.values(prop, "path")
            found.setdefault(path, []).append(prop)
        return found

    def cardinality(self, path: Term) -> tuple[int, float]:
        """What the property shapes on `path` allow together."""
        props = self.properties()[path]
        low = [int(split(v).value) for p in props for v in self.source.values(p, "minCount")]
        high = [int(split(v).value) for p in props for v in self.source.values(p, "maxCount")]
        return max(low, default=0), min(high, default=float("inf"))


def _class_shapes() -> Iterator[ClassShape]:
    for stream in SHAPES.streams:
        source = SHAPES.source(stream)
        for subject in source.subjects():
            if source.label(subject) in {*CLASSES, "Verwijdering"} and source.values(
                subject, "property"
            ):
                yield ClassShape(stream, source.label(subject), subject)


CLASS_SHAPES = tuple(_class_shapes())
each_class = pytest.mark.parametrize(
    "shape", CLASS_SHAPES, ids=lambda s: f"{s.stream}-{split(s.shape).value.rpartition('#')[2]}"
)


def _ancestors(term: str) -> set[str]:
    if term not in CLASSES:
        return set()
    above = CLASSES[term]["superclasses"].split()
    return {term}.union(*(_ancestors(parent) for parent in above))


def _rows(term: str) -> list[dict[str, str]]:
    """The properties of a class, its superclasses' included."""
    classes = _ancestors(term)
    return [row for row in STANDARD if row["term"].partition(".")[0] in classes]


def _deviates(shape: ClassShape, kind: str) -> set[str]:
    return {
        row["term"]
        for row in DEVIATIONS
        if row["kind"] == kind
        and shape.stream in row["streams"].split()
        and (row["classes"] == "*" or shape.term in row["classes"].split())
    }


def _names(shape: ClassShape, path: Term) -> set[str]:
    return {shape.source.text(prop, "name") for prop in shape.properties()[path]}


def test_the_tables_are_whole() -> None:
    assert len(STANDARD) == 108
    assert {row["term"].partition(".")[0] for row in STANDARD} <= CLASSES.keys()
    parents = {p for row in CLASSES.values() for p in row["superclasses"].split()}
    assert parents <= CLASSES.keys()


@each_class
def test_every_mandatory_property_is_demanded_or_a_listed_deviation(shape: ClassShape) -> None:
    properties = shape.properties()
    omitted = _deviates(shape, "omitted")
    for row in _rows(shape.term):
        if row["min"] == "0":
            continue
        path = f"<{row['iri']}>"
        if row["term"] in omitted:
            assert path not in properties, f"{row['term']} is said to be left out, and is not"
        else:
            assert path in properties, f"{row['term']} is mandatory and missing"
            assert shape.cardinality(path)[0] >= 1, f"{row['term']} is mandatory"


@each_class
def test_no_cardinality_is_wider_than_the_standards(shape: ClassShape) -> None:
    properties = shape.properties()
    for row in _rows(shape.term):
        path = f"<{row['iri']}>"
        if path not in properties or row["max"] == "*":
            continue
        maximum = float(row["max"])
        assert shape.cardinality(path)[1] <= maximum, row["term"]


@each_class
def test_every_other_property_is_a_listed_addition(shape: ClassShape) -> None:
    known = {f"<{row['iri']}>": row["term"] for row in _rows(shape.term)}
    is_member = shape.source.values(shape.shape, "pattern")
    added = _deviates(shape, "added") if is_member else set()
    for path in shape.properties():
        if path in known or (path == RDF_TYPE and shape.term in CLASSES):
            continue
        assert _names(shape, path) <= added, f"{path} is neither the standard's nor listed"


@each_class
def test_each_property_is_named_by_a_term_of_its_class(shape: ClassShape) -> None:
    terms: dict[Term, set[str]] = {}
    for row in _rows(shape.term):
        terms.setdefault(f"<{row['iri']}>", set()).add(row["term"])
    for path, allowed in terms.items():
        if path in shape.properties():
            assert _names(shape, path) <= allowed


@each_class
def test_each_value_is_in_the_standards_range(shape: ClassShape) -> None:
    source = shape.source
    for row in _rows(shape.term):
        for prop in shape.properties().get(f"<{row['iri']}>", []):
            if source.text(prop, "name") != row["term"]:
                continue
            wanted = DATATYPES.get(row["range"])
            if wanted is not None:
                assert source.values(prop, "datatype") == [wanted], row["term"]
            elif row["range"] not in {"Literal", "Any"}:
                nested = CLASSES.get(row["range"], {}).get("kind") == "datatype"
                kinds = source.values(prop, "nodeKind")
                listed = [i for head in source.values(prop, "in") for i in source.items(head)]
                if nested:
                    assert kinds == [sh("BlankNode")], row["term"]
                    (node,) = source.values(prop, "node")
                    reached = _ancestors(source.label(node))
                    assert row["range"] in reached or row["range"] == "Locatie", row["term"]
                else:
                    assert kinds == [sh("IRI")] or all(i.startswith("<") for i in listed), row
                    assert kinds or listed, row["term"]


@each_class
def test_the_class_is_pinned_and_the_shape_closed(shape: ClassShape) -> None:
    (pin,) = shape.properties()[RDF_TYPE]
    iri = CLASSES.get(shape.term, {"iri": "https://www.w3.org/ns/activitystreams#Delete"})["iri"]
    assert shape.source.values(pin, "hasValue") == [f"<{iri}>"]
    assert shape.cardinality(RDF_TYPE) == (1, 1)
    assert [split(v).value for v in shape.source.values(shape.shape, "closed")] == ["true"]
    assert shape.source.values(shape.shape, "ignoredProperties") == []


def test_every_listed_deviation_is_one() -> None:
    for row in DEVIATIONS:
        for stream in row["streams"].split():
            shapes = [s for s in CLASS_SHAPES if s.stream == stream]
            members = [s for s in shapes if s.source.values(s.shape, "pattern")]
            named = [
                s for s in members if row["classes"] == "*" or s.term in row["classes"].split()
            ]
            assert named, row
            for shape in named:
                names = {n for path in shape.properties() for n in _names(shape, path)}
                assert (row["term"] in names) == (row["kind"] == "added"), (row, shape)


@pytest.mark.parametrize("stream", SHAPES.streams)
def test_each_deviation_is_told_in_the_shape(stream: str) -> None:
    comments = " ".join(
        split(value).value
        for predicate, values in SHAPES.source(stream)
        .statements(f"<{SHAPES.shape_iri(stream)}>")
        .items()
        if predicate.endswith("#comment>")
        for value in values
    )
    for row in DEVIATIONS:
        if stream in row["streams"].split():
            assert row["term"] in comments
            assert row["reason"] in comments


@pytest.mark.parametrize("stream", SHAPES.streams)
def test_every_message_is_in_dutch_and_english(stream: str) -> None:
    source = SHAPES.source(stream)
    for subject in source.subjects():
        if source.values(subject, "name"):
            assert source.text(subject, "message", "nl")
            assert source.text(subject, "message", "en")


def _concepts() -> ShapesSource:
    return ShapesSource(triples_of(load_turtle(DIRECTORY / "concepts.ttl", BASE + "/")))


def test_every_concept_that_the_shapes_name_is_coined_with_labels() -> None:
    concepts = _concepts()
    known = set(concepts.subjects())
    label = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    named = {
        term
        for stream in SHAPES.streams
        for triple in SHAPES.by_stream[stream].triples
        for term in triple
        if term.startswith(f"<{BASE}/id/concept/")
    }
    assert len(named) > 70
    assert named <= known
    for subject in known:
        languages = {split(text).language for text in concepts.statements(subject)[label]}
        assert languages == {"nl", "en"}, subject


def test_every_concept_is_used_and_in_its_scheme() -> None:
    concepts = _concepts()
    text = "".join(SHAPES.ntriples(stream).decode() for stream in SHAPES.streams)
    in_scheme = "<http://www.w3.org/2004/02/skos/core#inScheme>"
    for subject in concepts.subjects():
        if "/id/concept/" not in subject:
            continue
        assert subject in text, f"{subject} is in no shape"
        (scheme,) = concepts.statements(subject)[in_scheme]
        assert subject.startswith(scheme[:-1].replace("/conceptscheme/", "/concept/") + "/")
        assert scheme in concepts.subjects()


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.ttl")), ids=lambda p: p.name)
def test_no_host_is_written_into_what_we_coin(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for host in ("shok.example", "localhost", "127.0.0.1", "shok.test"):
        assert host not in text


def test_the_files_are_what_the_generator_writes() -> None:
    command = [sys.executable, str(DIRECTORY / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
