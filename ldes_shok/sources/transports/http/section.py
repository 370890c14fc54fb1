"""The section of a source with pushes over HTTP, with a token or with signed bodies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ldes_shok.sections.base import HIDDEN, Section
from ldes_shok.sections.fields import (
    Corrects,
    HeaderName,
    Line,
    OfflineAfter,
    Slug,
    SourceLane,
    VariableName,
)
from ldes_shok.sections.problems import at_most_one, exactly_one
from ldes_shok.sections.secret import LEAST_SECRET_CHARACTERS, SecretReader, Secrets
from ldes_shok.sources.dialects.registry import Decode
from ldes_shok.sources.section import Canonical, SourceSecrets, SourceSection


class Signature(Section, frozen=True):
    """How the sender signs its bodies (HMAC)."""

    header: Annotated[HeaderName, Meta(description="Header with the signature.")]
    algorithm: Annotated[Literal["sha256", "sha512"], Meta(description="Hash.")] = "sha256"
    encoding: Annotated[
        Literal["hex", "base64"], Meta(description="How the signature is written.")
    ] = "hex"
    prefix: Annotated[
        Line | None, Meta(description="Stands before the signature, such as sha256=.")
    ] = None
    secret_env: Annotated[
        VariableName | None, Meta(description="Environment variable with the secret.")
    ] = None
    secret_file: Annotated[Line | None, Meta(description="File with its secrets, one a line.")] = (
        None
    )
    timestamp_header: Annotated[
        HeaderName | None, Meta(description="Header that says when it was signed.")
    ] = None
    tolerance_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="How far from now that may be.")
    ] = 300
    signed: Annotated[
        Line | None,
        Meta(description="What is signed; {body}, or {timestamp}.{body} with a time."),
    ] = None

    @property
    def signed_text(self) -> str:
        """The template of the signed text: `{body}`, and `{timestamp}` if the settings have it."""
        whole = "{body}" if self.timestamp_header is None else "{timestamp}.{body}"
        return self.signed or whole

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        yield from exactly_one(path, self, "secret_env", "secret_file")
        signed = self.signed
        if signed is None:
            return
        if signed.count("{body}") != 1:
            yield f"{path}.signed: must have {{body}} in it once"
        has_time = "{timestamp}" in signed
        if has_time and self.timestamp_header is None:
            yield f"{path}.timestamp_header: is missing; it says what {{timestamp}} is"
        if not has_time and self.timestamp_header is not None:
            yield (
                f"{path}.signed: must have {{timestamp}}; a time that is not signed proves nothing"
            )

    def secrets(self, reader: SecretReader, path: str) -> Secrets:
        """The keys of the signatures."""
        found = reader.lines(f"{path}.secret", self.secret_env, self.secret_file)
        if any(len(secret.reveal()) < LEAST_SECRET_CHARACTERS for secret in found):
            reader.warnings.append(
                f"{path}: the secret in {self.secret_env or self.secret_file} is "
                f"shorter than {LEAST_SECRET_CHARACTERS} characters"
            )
        return found


class HttpSource(SourceSection, frozen=True, tag="http", tag_field="type"):
    """Controllers or gateways that POST to /ingest with a bearer token or signed bodies."""

    listens: ClassVar[bool] = True

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    token_env: Annotated[
        VariableName | None, Meta(description="Environment variable with the token.")
    ] = None
    token_file: Annotated[Line | None, Meta(description="File with its tokens, one a line.")] = None
    demo_token: Annotated[
        Line | None,
        Meta(description="Token while the variable is not set; with `demo: true` only."),
    ] = None
    signature: Annotated[
        Signature | None, Meta(description="How bodies are signed, if they are.")
    ] = None
    decode: Annotated[Decode, Meta(description="What the bodies hold.")] = Canonical()
    lane: SourceLane = "auto"
    corrects: Corrects = False
    offline_after_seconds: OfflineAfter = None

    def __repr__(self) -> str:
        demo_token = None if self.demo_token is None else HIDDEN
        return (
            f"HttpSource(name={self.name!r}, tenant={self.tenant!r}, token_env={self.token_env!r}, "
            f"token_file={self.token_file!r}, demo_token={demo_token!r}, "
            f"signature={self.signature!r}, decode={self.decode!r}, lane={self.lane!r}, "
            f"corrects={self.corrects!r}, "
            f"offline_after_seconds={self.offline_after_seconds!r})"
        )

    def problems(self, path: str, *, demo: bool) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        if self.signature is None:
            yield from exactly_one(path, self, "token_env", "token_file")
        else:
            yield from at_most_one(path, self, "token_env", "token_file")
            yield from self.signature.problems(f"{path}.signature")
        if self.demo_token is not None and not demo:
            yield f"{path}.demo_token: a token in the file is for the demo only; use token_env"

    def secrets(self, reader: SecretReader, path: str, *, demo: bool) -> SourceSecrets:
        """The tokens and the keys of its senders."""
        fallback = self.demo_token if demo else None
        tokens = reader.tokens(f"{path}.token", self.token_env, self.token_file, fallback)
        if self.signature is None:
            return SourceSecrets(tokens=tokens)
        return SourceSecrets(
            tokens=tokens, signatures=self.signature.secrets(reader, f"{path}.signature")
        )
