"""Validates a file without storing it: can its events or members be published?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ldes_shok.cabinet.incoming import Delivery, Origin, receive
from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import EventRejected, NotMapped, SourceError
from ldes_shok.ldes.member import FIRST_POSITION, Stamp, Term, Triple
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.state import CabinetState
from ldes_shok.pipeline.offline_types import ValidationLine
from ldes_shok.rdf.blocks import stamped
from ldes_shok.rdf.terms import value_of
from ldes_shok.rdf.vocab import IS_VERSION_OF
from ldes_shok.sources.transports.file import read_events
from ldes_shok.validation.judge import Judge


def validate_events(
    path: Path, origin: Origin, mapper: Mapper, judge: Judge, now: datetime
) -> Iterator[ValidationLine]:
    """Decode, map and judge each line. A configuration in the file counts for the lines below."""
    states: dict[str, CabinetState] = {}
    stamp = Stamp(FIRST_POSITION, to_milliseconds(now))
    for line in read_events(path):
        sentence = ""
        try:
            received = receive(Delivery(line.payload, origin, now))
            mapped = mapper.map(received, states.get(received.event.cabinet))
        except (EventRejected, NotMapped) as error:
            yield ValidationLine(line.number, ok=False, sentence=str(error))
            continue
        for draft in mapped.drafts:
            verdict = judge.judge(draft.stream, draft.iri, stamped(draft, stamp))
            if not verdict.conforms:
                sentence = verdict.sentence
                break
        if mapped.state is not None and not sentence:
            states[received.event.cabinet] = mapped.state
        yield ValidationLine(line.number, ok=not sentence, sentence=sentence)


def validate_members(path: Path, stream: str, judge: Judge) -> Iterator[ValidationLine]:
    """Judge each member of a Turtle or N-Triples file against a stream's shape.

    Raises:
        SourceError: the file cannot be read as RDF.
    """
    from ldes_shok.rdf.parse import load_turtle, triples_of  # noqa: PLC0415  a service needs none

    try:
        triples = triples_of(load_turtle(path, "urn:ldes-shok:file"))
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read as Turtle: {error}") from error
    by_subject: dict[Term, list[Triple]] = {}
    for triple in triples:
        by_subject.setdefault(triple[0], []).append(triple)
    members = [
        s for s, described in by_subject.items() if any(p == IS_VERSION_OF for _, p, _ in described)
    ]
    for member in sorted(members):
        verdict = judge.judge(stream, value_of(member), _description(member, by_subject))
        sentence = "" if verdict.conforms else f"{value_of(member)}: {verdict.sentence}"
        yield ValidationLine(0, ok=verdict.conforms, sentence=sentence)


def _description(subject: Term, by_subject: dict[Term, list[Triple]]) -> list[Triple]:
    """The triples of the subject and of its blank nodes (LDES 1.0, section 3.4)."""
    result: list[Triple] = []
    seen: set[Term] = set()
    waiting = [subject]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        for triple in by_subject.get(node, ()):
            result.append(triple)
            if triple[2].startswith("_:"):
                waiting.append(triple[2])
    return result
