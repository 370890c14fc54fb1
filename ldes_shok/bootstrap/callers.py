"""Who may push, from the settings."""

from __future__ import annotations

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.sources.transports.http.push import PushSource
from ldes_shok.sources.transports.http.push_auth import Callers, SignedSource
from ldes_shok.sources.transports.http.section import HttpSource, Signature
from ldes_shok.sources.transports.http.signature import Algorithm, Encoding, Signing


def build_callers(settings: Settings, secrets: ServiceSecrets) -> Callers:
    """The HTTP sources, by their tokens and by their signatures."""
    return Callers(*who_may_push(settings, secrets))


def who_may_push(
    settings: Settings, secrets: ServiceSecrets
) -> tuple[list[PushSource], list[SignedSource]]:
    """The tokens of the HTTP sources, and how those sign that do."""
    tokens: list[PushSource] = []
    signed: list[SignedSource] = []
    for source in settings.sources:
        if not isinstance(source, HttpSource):
            continue
        origin = Origin("http", source.tenant, source.name)
        own = secrets.source_tokens.get(source.name, ())
        tokens += (PushSource(origin, token.reveal(), n) for n, token in enumerate(own, start=1))
        if source.signature is not None:
            keys = tuple(secret.reveal() for secret in secrets.signature_secrets[source.name])
            signing = _signing(source.signature, keys)
            signed.append(SignedSource(origin, signing, has_token=bool(own)))
    return tokens, signed


def _signing(told: Signature, secrets: tuple[str, ...]) -> Signing:
    signed = "{body}" if told.timestamp_header is None else "{timestamp}.{body}"
    return Signing(
        secrets=secrets,
        header=told.header,
        algorithm=Algorithm(told.algorithm),
        encoding=Encoding(told.encoding),
        prefix=told.prefix or "",
        timestamp_header=told.timestamp_header or "",
        tolerance_seconds=told.tolerance_seconds,
        signed=told.signed or signed,
    )
