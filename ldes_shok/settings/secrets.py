"""Secrets, read from where the settings point: a variable or a file.

Where somebody shows us a secret (tokens, passwords of stations, signatures), every line is one: so
the next may be there before the last is gone. What we show others, and what is ours alone, is the
first line.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ldes_shok.errors import ConfigurationError
from ldes_shok.ldes.stream import Access
from ldes_shok.sections.base import HIDDEN
from ldes_shok.settings.model import Settings
from ldes_shok.sources.sections import HttpSource, LdesSource, MqttSource, Ocpp16Source, Source
from ldes_shok.sources.transports.poll.section import NoAuth, PollSource

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


Secrets = tuple[Secret, ...]
"""Several for the same: each is good."""


@dataclass(frozen=True, slots=True)
class ServiceSecrets:
    """All that a running service must know and never say.

    Attributes:
        identity: the key of keyed IRIs.
        source_tokens: the bearer tokens of each HTTP source, by name.
        source_passwords: what each source shows to the other side, the first, and what the
            stations of each OCPP source may show, by name.
        stream_tokens: the tokens that open each restricted stream, by name; empty: nobody.
        consumer_tokens: the tokens of each consumer, by name.
        signature_secrets: what each HTTP source may sign with, by name, if it does.
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
        """What a source shows to the other side; None if it shows nothing."""
        passwords = self.source_passwords.get(source, ())
        return passwords[0].reveal() if passwords else None


def resolve_identity(settings: Settings, environ: Mapping[str, str]) -> Secret:
    """The key of keyed IRIs.

    Raises:
        ConfigurationError: it is not set, cannot be read or is too short.
    """
    reader = _SecretReader(environ)
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
    reader = _SecretReader(environ)
    identity = reader.identity(settings)
    tokens: dict[str, Secrets] = {}
    passwords: dict[str, Secrets] = {}
    signatures: dict[str, Secrets] = {}
    for index, source in enumerate(settings.sources):
        path = f"sources[{index}]"
        if isinstance(source, HttpSource):
            fallback = source.demo_token if settings.demo else None
            tokens[source.name] = reader.tokens(
                f"{path}.token", source.token_env, source.token_file, fallback
            )
            signatures[source.name] = reader.signatures(path, source)
        else:
            passwords[source.name] = _passwords(reader, path, source)
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
    reader.refuse_shared("sources", tokens)
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


def _found(secrets: Mapping[str, Secrets]) -> dict[str, Secrets]:
    return {name: found for name, found in secrets.items() if found}


def resolve_raw_keys(settings: Settings, environ: Mapping[str, str]) -> tuple[bytes, ...]:
    """The keys of the raw archive, the one to use first; none if it is kept readable.

    Raises:
        ConfigurationError: one is not set, cannot be read, or is no key.
    """
    raw, reader, where = settings.privacy.raw, _SecretReader(environ), "privacy.raw"
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
    """Every token of the streams once, by a name for it: one may open several streams."""
    found: dict[str, tuple[str, Secrets]] = {}
    for name, tokens in streams.items():
        for number, token in enumerate(tokens, start=1):
            found.setdefault(token.reveal(), (f"streams.{name} token {number}", (token,)))
    return dict(found.values())


def _passwords(reader: _SecretReader, path: str, source: Source) -> Secrets:
    """What a source shows to the other side, or the other side to it."""
    match source:
        case MqttSource() | Ocpp16Source():
            return reader.lines(f"{path}.password", source.password_env, source.password_file)
        case LdesSource():
            return reader.tokens(f"{path}.token", source.token_env, source.token_file)
        case PollSource():
            return reader.shown(path, source)
        case _:
            return ()


