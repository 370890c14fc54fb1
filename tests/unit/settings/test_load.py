from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.ldes.stream import Access
from ldes_shok.settings.load import load_settings
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16, Ocpp16Source
from ldes_shok.sources.transports.http.section import HttpSource
from ldes_shok.sources.transports.mqtt.section import MqttSource
from tests.unit.settings.support import Tree, good, load_damaged, load_tree

TENANT = "tenants.voorbeeldstad"


def test_a_good_file_gives_settings_with_defaults(tmp_path: Path) -> None:
    settings = load_tree(tmp_path, good())
    assert settings.public_url == "http://shok.test"
    assert settings.http.port == 8080
    assert settings.tenants["voorbeeldstad"].municipality.postcode == "9999"
    push, broker = settings.sources
    assert isinstance(push, HttpSource)
    assert push.token_env == "PUSH"
    assert isinstance(broker, MqttSource)
    assert broker.topics == ("shok/#",)
    assert broker.keepalive_seconds == 30


def test_streams_have_defaults_one_by_one(tmp_path: Path) -> None:
    tree = good()
    tree["streams"] = {"techniek": {"token_env": ["A", "B"]}}
    streams = load_tree(tmp_path, tree).streams.by_name()
    assert {name: stream.access for name, stream in streams.items()} == {
        "kasten": Access.OPEN,
        "techniek": Access.TOKEN,
        "verbruik": Access.OPEN,
        "verbruik-beheer": Access.TOKEN,
        "verbruik-individueel": Access.TOKEN,
        "reservaties": Access.TOKEN,
        "reservaties-open": Access.OPEN,
    }
    assert streams["techniek"].token_env == ("A", "B")
    assert streams["techniek"].title_nl == "Techniek"


def test_an_empty_section_means_its_defaults(tmp_path: Path) -> None:
    tree = good() | {"http": None, "streams": {"kasten": None}, "sources": None}
    settings = load_tree(tmp_path, tree)
    assert settings.http.workers == 1
    assert settings.sources == ()


def set_at(*keys: str | int, to: object) -> Callable[[Tree], None]:
    def damage(tree: Tree) -> None:
        target: object = tree
        for key in keys[:-1]:
            if isinstance(target, dict):
                target = target.setdefault(key, {})
            else:
                assert isinstance(target, list)
                assert isinstance(key, int)
                target = target[key]
        assert isinstance(target, dict | list)
        target[keys[-1]] = to  # type: ignore[index]

    return damage


def signed(**changes: object) -> Callable[[Tree], None]:
    signature = {"header": "X-Signature", "secret_env": "WEBHOOK", **changes}
    return set_at("sources", 0, "signature", to=signature)


def without(*keys: str) -> Callable[[Tree], None]:
    def damage(tree: Tree) -> None:
        target = tree
        for key in keys[:-1]:
            target = target[key]
        del target[keys[-1]]

    return damage


V = ("tenants", "voorbeeldstad")

