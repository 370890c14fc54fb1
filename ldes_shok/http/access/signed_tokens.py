"""Tokens that an external issuer signed: JWT (RFC 7519), with keys from a file (RFC 7517).

Nothing is fetched: the issuer publishes its keys and the operator saves them on the disk. The file
is read again when it changes. Only signatures of a key pair are accepted, so the keys that check a
token cannot make one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import jwt
import msgspec
import structlog

from ldes_shok.clock import EPOCH, Clock
from ldes_shok.errors import ConfigurationError, TokenRefused
from ldes_shok.http.access.policy import TokenHolder

_MAX_TOKEN_CHARACTERS: Final = 8_192
_MAX_NAME_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer and how its tokens are read: the values of the settings `access`."""

    jwks_file: Path
    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    scope_claim: str
    scope_prefix: str
    consumer_claim: str
    leeway_seconds: int
    requests_per_minute: int


class SignedTokens:
    """Reads tokens of one issuer.

    Raises:
        ConfigurationError: the file of the issuer's keys cannot be used.
    """

    def __init__(self, issuer: Issuer, streams: Sequence[str], clock: Clock) -> None:
        self._issuer = issuer
        self._streams = {issuer.scope_prefix + name: name for name in streams}
        self._clock = clock
        self._stamp: object = None
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._load()

    def consumer_of(self, token: str) -> TokenHolder:
        """Return the holder of the token; its scopes are the streams that it may read.

        Raises:
            TokenRefused: not signed by one of the keys, for others, expired or not valid yet.
        """
        if token.count(".") != 2 or len(token) > _MAX_TOKEN_CHARACTERS:
            raise TokenRefused("nobody has this token")
        self._refresh()
        claims = self._claims(token)
        self._check_times(claims)
        return TokenHolder(
            self._name(claims), self._scopes(claims), self._issuer.requests_per_minute
        )

    def renew(self) -> Sequence[str]:
        """Read the keys again now; return the key of the settings whose value changed, if it did.

        Raises:
            ConfigurationError: the file cannot be used; the old keys stay in use.
        """
        before = self._keys
        self._load()
        return () if self._keys == before else ("access.jwks_file",)

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = str(header.get("alg"))
            if algorithm not in self._issuer.algorithms:
                raise TokenRefused(
                    "it is signed in a way that is not taken here; this service takes "
                    + ", ".join(self._issuer.algorithms)
                )
            claims: Mapping[str, Any] = jwt.decode(
                token,
                self._key(header.get("kid"), algorithm),
                algorithms=[algorithm],
                audience=self._issuer.audience,
                issuer=self._issuer.issuer,
                # `_check_times` compares times with the clock that was passed in.
                options={
                    "require": ["exp", "iss", "aud"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.InvalidAudienceError:
            raise TokenRefused("its claim aud is not this service") from None
        except jwt.InvalidIssuerError:
            raise TokenRefused("its claim iss is not who signs tokens for this service") from None
        except jwt.MissingRequiredClaimError as error:
            raise TokenRefused(f"its claim {error.claim} is missing") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenRefused("it is not signed by whom this service trusts") from None
        return claims

    def _key(self, key_id: object, algorithm: str) -> jwt.PyJWK:
        if key_id is None and len(self._keys) == 1:
            (key,) = self._keys.values()
        else:
            found = self._keys.get(str(key_id))
            if found is None:
                raise TokenRefused("its kid is none of the keys that this service has")
            key = found
        # If the key names an algorithm, that one is used: PyJWT refuses a token with another.
        return jwt.PyJWK(dict(key), key.get("alg") or algorithm)

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now_seconds = (self._clock.now() - EPOCH) / timedelta(seconds=1)
        leeway_seconds = self._issuer.leeway_seconds
        if now_seconds >= _number(claims, "exp") + leeway_seconds:
            raise TokenRefused("it has expired; ask for another one")
        if "nbf" in claims and now_seconds < _number(claims, "nbf") - leeway_seconds:
            raise TokenRefused("it is not good yet; compare the clocks")

    def _scopes(self, claims: Mapping[str, Any]) -> frozenset[str]:
        scope = claims.get(self._issuer.scope_claim)
        words = scope.split() if isinstance(scope, str) else scope
        if not isinstance(words, list):
            return frozenset()
        return frozenset(
            self._streams[w] for w in words if isinstance(w, str) and w in self._streams
        )

    def _name(self, claims: Mapping[str, Any]) -> str:
        for claim in (self._issuer.consumer_claim, "sub"):
            name = claims.get(claim)
            if isinstance(name, str) and name:
                return f"jwt:{name[:_MAX_NAME_CHARACTERS]}"
        raise TokenRefused(f"it names nobody: its claim {self._issuer.consumer_claim} is missing")

    def _refresh(self) -> None:
        """Read the keys again if their file changed; if it cannot be used, keep the old keys."""
        if _stamp(self._issuer.jwks_file) == self._stamp:
            return
        try:
            self._load()
        except ConfigurationError as error:
            log = structlog.get_logger("ldes_shok.access")
            log.warning("jwks_not_read", reason=str(error))

    def _load(self) -> None:
        path = self._issuer.jwks_file
        # The stamp is taken before the read, so a change during the read is found the next time.
        self._stamp = _stamp(path)
        try:
            listed = msgspec.json.decode(path.read_bytes())["keys"]
            keys = {str(key.get("kid")): key for key in listed if _is_for_signatures(key)}
            for key in keys.values():
                jwt.PyJWK(key)
        except OSError as error:
            raise ConfigurationError(
                f"access.jwks_file: {path} cannot be read: {error.strerror}"
            ) from error
        except (
            msgspec.DecodeError,
            jwt.PyJWTError,
            KeyError,
            AttributeError,
            TypeError,
            ValueError,
        ):
            raise ConfigurationError(
                f"access.jwks_file: {path} is no set of public keys; save what the issuer "
                'publishes, {"keys": [...]}'
            ) from None
        if any("d" in key for key in keys.values()):
            raise ConfigurationError(
                f"access.jwks_file: {path} holds a private key; whoever has it can sign: save the "
                "public ones only"
            )
        if not keys:
            raise ConfigurationError(f"access.jwks_file: {path} holds no key for signatures")
        self._keys = keys


def _is_for_signatures(key: Mapping[str, Any]) -> bool:
    """Whether a key is a public key (no shared secret) for signatures (RFC 7517, 4.2)."""
    return key.get("kty") != "oct" and key.get("use", "sig") == "sig"


def _number(claims: Mapping[str, Any], claim: str) -> float:
    value = claims[claim]
    # Python's JSON reader accepts NaN and Infinity; neither is a time.
    is_endless = isinstance(value, float) and not math.isfinite(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or is_endless:
        raise TokenRefused(f"its claim {claim} is no time")
    return value


def _stamp(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)
