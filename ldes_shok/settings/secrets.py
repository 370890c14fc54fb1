"""Reads all secrets of a service from the places that its settings name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ldes_shok.errors import ConfigurationError
from ldes_shok.ldes.stream import Access
from ldes_shok.sections.secret import LEAST_SECRET_CHARACTERS, Secret, SecretReader, Secrets
from ldes_shok.settings.model import Settings

_RAW_KEY = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True)
class ServiceSecrets:
    """All secrets of a running service; they must never be printed.

    Attributes:
        identity: the key of keyed IRIs.
        source_tokens: the bearer tokens of each HTTP source, by name.
        source_passwords: by name of the source, the secrets it sends to the other side (the first
            one counts), or those that the stations of an OCPP source may send.
        stream_tokens: the tokens that open each restricted stream, by name; empty: no token.
        consumer_tokens: the tokens of each consumer, by name.
        signature_secrets: the secrets with which each HTTP source may sign, by name, if it signs.
        warnings: one sentence for each doubtful thing: a file that all may read, a short token.
    """

    identity: Secret
    source_tokens: Mapping[str, Secrets]
    source_passwords: Mapping[str, Secrets]
    stream_tokens: Mapping[str, Secrets]
    consumer_tokens: Mapping[str, Secrets]
    warnings: tuple[str, ...]
    signature_secrets: Mapping[str, Secrets] = field(default_factory=dict)

    def shown_by(self, source: str) -> str | None:
        """Return the secret that a source sends to the other side; None if it sends none."""
        passwords = self.source_passwords.get(source, ())
        return passwords[0].reveal() if passwords else None


def resolve_identity(settings: Settings, environ: Mapping[str, str]) -> Secret:
    """Return the key of keyed IRIs.

    Raises:
        ConfigurationError: the key is not set, cannot be read or is too short.
    """
    reader = SecretReader(environ)
    secret = _identity(reader, settings)
    if secret is None:
        raise ConfigurationError("\n".join(reader.problems))
    return secret


def resolve_secrets(settings: Settings, environ: Mapping[str, str]) -> ServiceSecrets:
    """Return every secret that `serve` needs.

    Raises:
        ConfigurationError: one line for each secret that is not set or cannot be read; it names
            the variable or the file, never the secret.
    """
    reader = SecretReader(environ)
    identity = _identity(reader, settings)
    of_sources = {
        source.name: source.secrets(reader, f"sources[{index}]", demo=settings.demo)
        for index, source in enumerate(settings.sources)
    }
    tokens = {name: own.tokens for name, own in of_sources.items() if own.tokens}
    streams = {
        name: reader.tokens_of_all(f"streams.{name}.token", stream.token_env, stream.token_file)
        for name, stream in settings.streams.by_name().items()
        if stream.access is Access.TOKEN
    }
    consumers = {
        consumer.name: reader.tokens(
            f"consumers[{index}].token", consumer.token_env, consumer.token_file
        )
        for index, consumer in enumerate(settings.consumers)
    }
    _refuse_shared(reader, "sources", tokens)
    _refuse_shared(reader, "consumers", consumers | _first_of_each(streams))
    if identity is None or reader.problems:
        raise ConfigurationError("\n".join(reader.problems))
    return ServiceSecrets(
        identity,
        tokens,
        {name: own.passwords for name, own in of_sources.items() if own.passwords},
        streams,
        consumers,
        tuple(reader.warnings),
        {name: own.signatures for name, own in of_sources.items() if own.signatures},
    )


def resolve_raw_keys(settings: Settings, environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the keys of the raw archive, the current one first; none if it is kept readable.

    Raises:
        ConfigurationError: a key is not set, cannot be read, or is not valid.
    """
    raw, reader, where = settings.privacy.raw, SecretReader(environ), "privacy.raw"
    texts = [
        reader.secret(f"{where}.key", raw.key_env, raw.key_file),
        *(reader.secret(f"{where}.old_key", variable, None) for variable in raw.old_key_env),
        *(reader.secret(f"{where}.old_key", None, file) for file in raw.old_key_file),
    ]
    keys: list[bytes] = []
    for secret in texts:
        if secret is None:
            continue
        if _RAW_KEY.fullmatch(secret.reveal()) is None:
            reader.problems.append(
                f"{where}: a key must be 64 hexadecimal digits; "
                "make one with `openssl rand -hex 32`"
            )
            continue
        keys.append(bytes.fromhex(secret.reveal()))
    if reader.problems:
        raise ConfigurationError("\n".join(reader.problems))
    return tuple(keys)


def _first_of_each(streams: Mapping[str, Secrets]) -> dict[str, Secrets]:
    """Return every token of the streams once, under a name: one token may open several streams."""
    found: dict[str, tuple[str, Secrets]] = {}
    for name, tokens in streams.items():
        for number, token in enumerate(tokens, start=1):
            found.setdefault(token.reveal(), (f"streams.{name} token {number}", (token,)))
    return dict(found.values())


def _identity(reader: SecretReader, settings: Settings) -> Secret | None:
    keys = settings.identity
    secret = reader.secret("identity.secret", keys.secret_env, keys.secret_file, keys.secret)
    if secret is None:
        return None
    if len(secret.reveal()) < LEAST_SECRET_CHARACTERS:
        where = keys.secret_env or keys.secret_file
        reader.problems.append(
            f"identity: the secret in {where} is shorter than {LEAST_SECRET_CHARACTERS} "
            "characters; make one with `openssl rand -hex 32`"
        )
        return None
    return secret


def _refuse_shared(reader: SecretReader, what: str, tokens: Mapping[str, Secrets]) -> None:
    """Report a token that two sources or two consumers share: they cannot be distinguished."""
    owners: dict[str, str] = {}
    each = ((name, secret) for name, found in tokens.items() for secret in found)
    for name, secret in each:
        other = owners.setdefault(secret.reveal(), name)
        if other != name:
            reader.problems.append(
                f"{what}: {other} and {name} have the same token; give each its own"
            )
