"""The interface of the sections of all kinds of source, and of all dialects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ldes_shok.sections.base import Section
from ldes_shok.sections.secret import SecretReader, Secrets


@dataclass(frozen=True, slots=True)
class SourceSecrets:
    """The secrets of one source.

    Attributes:
        tokens: bearer tokens of its senders; no two sources may share one.
        passwords: the first is sent to the other side; or the passwords of stations.
        signatures: keys of its senders' signatures.
    """

    tokens: Secrets = ()
    passwords: Secrets = ()
    signatures: Secrets = ()


class SourceSection(Section, frozen=True):
    """A kind of source. The kinds themselves have the keys `name`, `tenant` and others."""

    listens: ClassVar[bool] = False
    """Whether its senders connect to us over HTTP."""

    has_topics: ClassVar[bool] = False
    """Whether its messages have an MQTT topic."""

    def problems(self, path: str, *, demo: bool) -> Iterator[str]:  # noqa: ARG002  most have no other rule
        """One sentence for each contradiction, the key first.

        Args:
            path: of the section, such as `sources[0]`.
            demo: whether the settings may contain secrets.
        """
        yield from ()

    def warnings(self, path: str) -> Iterator[str]:  # noqa: ARG002  most have none
        """One sentence for each setting that is allowed and probably a mistake."""
        yield from ()

    def secrets(self, reader: SecretReader, path: str, *, demo: bool) -> SourceSecrets:  # noqa: ARG002  most have none
        """Read its secrets; errors are collected in the reader."""
        return SourceSecrets()


class DialectSection(Section, frozen=True):
    """A dialect: the section `decode` of a source."""

    tells_presence: ClassVar[bool] = False
    """Whether the dialect itself reports that a cabinet is lost."""

    def problems(self, path: str, *, has_topics: bool) -> Iterator[str]:  # noqa: ARG002  most have no other rule
        """One sentence for each contradiction, the key first.

        Args:
            path: of the section, such as `sources[0].decode`.
            has_topics: whether messages have an MQTT topic.
        """
        yield from ()


class Canonical(DialectSection, frozen=True, tag="canonical", tag_field="as"):
    """Canonical events as they are: the default."""