STATIONS = {
    "name": "stations",
    "type": "ocpp16",
    "tenant": "voorbeeldstad",
    "stations": {"CP-1": "VBS-001"},
    "password_env": "P",
}
BAD = [
    (set_at("htpp", to={}), "htpp: is not a key here; did you mean http?"),
    (set_at("http", "prot", to=1), "http.prot: is not a key here; did you mean port?"),
    (
        set_at("store", "zzz", to=1),
        "store.zzz: is not a key here; there are url",
    ),
    (set_at("http", "port", to="x"), "http.port: must be a whole number from 1 to 65535"),
    (set_at("http", "port", to=0), "http.port: must be a whole number from 1 to 65535"),
    (set_at("http", "port", to=80.5), "http.port: must be a whole number from 1 to 65535"),
    (set_at("http", "port", to=True), "http.port: must be a whole number from 1 to 65535"),
    (
        set_at("ingest", "max_queued_events", to=0),
        "ingest.max_queued_events: must be a whole number, 1 or more",
    ),
    (set_at("http", to=[1]), "http: must be a section with keys of its own"),
    (set_at("http", "workers", to=0), "http.workers: must be a whole number from 1 to 64"),
    (set_at("demo", to="yes"), "demo: must be true or false"),
    (
        set_at("logging", "level", to="loud"),
        "logging.level: must be one of debug, error, info, warning",
    ),
    (
        set_at("streams", "kasten", "access", to="shut"),
        "streams.kasten.access: must be one of open, token",
    ),
    (
        set_at("streams", "verbruiken", to={}),
        "streams.verbruiken: is not a key here; did you mean verbruik?",
    ),
    (without("public_url"), "public_url: is missing; give it: Address under which clients reach"),
    (set_at("public_url", to="shok.test"), "public_url: must start with http:// or https://"),
    (set_at("public_url", to="ftp://shok.test"), "public_url: must start with http:// or https://"),
    (set_at("public_url", to="http://shok.test/"), "public_url: must not end with a slash"),
    (set_at("public_url", to="http://shok.test?a"), "public_url: must have no query"),
    (set_at("public_url", to="http://shok.test#a"), "public_url: must have no query"),
    (set_at("public_url", to="http://u:p@shok.test"), "public_url: must hold no user name"),
    (set_at("public_url", to="http://shok.test:x"), "public_url: must be a URL"),
    (set_at("public_url", to="http://Shok.test"), "public_url: must have its host in lower case"),
    (set_at("public_url", to="http://shok.test/a b"), "public_url: must hold no spaces"),
    (set_at("public_url", to="http://shok.test/a%20b"), "public_url: must hold no spaces"),
    (
        set_at("http", to={"max_body_bytes": 5_000_000, "max_bodies_bytes": 9_999_999}),
        "http.max_bodies_bytes: must be at least twice http.max_body_bytes",
    ),
    (set_at("licence", to="vrij"), "licence: must be an absolute IRI"),
    (set_at("store", "url", to="postgresql://u@h"), "store.url: must name a database"),
    (set_at("store", "url", to="postgresql://u@h/"), "store.url: must name a database"),
    (set_at("store", to={"standby": True}), "store.standby: only a log in PostgreSQL"),
    (
        lambda tree: tree.update(
            store={"url": "postgresql://h/d", "standby": True}, service={"role": "reader"}
        ),
        "store.standby: a reader never writes",
    ),
    (set_at("service", to={"role": "writer"}), "service.role: a writer without HTTP"),
    (set_at("store", "url", to="mysql://h/d"), "store.url: must start with sqlite:///"),
    (set_at("store", "url", to="sqlite:///"), "store.url: must name a file"),
    (set_at("store", "url", to="sqlite:///:memory:"), "store.url: must name a file"),
    (set_at("store", "url", to="sqlite:///a.db?x=1"), "store.url: must have no query"),
    (set_at("identity", to={}), "identity: must have exactly one of secret_env and secret_file"),
    (
        set_at("identity", "secret_file", to="x"),
        "identity: must have exactly one of secret_env and secret_file",
    ),
    (
        set_at("identity", to={"secret": "x" * 20}),
        "identity.secret: a secret in the file is for the demo only",
    ),
    (
        set_at("identity", to={"secret": "short"}),
        "identity.secret: must be text of at least 16 characters",
    ),
    (set_at("identity", "secret_env", to="1 X"), "identity.secret_env: must be the name of an env"),
    (set_at("tenants", to={}), "tenants: must have at least 1"),
    (set_at("tenants", to=[]), "tenants: must be names with a section each"),
    (set_at("tenants", "Stad X", to={}), "tenants.Stad X: must be 1 to 64 lower-case letters"),
    (without(*V, "network"), f"{TENANT}.network: is missing; give it: The network"),
    (
        set_at(*V, "municipality", "postcode", to=9999),
        f"{TENANT}.municipality.postcode: must be one line of text, at most 200 characters; write",
    ),
    (
        set_at(*V, "organisations", "stad", "kbo", to="0123"),
        f"{TENANT}.organisations.stad.kbo: must be an enterprise number: 10 digits",
    ),
    (set_at(*V, "manager", to="niemand"), f"{TENANT}.manager: niemand is not one of"),
    (
        set_at(*V, "municipality", "organisation", to="x"),
        f"{TENANT}.municipality.organisation: x is not one of",
    ),
    (set_at(*V, "valid_from", to="2026-01-01"), f"{TENANT}.valid_from: must be a UTC time"),
    (
        set_at(*V, "valid_from", to="2026-02-30T00:00:00Z"),
        f"{TENANT}.valid_from: must be a day that exists",
    ),
    (set_at("sources", to={}), "sources: must be a list"),
    (
        set_at("sources", 0, "type", to="smtp"),
        "sources[0].type: must be one of http, mqtt, poll, ocpp16, tcp, ldes, csv",
    ),
    (set_at("sources", to=["push"]), "sources[0]: must be a section with keys of its own"),
    (set_at("sources", 0, "name", to="broker"), "sources: broker is the name of 2 sources"),
    (set_at("sources", 0, "tenant", to="elders"), "sources[0].tenant: elders is not one of"),
    (set_at("sources", 0, "token_env", to=None), "sources[0]: must have exactly one of token_env"),
    (set_at("sources", 0, "token_file", to="x"), "sources[0]: must have exactly one of token_env"),
    (set_at("sources", 0, "demo_token", to="x"), "sources[0].demo_token: a token in the file is"),
    (set_at("sources", 0, "host", to="x"), "sources[0].host: is not a key here"),
    (signed(header="X Y"), "sources[0].signature.header: must be the name of an HTTP header"),
    (signed(secret_env=None), "sources[0].signature: must have exactly one of secret_env and"),
    (signed(secret_file="x"), "sources[0].signature: must have exactly one of secret_env and"),
    (signed(algorithm="md5"), "sources[0].signature.algorithm: must be one of sha256, sha512"),
    (signed(signed="x"), "sources[0].signature.signed: must have {body} in it once"),
    (signed(signed="{timestamp}{body}"), "sources[0].signature.timestamp_header: is missing"),
    (signed(timestamp_header="T", signed="{body}"), "sources[0].signature.signed: must have {tim"),
    (set_at("sources", 1, "topics", to=[]), "sources[1].topics: must have at least 1"),
    (set_at("sources", 1, "topics", to="a/#"), "sources[1].topics: must be a list"),
    (set_at("sources", 1, "topics", to=[1]), "sources[1].topics[0]: must be one line of text"),
    (set_at("sources", 1, "password_env", to="P"), "sources[1].username: is missing"),
    (set_at("sources", 0, to=STATIONS | {"stations": {}}), "sources[0].stations: must have at"),
    (
        set_at("sources", 0, to=STATIONS | {"stations": {"CP 1": "VBS-001"}}),
        "sources[0].stations.CP 1: must be the identity of a station",
    ),
    (
        set_at("sources", 0, to=STATIONS | {"password_file": "x"}),
        "sources[0]: must have exactly one of password_env and password_file",
    ),
    (
        set_at("sources", 0, to=STATIONS | {"meters": {"CP-1": "M"}}),
        "sources[0].meters.CP-1: must be a station, a slash and the number of a connector",
    ),
    (
        set_at("sources", 0, to=STATIONS | {"meters": {"CP-2/1": "M"}}),
        "sources[0]: CP-2/1 is of no station of sources[0].stations; add CP-2 there",
    ),
    (
        set_at("sources", 0, to=STATIONS | {"zone": "Europe/Brussel"}),
        "sources[0].zone: Europe/Brussel is no time zone; write one such as Europe/Brussels",
    ),
    (
        set_at("sources", 0, to=STATIONS | {"vendor_codes": {"X": "broken"}}),
        "sources[0].vendor_codes.X: must be one of comm_loss,",
    ),
    (
        set_at("sources", 1, "decode", to={"as": "ocpp16", "topic": "ocpp/{station}"}),
        "sources[1].decode.topic: must hold {station} and {direction}, each once",
    ),
]


