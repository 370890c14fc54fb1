"""Who may push as which source."""

from __future__ import annotations

import pytest

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.errors import ConfigurationError
from ldes_shok.sources.transports.http.push import PushSource
from ldes_shok.sources.transports.http.push_auth import Caller, Callers, SignedSource
from ldes_shok.sources.transports.http.section import Signature
from ldes_shok.sources.transports.http.signature import Signing

TOKEN = Origin("http", "voorbeeldstad", "token")
SIGNED = Origin("http", "voorbeeldstad", "signed")
BOTH = Origin("http", "voorbeeldstad", "both")
SIGNING = Signing(Signature("X-Signature"), ("s" * 16,))
CALLERS = Callers(
    [PushSource(TOKEN, "tok-a"), PushSource(TOKEN, "tok-new", 2), PushSource(BOTH, "tok-b")],
    [SignedSource(SIGNED, SIGNING), SignedSource(BOTH, SIGNING, has_token=True)],
)


@pytest.mark.parametrize(
    ("authorization", "name", "caller"),
    [
        ("Bearer tok-a", None, Caller(TOKEN, token=1)),
        ("Bearer tok-new", None, Caller(TOKEN, token=2)),
        ("Bearer tok-a", "token", Caller(TOKEN, token=1)),
        (None, "signed", Caller(SIGNED, SIGNING)),
        ("Bearer nobody", "signed", Caller(SIGNED, SIGNING)),
        ("Bearer tok-b", "both", Caller(BOTH, SIGNING, 1)),
        ("Bearer tok-b", None, Caller(BOTH, SIGNING, 1)),
        (None, None, None),
        (None, "token", None),
        (None, "both", None),
        (None, "nobody", None),
        (None, "\udce9", None),
        ("Bearer tok-a", "both", None),
        ("Bearer tok-a", "nobody", None),
        ("Bearer tok-b", "token", None),
        ("Bearer nobody", "both", None),
        ("Basic tok-a", None, None),
        ("Bearer ", None, None),
    ],
)
def test_a_source_has_its_own_proofs(
    authorization: str | None, name: str | None, caller: Caller | None
) -> None:
    assert CALLERS.caller(authorization, name) == caller


def test_from_a_renewal_on_only_the_new_ones_count() -> None:
    callers = Callers([PushSource(TOKEN, "tok-a")], [SignedSource(SIGNED, SIGNING)])
    under_way = callers.caller(None, "signed")
    callers.renew([PushSource(TOKEN, "tok-c")])
    assert callers.caller("Bearer tok-a", None) is None
    assert callers.caller("Bearer tok-c", None) == Caller(TOKEN, token=1)
    assert callers.caller(None, "signed") is None
    assert under_way == Caller(SIGNED, SIGNING)
    with pytest.raises(ConfigurationError, match="have the same token"):
        callers.renew([PushSource(TOKEN, "same"), PushSource(BOTH, "same")])
    assert callers.caller("Bearer tok-c", None) == Caller(TOKEN, token=1)


def test_no_secret_is_shown() -> None:
    assert "tok-a" not in repr(CALLERS)
    assert "ssss" not in repr(CALLERS.caller(None, "signed"))