class _SecretReader:
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
            text = self._text(f"{where}_file", Path(file))
            first = text.partition("\n")[0].strip()
            if text and not first:
                self.problems.append(
                    f"{where}_file: the first line of {file} is empty; put the secret there"
                )
            return Secret(first) if first else None
        return None if fallback is None else Secret(fallback)

    def lines(
        self, where: str, variable: str | None, file: str | None, fallback: str | None = None
    ) -> Secrets:
        """Each line that is not empty, once."""
        if file is not None:
            text = self._text(f"{where}_file", Path(file))
        else:
            secret = self.secret(where, variable, None, fallback)
            text = "" if secret is None else secret.reveal()
        lines = (line.strip() if file else line for line in text.split("\n"))
        return tuple(Secret(line) for line in dict.fromkeys(lines) if line.strip())

    def tokens(
        self, where: str, variable: str | None, file: str | None, fallback: str | None = None
    ) -> Secrets:
        """Each line, as a bearer token."""
        found = self.lines(where, variable, file, fallback)
        for number, secret in enumerate(found, start=1):
            text = secret.reveal()
            which = "the token" if len(found) == 1 else f"token {number}"
            # RFC 6750, 2.1: a bearer token is visible ASCII, so a space would never match.
            if not all("!" <= character <= "~" for character in text):
                self.problems.append(
                    f"{where}: {which} in {variable or file} must be letters, digits and signs "
                    "without spaces or accents"
                )
            elif len(text) < LEAST_SECRET_CHARACTERS and text != fallback:
                self.warnings.append(
                    f"{where}: {which} in {variable or file} is shorter than "
                    f"{LEAST_SECRET_CHARACTERS} characters"
                )
        return found

    def tokens_of_all(self, where: str, variables: Iterable[str], files: Iterable[str]) -> Secrets:
        """The tokens of several variables and files."""
        found = [self.tokens(where, variable, None) for variable in variables]
        found += [self.tokens(where, None, file) for file in files]
        return tuple(dict.fromkeys(secret for secrets in found for secret in secrets))

    def signatures(self, path: str, source: HttpSource) -> Secrets:
        """What a source may sign with, if it does."""
        told = source.signature
        if told is None:
            return ()
        found = self.lines(f"{path}.signature.secret", told.secret_env, told.secret_file)
        if any(len(secret.reveal()) < LEAST_SECRET_CHARACTERS for secret in found):
            self.warnings.append(
                f"{path}.signature: the secret in {told.secret_env or told.secret_file} is "
                f"shorter than {LEAST_SECRET_CHARACTERS} characters"
            )
        return found

    def shown(self, path: str, source: PollSource) -> Secrets:
        """What a source shows of us in a header of its requests: one line."""
        auth = source.auth
        if isinstance(auth, NoAuth):
            return ()
        found = self.lines(f"{path}.auth.secret", auth.secret_env, auth.secret_file)
        if not all(secret.reveal().isprintable() for secret in found):
            self.problems.append(
                f"{path}.auth.secret: the secret in {auth.secret_env or auth.secret_file} must be "
                "one line of visible characters"
            )
        return found

    def refuse_shared(self, what: str, tokens: Mapping[str, Secrets]) -> None:
        """Two sources, or two consumers, with one token cannot be told apart."""
        owners: dict[str, str] = {}
        each = ((name, secret) for name, found in tokens.items() for secret in found)
        for name, secret in each:
            other = owners.setdefault(secret.reveal(), name)
            if other != name:
                self.problems.append(
                    f"{what}: {other} and {name} have the same token; give each its own"
                )

    def _text(self, where: str, path: Path) -> str:
        """What stands in a file of secrets; empty, and a problem, if it cannot be used."""
        try:
            text = path.read_text(encoding="utf-8")
            mode = path.stat().st_mode
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            self.problems.append(f"{where}: {path} cannot be read: {reason}")
            return ""
        if not text.strip():
            self.problems.append(f"{where}: {path} is empty; put the secret there, one a line")
            return ""
        if mode & stat.S_IROTH:
            self.warnings.append(f"{where}: everybody can read {path}; run `chmod 600 {path}`")
        return text
