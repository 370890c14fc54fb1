"""A log that grows, a target in memory that can fail, and what must hold of what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urljoin

import msgspec

from ldes_shok.errors import ExportError
from ldes_shok.export.documents import Sources
from ldes_shok.export.exporter import ExportChoice, Exporter
from ldes_shok.export.request import ExportSummary
from ldes_shok.export.target import MANIFEST, Item, Life
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.walk_step import Step
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.metadata.concepts import ConceptDocuments
from ldes_shok.metadata.dcat import Catalogue, ServiceDescription
from ldes_shok.metadata.publisher import Publisher
from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.terms import iri
from tests.support.vertical import (
    BASE,
    Vertical,
    configuration,
    deliveries,
    delivery,
    measurement,
    reading,
)

FORMS = (Form.TURTLE, Form.JSONLD)
_SHAPE = "<{0}> a <http://www.w3.org/ns/shacl#NodeShape> ; <p:q> <{0}#Lid>, <{0}s> .\n"
_CONCEPT = f"{BASE}/id/concept/kasttype/marktkast"
_NODE = re.compile(rb"tree:node <([^>]*)>")
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


class Broken(ExportError):
    """The target broke off, as it was told."""


class MemoryTarget:
    """Holds files; breaks off when `left` of them are stored."""

    def __init__(self, files: Mapping[str, Item] | None = None, left: int | None = None) -> None:
        self.files = dict(files or {})
        self.order: list[str] = []
        self._left = left

    def names(self, directory: str) -> frozenset[str]:
        split = (name.rpartition("/") for name in self.files)
        return frozenset(last for above, _, last in split if above == directory)

    def read(self, name: str) -> bytes | None:
        return self.files[name].body if name in self.files else None

    def put(self, items: Sequence[Item]) -> int:
        # Backwards: what is put at once may be stored in any order.
        for item in reversed(items):
            if self._left is not None:
                if not self._left:
                    raise Broken("told to")
                self._left -= 1
            old = self.files.get(item.name)
            assert old is None or old.life is not Life.SEALED or old.body == item.body
            self.files[item.name] = item
            self.order.append(item.name)
        return len(items)

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def pages(self) -> dict[str, bytes]:
        """Everything but the manifest, whose text says who wrote how far."""
        return {name: item.body for name, item in self.files.items() if name != MANIFEST}


def links(item: Item) -> Iterator[str]:
    """The names that a page's relations lead to."""
    if item.name.endswith(".ttl"):
        found = [target.decode() for target in _NODE.findall(item.body)]
    else:
        document = msgspec.json.decode(item.body)
        nodes = document.get("@graph", [document])
        found = [r["node"] for node in nodes for r in node.get("relation", ())]
    for target in found:
        yield urljoin(f"http://host/{item.name}", target).removeprefix("http://host/")


def dangling(target: MemoryTarget) -> list[tuple[str, str]]:
    """Relations of nodes that lead to nothing."""
    return [
        (name, link)
        for name, item in target.files.items()
        if "/by-time" in name
        for link in links(item)
        if link not in target.files
    ]


def publish(vertical: Vertical, moment: datetime, count: int) -> None:
    """`count` readings at `moment`, each a millisecond after the one before it."""
    for number in range(count):
        vertical.clock.set(moment + timedelta(milliseconds=number))
        at = (moment + timedelta(milliseconds=number)).isoformat(timespec="milliseconds")
        event = measurement(
            at.replace("+00:00", "Z"), [reading("energy.import.register", f"{number}.5", "Wh")]
        )
        vertical.writer.write([delivery(event, vertical.clock.now())])


def begin(vertical: Vertical) -> None:
    """The cabinet is known."""
    vertical.writer.write(deliveries(configuration()))


def sources() -> Sources:
    """Small documents."""
    concept = (iri(_CONCEPT), f"<{_TYPE}>", "<http://www.w3.org/2004/02/skos/core#Concept>")

    def catalogue(url: str, streams: Sequence[EventStream]) -> Catalogue:
        return Catalogue(
            url,
            ServiceDescription("Stad", "City", "Verzonnen.", "Invented."),
            Publisher(name="Stad", iri="https://voorbeeldstad.example/id/stad"),
            "https://licence.example/1",
            streams,
            {stream.name: f"{BASE}/{stream.name}" for stream in streams},
        )

    return Sources(
        public_url=BASE,
        title="Voorbeeld <stad>",
        context=load_context().document,
        shapes={name: _SHAPE.format(f"{BASE}/shapes/{name}").encode() for name in STREAMS},
        concepts=ConceptDocuments((concept,), f"{BASE}/"),
        catalogue=catalogue,
    )


def run(
    vertical: Vertical,
    target: MemoryTarget,
    *names: str,
    forms: tuple[Form, ...] = FORMS,
    thorough: bool = False,
    progress: list[Step] | None = None,
) -> ExportSummary:
    """Export the streams with these names; all if there is none."""
    chosen = tuple(s for s in vertical.streams if not names or s.name in names)
    steps = progress if progress is not None else []
    return Exporter(vertical.reader, sources(), vertical.streams).run(
        target, ExportChoice(chosen, forms, thorough), steps.append
    )
