"""Secrets, read from where the settings point: a variable or the first line of a file."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ldes_shok.errors import ConfigurationError
from ldes_shok.ldes.stream import Access
from ldes_shok.settings.model import Settings
from ldes_shok.settings.poll import NoAuth, PollSource
from ldes_shok.settings.section import HIDDEN
from ldes_shok.settings.sources import HttpSource, LdesSource, MqttSource, Ocpp16Source, Source

LEAST_SECRET_CHARACTERS = 16
_RAW_KEY = re.compile(r"[0-9A-Fa-f]{64}")


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that shows itself only when asked."""

    _text: str

    def reveal(self) -> str:
        """The secret."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"


@dataclass(frozen=True, slots=True)
class ServiceSecrets:
    """All that a running service must know and never say.

    Attributes:
        identity: the key of keyed IRIs.
        source_tokens: the bearer token of each HTTP source, by name.
        source_passwords: what each source shows to the other side, and what the stations of each
            OCPP source show, by name.
        stream_tokens: the tokens that open each restricted stream, by name; empty: nobody.
        consumer_tokens: the token of each consumer, by name.
        signature_secrets: what each HTTP source signs with, by name, if it does.
        warnings: one sentence for each doubtful thing: a file that all may read, a short token.
    """

    identity: Secret
    source_tokens: Mapping[str, Secret]
    source_passwords: Mapping[str, Secret]
    stream_tokens: Mapping[str, tuple[Secret, ...]]
    consumer_tokens: Mapping[str, Secret]
    warnings: tuple[str, ...]
    signature_secrets: Mapping[str, Secret] = field(default_factory=dict)


def resolve_identity(settings: Settings, environ: Mapping[str, str]) -> Secret:
    """The key of keyed IRIs.

    Raises:
        ConfigurationError: it is not set, cannot be read or is too short.
    """
    reader = _Reader(environ)
    secret = reader.identity(settings)
    if secret is None:
        raise ConfigurationError("\n".join(reader.problems))
    return secret


def resolve_secrets(settings: Settings, environ: Mapping[str, str]) -> ServiceSecrets:
    """Every secret that `serve` needs.

    Raises:
        ConfigurationError: one line for each that is not set or cannot be read; it names the
            variable or the file, never the secret.
    """
    reader = _Reader(environ)
    identity = reader.identity(settings)
    tokens: dict[str, Secret | None] = {}
    passwords: dict[str, Secret | None] = {}
    signatures: dict[str, Secret | None] = {}
    for index, source in enumerate(settings.sources):
        path = f"sources[{index}]"
        if isinstance(source, HttpSource):
            fallback = source.demo_token if settings.demo else None
            tokens[source.name] = reader.token(
                f"{path}.token", source.token_env, source.token_file, fallback
            )
            signatures[source.name] = reader.signature(path, source)
        else:
            passwords[source.name] = _password(reader, path, source)
    streams = {
        name: reader.tokens(f"streams.{name}.token", stream.token_env, stream.token_file)
        for name, stream in settings.streams.by_name().items()
        if stream.access is Access.TOKEN
    }
    consumers: dict[str, Secret] = {}
    for index, consumer in enumerate(settings.consumers):
        token = reader.token(f"consumers[{index}].token", consumer.token_env, consumer.token_file)
        if token is not None:
            consumers[consumer.name] = token
    reader.refuse_shared("sources", _found(tokens))
    reader.refuse_shared("consumers", consumers | _first_of_each(streams))
    if identity is None or reader.problems:
        raise ConfigurationError("\n".join(reader.problems))
    return ServiceSecrets(
        identity,
        _found(tokens),
        _found(passwords),
        streams,
        consumers,
        tuple(reader.warnings),
        _found(signatures),
    )


def _found(secrets: Mapping[str, Secret | None]) -> dict[str, Secret]:
    return {name: secret for name, secret in secrets.items() if secret is not None}


def resolve_raw_keys(settings: Settings, environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """The keys of the raw archive, the one to use first; none if it is kept readable.

    Raises:
        ConfigurationError: one is not set, cannot be read, or is no key.
    """
    raw, reader, where = settings.privacy.raw, _Reader(environ), "privacy.raw"
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


def _first_of_each(streams: Mapping[str, tuple[Secret, ...]]) -> dict[str, Secret]:
    """Every token of the streams once, by a name for it: one may open several streams."""
    found: dict[str, tuple[str, Secret]] = {}
    for name, tokens in streams.items():
        for number, token in enumerate(tokens, start=1):
            found.setdefault(token.reveal(), (f"streams.{name} token {number}", token))
    return dict(found.values())


def _password(reader: _Reader, path: str, source: Source) -> Secret | None:
    """What a source shows to the other side, or the other side to it."""
    match source:
        case MqttSource() | Ocpp16Source():
            return reader.secret(f"{path}.password", source.password_env, source.password_file)
        case LdesSource():
            return reader.token(f"{path}.token", source.token_env, source.token_file)
        case PollSource():
            return reader.shown(path, source)
        case _:
            return None


class _Reader:
    """Reads secrets and gathers what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self._environ = environ

    def identity(self, settings: Settings) -> Secret | None:
        keys = settings.identity
        secret = self.secret("identity.secret", keys.secret_env, keys.secret_file, keys.secret)
        if secret is None:
            return None
        if len(secret.reveal()) < LEAST_SECRET_CHARACTERS:
            where = keys.secret_env or keys.secret_file
            self.problems.append(
                f"identity: the secret in {where} is shorter than {LEAST_SECRET_CHARACTERS} "
                "characters; make one with `openssl rand -hex 32`"
            )
            return None
        return secret

    def secret(
        self, where: str, variable: str | None, file: str | None, fallback: str | None = None
    ) -> Secret | None:
        if variable is not None:
            text = self._environ.get(variable, "") or fallback
            if not text:
                self.problems.append(
                    f"{where}_env: the environment variable {variable} is not set; set it"
                )
                return None
            return Secret(text)
        if file is not None:
            return self._file(f"{where}_file", Path(file))
        return None if fallback is None else Secret(fallback)

    def token(
        self, where: str, variable: str | None, file: str | None, fallback: str | None = None
    ) -> Secret | None:
        secret = self.secret(where, variable, file, fallback)
        if secret is None:
            return None
        text = secret.reveal()
        # RFC 6750, 2.1: a bearer token is visible ASCII, so a space would never match.
        if not all("!" <= character <= "~" for character in text):
            self.problems.append(
                f"{where}: the token in {variable or file} must be letters, digits and signs "
                "without spaces or accents"
            )
            return None
        if len(text) < LEAST_SECRET_CHARACTERS and text != fallback:
            self.warnings.append(
                f"{where}: the token in {variable or file} is shorter than "
                f"{LEAST_SECRET_CHARACTERS} characters"
            )
        return secret

    def signature(self, path: str, source: HttpSource) -> Secret | None:
        """What a source signs with, if it does."""
        told = source.signature
        if told is None:
            return None
        secret = self.secret(f"{path}.signature.secret", told.secret_env, told.secret_file)
        if secret is not None and len(secret.reveal()) < LEAST_SECRET_CHARACTERS:
            self.warnings.append(
                f"{path}.signature: the secret in {told.secret_env or told.secret_file} is "
                f"shorter than {LEAST_SECRET_CHARACTERS} characters"
            )
        return secret

    def shown(self, path: str, source: PollSource) -> Secret | None:
        """What a source shows of us in a header of its requests: one line."""
        auth = source.auth
        if isinstance(auth, NoAuth):
            return None
        secret = self.secret(f"{path}.auth.secret", auth.secret_env, auth.secret_file)
        if secret is not None and not secret.reveal().isprintable():
            self.problems.append(
                f"{path}.auth.secret: the secret in {auth.secret_env or auth.secret_file} must be "
                "one line"
            )
            return None
        return secret

    def tokens(
        self, where: str, variables: Iterable[str], files: Iterable[str]
    ) -> tuple[Secret, ...]:
        found = [self.token(where, variable, None) for variable in variables]
        found += [self.token(where, None, file) for file in files]
        return tuple(secret for secret in found if secret is not None)

    def refuse_shared(self, what: str, tokens: Mapping[str, Secret]) -> None:
        """Two sources, or two consumers, with one token cannot be told apart."""
        owners: dict[str, str] = {}
        for name, secret in tokens.items():
            other = owners.setdefault(secret.reveal(), name)
            if other != name:
                self.problems.append(
                    f"{what}: {other} and {name} have the same token; give each its own"
                )

    def _file(self, where: str, path: Path) -> Secret | None:
        try:
            with path.open(encoding="utf-8") as lines:
                text = lines.readline().strip()
            mode = path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            self.problems.append(f"{where}: {path} cannot be read: {reason}")
            return None
        if not text:
            self.problems.append(
                f"{where}: the first line of {path} is empty; put the secret there"
            )
            return None
        if mode & stat.S_IROTH:
            self.warnings.append(f"{where}: everybody can read {path}; run `chmod 600 {path}`")
        return Secret(text)
