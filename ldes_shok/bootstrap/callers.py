"""The callers that may push, built from the settings."""

from __future__ import annotations

from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.sources.registry import origin_of
from ldes_shok.sources.transports.http.push import PushSource
from ldes_shok.sources.transports.http.push_auth import Callers, SignedSource
from ldes_shok.sources.transports.http.section import HttpSource
from ldes_shok.sources.transports.http.signature import Signing


def build_callers(settings: Settings, secrets: ServiceSecrets) -> Callers:
    """Return the HTTP sources, by their tokens and by their signatures."""
    return Callers(*who_may_push(settings, secrets))


def who_may_push(
    settings: Settings, secrets: ServiceSecrets
) -> tuple[list[PushSource], list[SignedSource]]:
    """Return the tokens of the HTTP sources, and the signatures of those that sign."""
    tokens: list[PushSource] = []
    signed: list[SignedSource] = []
    for source in settings.sources:
        if not isinstance(source, HttpSource):
            continue
        origin = origin_of(source)
        own = secrets.source_tokens.get(source.name, ())
        tokens += (PushSource(origin, token.reveal(), n) for n, token in enumerate(own, start=1))
        if source.signature is not None:
            keys = tuple(secret.reveal() for secret in secrets.signature_secrets[source.name])
            signing = Signing(source.signature, keys)
            signed.append(SignedSource(origin, signing, has_token=bool(own)))
    return tokens, signed
