"""The event streams of the settings, and the disclosure rule of the stream of public sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from ldes_shok.http.handlers.streams import VIEW
from ldes_shok.ldes.stream import Access, EventStream, successor_of
from ldes_shok.mapping.streams import VERBRUIK, WITH_VERSION_TIME
from ldes_shok.rdf.vocab import VERSION_TIME_IRI
from ldes_shok.settings.model import Settings
from ldes_shok.settings.privacy import Privacy
from ldes_shok.settings.streams import Stream

_NO_RULE: Final = ("", "")
_EARLIER_RULE: Final = (
    "Opgeteld volgens een eerdere regel; er komt niets meer bij.",
    "Added up by an earlier rule; nothing is added any more.",
)


def event_streams(settings: Settings, closed: frozenset[str]) -> tuple[EventStream, ...]:
    """Return the streams in the order of the settings.

    Args:
        settings: of the service.
        closed: streams that the log closed under an earlier rule (`LogReader.closed_streams`). Each
            keeps its address, behind a token, and its successor comes after it.
    """
    return tuple(_event_streams(settings, closed))


def _event_streams(settings: Settings, closed: frozenset[str]) -> Iterator[EventStream]:
    for name, stream in settings.streams.by_name().items():
        rule = disclosure_rule(settings.privacy) if name == VERBRUIK else _NO_RULE
        current = _event_stream(settings, name, stream, rule)
        if name not in closed:
            yield current
            continue
        url = f"{settings.public_url}/{successor_of(name)}"
        yield replace(
            _event_stream(settings, name, stream, _EARLIER_RULE),
            title_nl=f"{stream.title_nl} (afgesloten)",
            title_en=f"{stream.title_en} (closed)",
            access=stream.access if settings.demo else Access.TOKEN,
            replaced_by=url,
        )
        yield replace(
            current,
            name=successor_of(name),
            iri=url,
            view_iri=f"{url}/{VIEW}",
            replaces=current.iri,
        )


def _event_stream(
    settings: Settings, name: str, stream: Stream, rule: tuple[str, str]
) -> EventStream:
    base = settings.public_url
    return EventStream(
        name=name,
        kind=name,
        iri=f"{base}/{name}",
        view_iri=f"{base}/{name}/{VIEW}",
        shape_iri=f"{base}/shapes/{name}",
        title_nl=stream.title_nl,
        title_en=stream.title_en,
        description_nl=f"{stream.description_nl} {rule[0]}".strip(),
        description_en=f"{stream.description_en} {rule[1]}".strip(),
        access=stream.access,
        versioned_by=VERSION_TIME_IRI if name in WITH_VERSION_TIME else "",
        polling_interval_seconds=settings.polling_interval_seconds,
    )


def disclosure_rule(privacy: Privacy) -> tuple[str, str]:
    """Return the rule of public sums, in Dutch and English (issue 9; `derive/disclosure.py`)."""
    nl = (
        f"Elk deel is van minstens {privacy.k} gebruikers, van wie de twee grootste samen "
        f"hoogstens {privacy.largest_two_percent} % verbruiken; gepubliceerd vanaf "
        f"{privacy.delay_hours} uur na de dag."
    )
    en = (
        f"Every part is of at least {privacy.k} users, of whom the two largest together use at "
        f"most {privacy.largest_two_percent} %; published {privacy.delay_hours} hours after "
        "the day or later."
    )
    finer = [
        words
        for words, is_public in (
            (("kwartieren", "quarters of an hour"), privacy.quarters),
            (("kasten", "cabinets"), privacy.cabinets),
        )
        if is_public
    ]
    if finer:
        nl += f" Ook {' en '.join(w[0] for w in finer)}, van minstens {privacy.fine_k} gebruikers."
        en += f" Also {' and '.join(w[1] for w in finer)}, of at least {privacy.fine_k} users."
    return nl, en