@pytest.mark.parametrize(("damage", "message"), BAD, ids=[message[:50] for _, message in BAD])
def test_a_problem_names_the_key_and_what_to_do(
    tmp_path: Path, damage: Callable[[Tree], None], message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_damaged(tmp_path, damage)
    first, *_ = str(caught.value).splitlines()
    assert first.startswith(f"{tmp_path / 'settings.yaml'}: {message}")


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    tree = good() | {"htpp": {}, "demo": "maybe"}
    del tree["licence"]
    with pytest.raises(ConfigurationError) as caught:
        load_tree(tmp_path, tree)
    assert len(str(caught.value).splitlines()) == 3


def test_two_subscriptions_cannot_share_a_session(tmp_path: Path) -> None:
    tree = good()
    tree["sources"].append(tree["sources"][1] | {"name": "other"})
    with pytest.raises(ConfigurationError, match="2 of one broker have the client_id shok"):
        load_tree(tmp_path, tree)


def test_stations_connect_to_the_process_that_writes(tmp_path: Path) -> None:
    tree = good()
    tree["sources"].append(STATIONS)
    source = load_tree(tmp_path, tree).sources[2]
    assert isinstance(source, Ocpp16Source)
    assert source.decode == Ocpp16(stations={"CP-1": "VBS-001"})
    with pytest.raises(ConfigurationError, match=r"http\.workers: must be 1, because the stations"):
        load_tree(tmp_path, tree | {"http": {"workers": 2}})
    with pytest.raises(ConfigurationError, match="a writer without HTTP cannot take what"):
        load_tree(tmp_path, tree | {"service": {"role": "writer"}})


def test_a_secret_may_stand_in_the_demo_file(tmp_path: Path) -> None:
    tree = good() | {"demo": True, "identity": {"secret": "known-to-everybody"}}
    tree["sources"][0]["demo_token"] = "demo-token"
    assert load_tree(tmp_path, tree).demo


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        load_settings(tmp_path / "none.yaml", {})


def test_no_secret_is_in_a_message_or_in_the_repr(tmp_path: Path) -> None:
    tree = good() | {"demo": True, "identity": {"secret": "hush-hush-hush-hush"}}
    tree["sources"][0]["demo_token"] = "hush-token"
    assert "hush" not in repr(load_tree(tmp_path, tree))
    with pytest.raises(ConfigurationError) as caught:
        load_tree(tmp_path, tree | {"demo": False})
    assert "hush" not in str(caught.value)
