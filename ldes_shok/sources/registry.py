"""Every kind of source, by its section, and the questions that all of them answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.sources.decoder import Decoder
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16Source
from ldes_shok.sources.dialects.registry import DECODERS, DecoderTools
from ldes_shok.sources.section import DialectSection, SourceSection
from ldes_shok.sources.transports.http.section import HttpSource
from ldes_shok.sources.transports.ldes.section import LdesSource, claim_problems
from ldes_shok.sources.transports.mqtt.section import MqttSource, session_problems
from ldes_shok.sources.transports.poll.section import PollSource
from ldes_shok.sources.transports.tcp.section import TcpSource

Source = HttpSource | MqttSource | PollSource | Ocpp16Source | TcpSource | LdesSource | CsvSource
"""A section of `sources`, chosen by `type`."""


def origin_of(source: Source) -> Origin:
    """The origin of a source's events."""
    return Origin(str(source.__struct_config__.tag), source.tenant, source.name)


def dialect_of(source: Source) -> SourceSection | DialectSection:
    """The section of the dialect of a source: its `decode`, or the source itself."""
    return source if isinstance(source, CsvSource | LdesSource) else source.decode


def build_decoder(section: SourceSection | DialectSection, tools: DecoderTools) -> Decoder | None:
    """The decoder of a dialect; None for canonical events."""
    build = DECODERS.get(type(section))
    return None if build is None else build(section, tools)


def tells_presence(source: Source) -> bool:
    """Whether the dialect itself reports that a cabinet is lost."""
    dialect = dialect_of(source)
    return isinstance(dialect, DialectSection) and dialect.tells_presence


def source_problems(
    sources: Sequence[Source], tenants: Collection[str], *, demo: bool
) -> Iterator[str]:
    """One sentence for each contradiction in the sources, the key first.

    Args:
        sources: in the order of the settings.
        tenants: the names of all tenants.
        demo: whether the settings may contain secrets.
    """
    for name, count in Counter(source.name for source in sources).items():
        if count > 1:
            yield f"sources: {name} is the name of {count} sources; give each its own"
    yield from session_problems(sources)
    yield from claim_problems(sources)
    for index, source in enumerate(sources):
        path = f"sources[{index}]"
        if source.tenant not in tenants:
            yield f"{path}.tenant: {source.tenant} is not one of tenants; add it there"
        yield from source.problems(path, demo=demo)
        dialect = dialect_of(source)
        if isinstance(dialect, DialectSection) and not isinstance(source, Ocpp16Source):
            yield from dialect.problems(f"{path}.decode", has_topics=source.has_topics)
