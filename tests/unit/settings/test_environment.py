from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.ldes.stream import Access
from ldes_shok.sources.transports.http.section import HttpSource
from ldes_shok.sources.transports.mqtt.section import MqttSource
from tests.unit.settings.support import good, load_tree


def test_two_underscores_go_one_level_deeper(tmp_path: Path) -> None:
    settings = load_tree(
        tmp_path,
        good(),
        LDES_SHOK__HTTP__PORT="9000",
        LDES_SHOK__HTTP__HOST="0.0.0.0",  # noqa: S104  only a text here
        LDES_SHOK__PUBLIC_URL="https://x.test",
        LDES_SHOK__DEMO="true",
        LDES_SHOK__STORE__URL="sqlite:////tmp/x.db",
    )
    assert settings.http.port == 9000
    assert settings.http.host == "0.0.0.0"  # noqa: S104
    assert settings.public_url == "https://x.test"
    assert settings.demo is True
    assert settings.store.url == "sqlite:////tmp/x.db"


def test_a_dash_in_a_key_is_an_underscore(tmp_path: Path) -> None:
    settings = load_tree(
        tmp_path,
        good(),
        LDES_SHOK__STREAMS__VERBRUIK_INDIVIDUEEL__ACCESS="open",
        LDES_SHOK__STREAMS__TECHNIEK__TOKEN_ENV="A, B",
    )
    streams = settings.streams.by_name()
    assert streams["verbruik-individueel"].access is Access.OPEN
    assert streams["techniek"].token_env == ("A", "B")


def test_an_element_of_a_list_is_meant_by_name_or_number(tmp_path: Path) -> None:
    settings = load_tree(
        tmp_path,
        good(),
        LDES_SHOK__SOURCES__BROKER__PORT="1884",
        LDES_SHOK__SOURCES__BROKER__TOPICS="a/#,b/#",
        LDES_SHOK__SOURCES__0__TOKEN_ENV="OTHER",
    )
    push, broker = settings.sources
    assert isinstance(push, HttpSource)
    assert push.token_env == "OTHER"
    assert isinstance(broker, MqttSource)
    assert (broker.port, broker.topics) == (1884, ("a/#", "b/#"))


def test_text_with_digits_stays_text(tmp_path: Path) -> None:
    name = "LDES_SHOK__TENANTS__VOORBEELDSTAD__MUNICIPALITY__POSTCODE"
    settings = load_tree(tmp_path, good(), **{name: "0100"})
    assert settings.tenants["voorbeeldstad"].municipality.postcode == "0100"


def test_an_organisation_can_be_added(tmp_path: Path) -> None:
    name = "LDES_SHOK__TENANTS__VOORBEELDSTAD__ORGANISATIONS__NET_BEHEER__NAME"
    settings = load_tree(tmp_path, good(), **{name: "Net"})
    assert settings.tenants["voorbeeldstad"].organisations["net-beheer"].name == "Net"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("LDES_SHOK__HTTP__PORT", "x", r"http\.port: .* \(set by LDES_SHOK__HTTP__PORT\)"),
        ("LDES_SHOK__HTTP__PROT", "1", "http.prot: is not a key here; did you mean port"),
        ("LDES_SHOK__HTPP__PORT", "1", "htpp: is not a key here; did you mean http"),
        ("LDES_SHOK__PUBLIC_URL__X", "1", "LDES_SHOK__PUBLIC_URL__X: public_url has no keys"),
        ("LDES_SHOK__", "1", "LDES_SHOK__: must be LDES_SHOK__SECTION__KEY"),
        ("LDES_SHOK__HTTP____PORT", "1", "must be LDES_SHOK__SECTION__KEY"),
        ("LDES_SHOK__SOURCES__9__NAME", "x", "sources has no element 9; add it in the YAML"),
        ("LDES_SHOK__HTTP", "x", "http: must be a section"),
    ],
)
def test_a_variable_without_a_place_is_named(
    tmp_path: Path, variable: str, value: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_tree(tmp_path, good(), **{variable: value})


def test_variables_with_one_underscore_are_not_ours(tmp_path: Path) -> None:
    assert load_tree(tmp_path, good(), LDES_SHOK_PUSH_TOKEN="x", HOME="/").http.port == 8080
