"""How the settings of sources must fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ldes_shok.settings.model import Settings
from ldes_shok.sources.common.topic import check_filter
from ldes_shok.sources.dialects.csvfile.columns import fields_of
from ldes_shok.sources.dialects.csvfile.layout import Subject
from ldes_shok.sources.dialects.mapped.checks import mapping_problems
from ldes_shok.sources.dialects.mapped.section import Mapping
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, ngsild_problems
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.sections import P1, Canonical, Decode, p1_problems
from ldes_shok.sources.sections import (
    CsvSource,
    HttpSource,
    LdesSource,
    MqttSource,
    Ocpp16Source,
    Signature,
    Source,
    TcpSource,
)
from ldes_shok.sources.transports.poll.checks import poll_problems
from ldes_shok.sources.transports.poll.section import PollSource


def source_problems(settings: Settings) -> Iterator[str]:
    """One sentence for each contradiction in the sources, the key first."""
    counts = Counter(source.name for source in settings.sources)
    for name, count in counts.items():
        if count > 1:
            yield f"sources: {name} is the name of {count} sources; give each its own"
    sessions = Counter(
        (source.host, source.port, source.client_id)
        for source in settings.sources
        if isinstance(source, MqttSource)
    )
    for (_, _, client_id), count in sessions.items():
        if count > 1:
            yield f"sources: {count} of one broker have the client_id {client_id}; make it differ"
    yield from _contested(settings)
    for index, source in enumerate(settings.sources):
        path = f"sources[{index}]"
        if source.tenant not in settings.tenants:
            yield f"{path}.tenant: {source.tenant} is not one of tenants; add it there"
        yield from _transport(path, source, demo=settings.demo)
        if isinstance(source, HttpSource | MqttSource | PollSource | TcpSource):
            has_topics = isinstance(source, MqttSource)
            yield from _decode(f"{path}.decode", source.decode, has_topics=has_topics)


def _contested(settings: Settings) -> Iterator[str]:
    """Names that two streams that are followed would both tell of."""
    followed = [(i, s) for i, s in enumerate(settings.sources) if isinstance(s, LdesSource)]
    for (one, first), (two, second) in combinations(followed, 2):
        try:
            name = second.claim.contested(first.claim)
        except ValueError:
            continue  # of the URL, and told there
        if name is not None:
            key = "prefix" if second.prefix else "cabinets"
            yield (
                f"sources[{two}].{key}: {name} is claimed by sources[{one}] ({first.name}) too; a "
                "cabinet here is one cabinet of one city: give it another name in one of them"
            )


def _transport(path: str, source: Source, *, demo: bool) -> Iterator[str]:
    match source:
        case HttpSource():
            yield from _http_source(path, source, demo=demo)
        case MqttSource():
            yield from _mqtt_source(path, source)
        case Ocpp16Source():
            if (source.password_env is None) == (source.password_file is None):
                yield f"{path}: must have exactly one of password_env and password_file"
            yield from _ocpp16(path, source.decode)
        case PollSource():
            yield from poll_problems(path, source)
        case CsvSource():
            yield from _csv_source(path, source)
        case LdesSource():
            yield from _ldes_source(path, source)
        case TcpSource():
            yield from _tcp_source(path, source)


def _decode(path: str, decode: Decode, *, has_topics: bool) -> Iterator[str]:
    match decode:
        case Ocpp16():
            yield from _ocpp16(path, decode)
        case NgsiLd():
            yield from ngsild_problems(path, decode)
        case Mapping():
            yield from mapping_problems(path, decode)
        case P1():
            yield from p1_problems(path, decode, has_topics=has_topics)
        case Canonical():
            pass


def _ocpp16(path: str, decode: Ocpp16) -> Iterator[str]:
    if any(decode.topic.count(word) != 1 for word in ("{station}", "{direction}")):
        yield f"{path}.topic: must hold {{station}} and {{direction}}, each once"
    if decode.zone is not None and decode.zone not in available_timezones():
        yield f"{path}.zone: {decode.zone} is no time zone; write one such as Europe/Brussels"
    for key in (*decode.outlets, *decode.meters):
        station = key.rpartition("/")[0]
        if decode.stations and station not in decode.stations:
            yield f"{path}: {key} is of no station of {path}.stations; add {station} there"


def _http_source(path: str, source: HttpSource, *, demo: bool) -> Iterator[str]:
    tokens = [text for text in (source.token_env, source.token_file) if text is not None]
    if source.signature is None and len(tokens) != 1:
        yield f"{path}: must have exactly one of token_env and token_file"
    if source.signature is not None:
        if len(tokens) > 1:
            yield f"{path}: must have at most one of token_env and token_file"
        yield from _signature(f"{path}.signature", source.signature)
    if source.demo_token is not None and not demo:
        yield f"{path}.demo_token: a token in the file is for the demo only; use token_env"


def _signature(path: str, signature: Signature) -> Iterator[str]:
    if (signature.secret_env is None) == (signature.secret_file is None):
        yield f"{path}: must have exactly one of secret_env and secret_file"
    signed = signature.signed
    if signed is None:
        return
    if signed.count("{body}") != 1:
        yield f"{path}.signed: must have {{body}} in it once"
    has_time = "{timestamp}" in signed
    if has_time and signature.timestamp_header is None:
        yield f"{path}.timestamp_header: is missing; it says what {{timestamp}} is"
    if not has_time and signature.timestamp_header is not None:
        yield f"{path}.signed: must have {{timestamp}}; a time that is not signed proves nothing"


def _mqtt_source(path: str, source: MqttSource) -> Iterator[str]:
    for index, topic in enumerate(source.topics):
        try:
            check_filter(topic)
        except ValueError as error:
            yield f"{path}.topics[{index}]: {error}"
    if source.password_env is not None and source.password_file is not None:
        yield f"{path}: must have at most one of password_env and password_file"
    has_password = source.password_env is not None or source.password_file is not None
    if has_password and source.username is None:
        yield f"{path}.username: is missing; a broker takes a password only with a user name"
    files = (source.tls_ca_file, source.tls_certificate_file, source.tls_key_file)
    if not source.tls and any(file is not None for file in files):
        yield f"{path}.tls: must be true; without it the files of tls_ are not used"
    if source.tls_key_file is not None and source.tls_certificate_file is None:
        yield f"{path}.tls_certificate_file: is missing; a key is of no use without it"


def _tcp_source(path: str, source: TcpSource) -> Iterator[str]:
    if not isinstance(source.decode, P1):
        # A stream has no messages: somebody must know where one ends, and a telegram says so.
        yield f"{path}.decode.as: must be p1; nothing else is read from a tcp source"


def _csv_source(path: str, source: CsvSource) -> Iterator[str]:
    known = {field for subject in Subject for field in fields_of(subject)}
    named = (
        *((f"columns.{header}", field) for header, field in source.columns.items()),
        *((f"defaults.{field}", field) for field in source.defaults),
    )
    for key, field in named:
        if field not in known:
            yield f"{path}.{key}: there is no field {field}; there are {', '.join(sorted(known))}"
    try:
        ZoneInfo(source.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{path}.zone: {source.zone} is no time zone; write one such as Europe/Brussels"


def _ldes_source(path: str, source: LdesSource) -> Iterator[str]:
    try:
        parts = urlsplit(source.url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.fragment
    except ValueError:
        usable = False
    if not usable or "@" in source.url:
        yield f"{path}.url: must be an http or https URL without a user, a password and a fragment"
    if source.token_env is not None and source.token_file is not None:
        yield f"{path}: must have at most one of token_env and token_file"
    if bool(source.cabinets) == bool(source.prefix):
        yield (
            f"{path}: must have exactly one of cabinets and prefix, so that their stream tells of "
            "no cabinet of ours; cabinets names theirs that are taken and what they are called "
            "here, such as {KST-1: BUUR-1}, prefix takes all of them and stands before their "
            "names, such as BUUR-"
        )
    if len(set(source.cabinets.values())) != len(source.cabinets):
        yield f"{path}.cabinets: two of their cabinets have one name here; give each its own"
