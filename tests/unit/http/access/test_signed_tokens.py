"""JWT: only what the right key signed, for this service, now."""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ldes_shok.clock import ManualClock
from ldes_shok.errors import ConfigurationError, TokenRefused
from ldes_shok.http.access.signed_tokens import Issuer, SignedTokens

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
AT = int(NOON.timestamp())
ISSUER, AUDIENCE = "https://idp.voorbeeldstad.example", "https://ldes.voorbeeldstad.example"
STREAMS = ("kasten", "techniek", "verbruik-individueel")
RSA = rsa.generate_private_key(65_537, 2_048)
OTHER_RSA = rsa.generate_private_key(65_537, 2_048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
ALGORITHMS = {"RS256": RSA, "PS256": RSA, "ES256": EC, "EdDSA": ED}


def _public(algorithm: str, key: Any, kid: str, **more: str) -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    made.pop("key_ops", None)
    return {**made, "kid": kid, **more}


RSA_KEY = _public("RS256", RSA, "rsa")


def _write(path: Path, *keys: Mapping[str, Any]) -> None:
    path.write_text(json.dumps({"keys": keys}))


def _tokens(path: Path, clock: ManualClock | None = None, **changes: Any) -> SignedTokens:
    settings: dict[str, Any] = {
        "jwks_file": path,
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "algorithms": tuple(ALGORITHMS),
        "scope_claim": "scope",
        "scope_prefix": "",
        "consumer_claim": "client_id",
        "leeway_seconds": 30,
        "requests_per_minute": 60,
        **changes,
    }
    return SignedTokens(Issuer(**settings), STREAMS, clock or ManualClock(NOON))


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    _write(path, RSA_KEY)
    return path


def _claims(**changes: object) -> dict[str, object]:
    claims: dict[str, object] = {
        "iss": ISSUER, "aud": AUDIENCE, "exp": AT + 60, "client_id": "dienst", "scope": "techniek",
    }  # fmt: skip
    claims |= changes
    return {name: value for name, value in claims.items() if value is not None}


def _signed(
    key: Any = RSA, algorithm: str = "RS256", kid: str | None = "rsa", **changes: Any
) -> str:
    return jwt.encode(_claims(**changes), key, algorithm, {"kid": kid} if kid else {})


def _text(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _with_secret(secret: bytes) -> str:
    """Signed with what everybody knows; by hand, for the library refuses to."""
    said = f"{_text({'alg': 'HS256', 'kid': 'rsa'})}.{_text(_claims())}"
    signature = base64.urlsafe_b64encode(hmac.digest(secret, said.encode(), "sha256"))
    return f"{said}.{signature.rstrip(b'=').decode()}"


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_a_good_token_is_its_consumer_s(tmp_path: Path, algorithm: str) -> None:
    _write(tmp_path / "jwks", *(_public(a, k, a) for a, k in ALGORITHMS.items()))
    token = _signed(ALGORITHMS[algorithm], algorithm, algorithm)
    consumer = _tokens(tmp_path / "jwks").consumer_of(token)
    assert (consumer.name, consumer.streams) == ("jwt:dienst", frozenset({"techniek"}))
    assert consumer.requests_per_minute == 60


@pytest.mark.parametrize(
    ("said", "streams"),
    [
        ("techniek verbruik-individueel openid", {"techniek", "verbruik-individueel"}),
        (["techniek", 5, None], {"techniek"}),
        ("TECHNIEK tech", set()),
        (None, set()),
        ({"techniek": True}, set()),
        (5, set()),
    ],
)
def test_its_scopes_are_the_streams(jwks: Path, said: object, streams: set[str]) -> None:
    assert _tokens(jwks).consumer_of(_signed(scope=said)).streams == streams


def test_scopes_and_names_may_stand_elsewhere(jwks: Path) -> None:
    tokens = _tokens(jwks, scope_claim="rollen", scope_prefix="shok:", consumer_claim="azp")
    token = _signed(rollen=["shok:techniek", "kasten"], azp="x", scope="verbruik-individueel")
    consumer = tokens.consumer_of(token)
    assert (consumer.name, consumer.streams) == ("jwt:x", frozenset({"techniek"}))


def test_without_its_claim_sub_names_the_consumer(jwks: Path) -> None:
    assert _tokens(jwks).consumer_of(_signed(client_id=None, sub="s")).name == "jwt:s"
    with pytest.raises(TokenRefused, match="client_id"):
        _tokens(jwks).consumer_of(_signed(client_id=None))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://elders.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "https://elders.example"}, "aud"),
        ({"aud": None}, "aud"),
        ({"exp": None}, "exp"),
        ({"exp": AT - 30}, "expired"),
        ({"exp": "tomorrow"}, "."),
        ({"exp": True}, "."),
        ({"exp": float("nan")}, "exp is no time"),
        ({"exp": float("inf")}, "exp is no time"),
        ({"nbf": float("nan")}, "nbf is no time"),
        ({"nbf": AT + 31}, "not good yet"),
    ],
)
def test_a_token_for_somebody_else_or_another_time_is_refused(
    jwks: Path, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(TokenRefused, match=reason):
        _tokens(jwks).consumer_of(_signed(**changes))


def test_clocks_may_differ_a_little(jwks: Path) -> None:
    for token in (_signed(exp=AT - 29), _signed(nbf=AT + 30)):
        assert _tokens(jwks).consumer_of(token).streams == {"techniek"}


def test_the_time_is_the_clock_s(jwks: Path) -> None:
    clock = ManualClock(NOON)
    tokens, token = _tokens(jwks, clock), _signed()
    tokens.consumer_of(token)
    clock.set(NOON + timedelta(seconds=90))
    with pytest.raises(TokenRefused, match="expired"):
        tokens.consumer_of(token)


def test_what_nobody_signed_is_refused(jwks: Path) -> None:
    """RFC 8725, 2.1: no signature, another key's, and a public key used as a shared secret."""
    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header, body, signature = _signed().split(".")
    forged = (
        f"{_text({'alg': 'none'})}.{body}.",
        f"{_text({'alg': 'None', 'kid': 'rsa'})}.{body}.{signature}",
        f"{header}.{_text(_claims(scope='verbruik-individueel'))}.{signature}",
        f"{header}.{body}.{signature[::-1]}",
        _signed(OTHER_RSA),
        _with_secret(pem),
        _with_secret(json.dumps(RSA_KEY).encode()),
        _signed(EC, "ES256", "rsa"),
        _signed(kid="other"),
        # It may not bring its own key, or say where one is.
        jwt.encode(_claims(), OTHER_RSA, "RS256", {"jwk": _public("RS256", OTHER_RSA, "x")}),
        "..",
        "a.b.c",
        "x" * 9_000,
        "é.é.é",
    )
    tokens = _tokens(jwks)
    for token in forged:
        with pytest.raises(TokenRefused) as caught:
            tokens.consumer_of(token)
        assert '"' not in str(caught.value), "it goes into a header"
        assert str(caught.value).isascii()


def test_only_the_algorithms_of_the_settings_are_taken(jwks: Path) -> None:
    with pytest.raises(TokenRefused, match="takes ES256"):
        _tokens(jwks, algorithms=("ES256",)).consumer_of(_signed())


def test_a_key_s_own_algorithm_counts(tmp_path: Path) -> None:
    _write(tmp_path / "jwks", {**RSA_KEY, "alg": "PS256"})
    with pytest.raises(TokenRefused):
        _tokens(tmp_path / "jwks").consumer_of(_signed())
    _tokens(tmp_path / "jwks").consumer_of(_signed(algorithm="PS256"))


def test_without_a_kid_the_only_key_is_meant(jwks: Path) -> None:
    _tokens(jwks).consumer_of(_signed(kid=None))
    _write(jwks, RSA_KEY, _public("ES256", EC, "ec"))
    with pytest.raises(TokenRefused, match="kid"):
        _tokens(jwks).consumer_of(_signed(kid=None))


def _touch(path: Path, seconds: int) -> None:
    os.utime(path, (AT + seconds, AT + seconds))


def test_keys_are_read_again_when_the_file_changes(jwks: Path) -> None:
    tokens = _tokens(jwks)
    tokens.consumer_of(_signed())
    _write(jwks, _public("RS256", OTHER_RSA, "new"))
    _touch(jwks, 1)
    tokens.consumer_of(_signed(OTHER_RSA, kid="new"))
    with pytest.raises(TokenRefused):
        tokens.consumer_of(_signed())


def test_a_file_that_is_half_written_changes_nothing(jwks: Path) -> None:
    tokens = _tokens(jwks)
    known = tokens.consumer_of(_signed())
    jwks.write_text('{"keys": [')
    _touch(jwks, 1)
    assert tokens.consumer_of(_signed()) == known
    jwks.unlink()
    assert tokens.consumer_of(_signed()) == known
    _write(jwks, _public("RS256", OTHER_RSA, "new"))
    _touch(jwks, 2)
    assert tokens.consumer_of(_signed(OTHER_RSA, kid="new")) == known


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "no set of public keys"),
        ("[]", "no set of public keys"),
        ('{"keys": 5}', "no set of public keys"),
        ('{"keys": [5]}', "no set of public keys"),
        ('{"keys": [{"kty": "RSA"}]}', "no set of public keys"),
        ('{"keys": []}', "no key for signatures"),
        ('{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "no key for signatures"),
        (json.dumps({"keys": [{**RSA_KEY, "use": "enc"}]}), "no key for signatures"),
        (
            json.dumps({"keys": [jwt.get_algorithm_by_name("RS256").to_jwk(RSA, as_dict=True)]}),
            "private key",
        ),
    ],
)
def test_a_file_without_usable_keys_stops_the_start(
    tmp_path: Path, content: str, sentence: str
) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=rf"access\.jwks_file: .*{sentence}"):
        _tokens(path)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"access\.jwks_file: .*cannot be read"):
        _tokens(tmp_path / "nothing")


