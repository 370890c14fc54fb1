"""Who may push, from the settings."""

from __future__ import annotations

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.settings.sources import HttpSource, Signature
from ldes_shok.sources.callers import Callers, SignedSource
from ldes_shok.sources.push import PushSource
from ldes_shok.sources.signature import Algorithm, Encoding, Signing


def build_callers(settings: Settings, secrets: ServiceSecrets) -> Callers:
    """The HTTP sources, by their tokens and by their signatures."""
    tokens: list[PushSource] = []
    signed: list[SignedSource] = []
    for source in settings.sources:
        if not isinstance(source, HttpSource):
            continue
        origin = Origin("http", source.tenant, source.name)
        token = secrets.source_tokens.get(source.name)
        if token is not None:
            tokens.append(PushSource(origin, token.reveal()))
        if source.signature is not None:
            secret = secrets.signature_secrets[source.name].reveal()
            signing = _signing(source.signature, secret)
            signed.append(SignedSource(origin, signing, has_token=token is not None))
    return Callers(tokens, signed)


def _signing(told: Signature, secret: str) -> Signing:
    signed = "{body}" if told.timestamp_header is None else "{timestamp}.{body}"
    return Signing(
        secret=secret,
        header=told.header,
        algorithm=Algorithm(told.algorithm),
        encoding=Encoding(told.encoding),
        prefix=told.prefix or "",
        timestamp_header=told.timestamp_header or "",
        tolerance_seconds=told.tolerance_seconds,
        signed=told.signed or signed,
    )
