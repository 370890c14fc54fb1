"""Signed bodies: the right secret, the right bytes, the right moment, and nothing else."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from ldes_shok.errors import SignatureRejected
from ldes_shok.sources.transports.http.section import Signature
from ldes_shok.sources.transports.http.signature import Signing

NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
SECRET = "een geheim van één leverancier"
BODY = b'{"v":1}'
PLAIN = Signing(Signature("X-Signature"), (SECRET,))
TIMED = Signing(
    Signature("X-Signature", timestamp_header="X-Time", signed="v0:{timestamp}:{body}"), (SECRET,)
)


def signature(message: bytes, algorithm: str = "sha256", secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), message, getattr(hashlib, algorithm)).digest()


def headers(**values: str) -> CIMultiDict[str]:
    return CIMultiDict({name.replace("_", "-"): value for name, value in values.items()})


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("prefix", [None, "sha256="])
@given(body=st.binary(max_size=50), other=st.binary(max_size=50))
def test_a_body_has_its_own_signature_and_no_other(
    algorithm: Literal["sha256", "sha512"],
    encoding: Literal["hex", "base64"],
    prefix: str | None,
    body: bytes,
    other: bytes,
) -> None:
    signing = Signing(Signature("X-Signature", algorithm, encoding, prefix), (SECRET,))
    digest = signature(body, algorithm)
    written = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    said = headers(x_signature=(prefix or "") + written)
    signing.check_headers(said, NOW)
    signing.check(said, body)
    if other != body:
        with pytest.raises(SignatureRejected):
            signing.check(said, other)


def test_one_of_several_is_enough_while_a_secret_is_changed() -> None:
    old, new = signature(BODY, secret="old").hex(), signature(BODY).hex()
    for both in (f"{old},{new}", f"{new} {old}", f"{old}, {new}"):
        PLAIN.check(headers(x_signature=both), BODY)
    with pytest.raises(SignatureRejected):
        PLAIN.check(headers(x_signature=",".join([old] * 8 + [new])), BODY)


@pytest.mark.parametrize(
    "text",
    ["", "x", "00", "é" * 32, "\udce9" * 32, "0" * 64, signature(BODY, secret="").hex()],
)
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(SignatureRejected, match="is not the signature of this body"):
        PLAIN.check(headers(x_signature=text), BODY)


@given(st.text(max_size=80))
def test_any_header_is_taken_or_refused(text: str) -> None:
    for signing in (PLAIN, TIMED):
        said = headers(x_signature=text, x_time=text)
        with contextlib.suppress(SignatureRejected):
            signing.check_headers(said, NOW)
        with pytest.raises(SignatureRejected):
            signing.check(said, BODY)


@pytest.mark.parametrize(
    "written",
    ["1778587200", "1778587200000", "2026-05-12T12:00:00Z", "2026-05-12T14:00:00+02:00"],
)
def test_the_time_is_signed_as_it_is_written(written: str) -> None:
    digest = signature(b"v0:" + written.encode() + b":" + BODY).hex()
    said = headers(x_signature=digest, x_time=written)
    TIMED.check_headers(said, NOW)
    TIMED.check(said, BODY)
    said["X-Time"] = "1778587201"
    with pytest.raises(SignatureRejected):
        TIMED.check(said, BODY)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_body_is_refused_before_it_is_read(seconds: int) -> None:
    written = f"{(NOW + timedelta(seconds=seconds)):%Y-%m-%dT%H:%M:%SZ}"
    with pytest.raises(SignatureRejected, match="X-Time: is more than 300 s from now"):
        TIMED.check_headers(headers(x_signature="x", x_time=written), NOW)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    written = f"{(NOW + timedelta(seconds=seconds)):%Y-%m-%dT%H:%M:%SZ}"
    TIMED.check_headers(headers(x_signature="x", x_time=written), NOW)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (headers(x_time="1778587200"), "X-Signature: is missing"),
        (headers(x_signature="x"), "X-Time: does not say when"),
        (headers(x_signature="x", x_time="soon"), "X-Time: does not say when"),
        (headers(x_signature="x", x_time="2026-05-12T12:00:00"), "X-Time: does not say when"),
        (headers(x_signature="x", x_time="9" * 30), "X-Time: does not say when"),
    ],
)
def test_a_header_that_is_not_there_is_named(said: CIMultiDict[str], reason: str) -> None:
    with pytest.raises(SignatureRejected, match=reason):
        TIMED.check_headers(said, NOW)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(PLAIN)


def test_any_of_several_secrets_is_good_and_it_is_known_which() -> None:
    signing = Signing(Signature("X-Signature"), ("old" * 6, "new" * 6))
    body = b"{}"
    for number, secret in enumerate(signing.secrets, start=1):
        given = headers(X_Signature=signature(body, secret=secret).hex())
        assert signing.check(given, body) == number
    with pytest.raises(SignatureRejected):
        signing.check(headers(X_Signature=signature(body, secret="third" * 4).hex()), body)