def _of_length(characters: int) -> str:
    """A good token of so many characters."""
    filler = (characters - len(_signed())) * 3 // 4
    for pad, size in product(range(4), range(filler - 24, filler)):
        headers = {"kid": "rsa", "pad": "x" * pad}
        token = jwt.encode(_claims(filler="x" * size), RSA, "RS256", headers)
        if len(token) == characters:
            return token
    raise AssertionError(characters)


def test_a_token_may_be_as_long_as_the_limit_and_no_longer(jwks: Path) -> None:
    """8,192 characters: what is longer is refused before anything of it is read."""
    tokens = _tokens(jwks)
    assert tokens.consumer_of(_of_length(8_192)).name == "jwt:dienst"
    with pytest.raises(TokenRefused, match="nobody has this token"):
        tokens.consumer_of(_of_length(8_193))


@pytest.mark.parametrize("dots", [0, 1, 3, 4])
def test_a_token_has_three_parts(jwks: Path, dots: int) -> None:
    with pytest.raises(TokenRefused, match="nobody has this token"):
        _tokens(jwks).consumer_of("a" + ".a" * dots)


def test_a_long_name_is_cut(jwks: Path) -> None:
    assert _tokens(jwks).consumer_of(_signed(client_id="x" * 300)).name == f"jwt:{'x' * 200}"
