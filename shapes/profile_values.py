"""The words of a profile: values, properties, datatypes, class shapes."""

from __future__ import annotations

from dataclasses import dataclass, field

Cardinality = tuple[int, int | None]

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "as": "https://www.w3.org/ns/activitystreams#",
    "badr": "https://vocab.belgif.be/ns/address#",
    "cji": "https://data.vlaanderen.be/ns/cultuur-en-jeugd/infrastructuur#",
    "dbo": "http://dbpedia.org/ontology/",
    "dc11": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "locn": "http://www.w3.org/ns/locn#",
    "meters": "https://data.vlaanderen.be/ns/nutsvoorzieningen/meters#",
    "net": "https://vocab.belgif.be/ns/network#",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "qudts": "https://qudt.org/schema/qudt/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "s4bldg": "https://saref.etsi.org/saref4bldg/",
    "saref": "https://saref.etsi.org/core/",
    "schema": "https://schema.org/",
    "sf": "http://www.opengis.net/ont/sf#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sosa": "http://www.w3.org/ns/sosa/",
    "ssn": "http://www.w3.org/ns/ssn/",
    "time": "http://www.w3.org/2006/time#",
    "tree": "https://w3id.org/tree#",
    "unit": "http://qudt.org/vocab/unit/",
    "us": "https://vocab.belgif.be/ns/utility-services#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

_SEGMENT = "[A-Za-z0-9._-]+"
_KEYED = "[0-9a-z]{26}"
_ENTITIES = {
    "nutsvoorzieningnetwerk": f"{_SEGMENT}/{_SEGMENT}",
    "kast": f"{_SEGMENT}/{_SEGMENT}",
    "stopcontact": f"{_SEGMENT}/{_SEGMENT}/{_SEGMENT}",
    "meter": f"{_SEGMENT}/{_KEYED}",
    "aansluiting": f"{_SEGMENT}/{_SEGMENT}",
    "organisatie": f"{_SEGMENT}/{_SEGMENT}",
    "activering": f"{_SEGMENT}/{_KEYED}",
    "storing": f"{_SEGMENT}/{_KEYED}",
    "reservatie": f"{_SEGMENT}/{_KEYED}",
    "activiteit": f"{_SEGMENT}/{_SEGMENT}",
    "pseudoniem": f"{_SEGMENT}/{_KEYED}",
    "zone": f"{_SEGMENT}/{_SEGMENT}",
    "observatie": _KEYED,
}
_VERSION = r"/[0-9]{8}T[0-9]{6}(\.[0-9]{1,6})?Z-[0-9a-z]{16}"


def entity_pattern(*kinds: str) -> str:
    """The IRIs of entities of `kinds`, on any host: shapes cannot know the public URL."""
    return f"^https?://[^?#]+/id/({'|'.join(f'{k}/{_ENTITIES[k]}' for k in kinds)})$"


def version_pattern(*kinds: str) -> str:
    """The IRIs of versions of `kinds`: entity, own time, key."""
    return f"{entity_pattern(*kinds)[:-1]}{_VERSION}$"


def observation_pattern() -> str:
    """The IRIs of members that are observations."""
    return f"{entity_pattern('observatie')[:-1]}/[0-9a-z]{{16}}$"


@dataclass(frozen=True, slots=True)
class Value:
    """What a property's values must be: SHACL lines, and the same in words."""

    lines: tuple[str, ...] = ()
    nl: str = ""
    en: str = ""
    datatype: Datatype | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a class: AP term (or a prefixed name, for an addition) and value.

    `cardinality` is only given where it is narrower than the standard's, or for an addition.
    A `qualified` property counts only the values that are in its list.
    """

    term: str
    value: Value
    cardinality: Cardinality | None = None
    qualified: str = ""

    @property
    def name(self) -> str:
        """Unique within the class."""
        return f"{self.term}/{self.qualified}" if self.qualified else self.term


@dataclass(frozen=True, slots=True)
class Datatype:
    """A blank node inside a member. Either `properties` or `alternatives`."""

    name: str
    ap_class: str
    iri: str = ""
    properties: tuple[Property, ...] = ()
    alternatives: tuple[Datatype, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Which values go together: for each case, if `path` is in `when` then the path is `then`."""

    name: str
    term: str
    path: str
    nl: str
    en: str
    cases: tuple[tuple[Value, tuple[str, ...], Value], ...]


@dataclass(frozen=True, slots=True)
class ClassShape:
    """The members of one class in one stream."""

    name: str
    iri: str
    kinds: tuple[str, ...]
    member_pattern: str
    properties: tuple[Property, ...] = ()
    rules: tuple[Rule, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Stream:
    """One event stream: what all members have, and the classes of which each is exactly one."""

    name: str
    common: tuple[Property, ...]
    classes: tuple[ClassShape, ...]


def _quoted(pattern: str) -> str:
    escaped = pattern.replace("\\", "\\\\")
    return f'"{escaped}"'


def concepts(scheme: str, *names: str) -> Value:
    """A concept of one of our code lists."""
    listed = " ".join(f"<id/concept/{scheme}/{name}>" for name in names)
    words = ", ".join(names)
    return Value(
        (f"sh:in ( {listed} )",), f"waarde uit {scheme} ({words})", f"value of {scheme} ({words})"
    )


def one_of(nl: str, en: str, *iris: str) -> Value:
    """One of these prefixed names or IRIs."""
    return Value((f"sh:in ( {' '.join(iris)} )",), nl, en)


def link(nl: str, en: str, *kinds: str) -> Value:
    """The IRI of an entity of one of `kinds`."""
    pattern = _quoted(entity_pattern(*kinds))
    return Value(("sh:nodeKind sh:IRI", f"sh:pattern {pattern}"), f"IRI van {nl}", f"IRI of {en}")


def literal(datatype: str, pattern: str, nl: str, en: str) -> Value:
    """A typed literal whose lexical form is pinned: pyshacl asks Python, which takes too much."""
    return Value((f"sh:datatype {datatype}", f"sh:pattern {_quoted(pattern)}"), nl, en)


def dutch() -> Value:
    """A Dutch text."""
    lines = ("sh:datatype rdf:langString", 'sh:languageIn ( "nl" )', "sh:minLength 1")
    return Value(lines, "Nederlandse tekst (@nl)", "Dutch text (@nl)")


def string(maximum: int = 255) -> Value:
    """A short text without language."""
    lines = ("sh:datatype xsd:string", "sh:minLength 1", f"sh:maxLength {maximum}")
    return Value(lines, "tekst zonder taal", "text without a language")


def datatype(of: Datatype, nl: str, en: str) -> Value:
    """A blank node of a datatype."""
    return Value((), nl, en, of)
