"""Event streams and views, as configured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Access(StrEnum):
    """Who may read a stream."""

    OPEN = "open"
    TOKEN = "token"  # noqa: S105  a word of the configuration, not a secret


@dataclass(frozen=True, slots=True)
class EventStream:
    """One append-only collection for one audience.

    Attributes:
        name: its name in the log and in its address: `kasten`, `verbruik-individueel`.
        kind: its name in the settings and in the mapping. It equals `name`, except for the
            successor of another stream: see `successor_of`.
        iri: absolute IRI, also the URL of the event stream document.
        view_iri: absolute IRI of the root node of its first view.
        shape_iri: absolute IRI of the node shape that every member conforms to.
        title_nl, title_en, description_nl, description_en: labels for people and for the
            catalogue; a rule by which its members are chosen stands in the description.
        access: who may read it.
        versioned_by: absolute IRI of `ldes:versionTimestampPath`, if versions may be published out
            of order (LDES 1.0, 4.3); else empty.
        polling_interval_seconds: how often a client should poll.
        page_suffix: the end of the URL of every node: `.ttl` if nodes are plain files.
        replaces, replaced_by: absolute IRI of the stream before and after this one, or empty.
    """

    name: str
    kind: str
    iri: str
    view_iri: str
    shape_iri: str
    title_nl: str
    title_en: str
    description_nl: str
    description_en: str
    access: Access
    versioned_by: str
    polling_interval_seconds: int
    page_suffix: str = ""
    replaces: str = ""
    replaced_by: str = ""


def successor_of(name: str) -> str:
    """The stream that continues the closed stream `name`, because a later rule publishes less."""
    return f"{name}-2"
