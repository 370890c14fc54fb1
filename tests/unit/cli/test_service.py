from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.support import DEMO, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def test_serve_runs_the_service_with_the_settings(cli: Run, fake: FakeApplication) -> None:
    assert cli("serve", "--config", DEMO, LDES_SHOK__HTTP__PORT="9000") == 0
    assert fake.calls == [("run_service",)]
    assert fake.settings is not None
    assert fake.settings.http.port == 9000


def test_serve_logs_what_is_probably_not_meant(cli: Run, capsys: Captured) -> None:
    cli("serve", "--config", DEMO, LDES_SHOK__HTTP__PORT="9000")
    entry = json.loads(capsys.readouterr().out)
    assert entry["event"] == "settings_doubtful"
    assert entry["detail"].startswith("public_url: says port 8080")


@pytest.mark.parametrize("where", ["ldes-shok.yaml", "config/ldes-shok.yaml", "variable"])
def test_serve_finds_its_file(cli: Run, fake: FakeApplication, where: str) -> None:
    if where == "variable":
        assert cli("serve", LDES_SHOK_CONFIG=str(DEMO)) == 0
    else:
        path = Path(where)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(DEMO.read_bytes())
        assert cli("serve") == 0
    assert fake.calls == [("run_service",)]


def test_serve_without_a_file_says_what_to_do(cli: Run, capsys: Captured) -> None:
    assert cli("serve") == 2
    assert "give --config FILE or set LDES_SHOK_CONFIG" in capsys.readouterr().err


def test_demo_needs_nothing(cli: Run, fake: FakeApplication) -> None:
    assert cli("demo") == 0
    assert fake.calls == [("run_demo", 6, 7, 60.0, Path("var/demo"), False)]
    assert fake.settings is not None
    assert fake.settings.public_url == "http://127.0.0.1:8080"


def test_demo_takes_its_options(cli: Run, fake: FakeApplication) -> None:
    options = ["--cabinets", 2, "--days", 1, "--speed", 5, "--data-directory", "x", "--fresh"]
    assert cli("demo", *options) == 0
    assert fake.calls == [("run_demo", 2, 1, 5.0, Path("x"), True)]


@pytest.mark.parametrize(
    ("options", "variables", "port", "url"),
    [
        (["--port", "9000"], {}, 9000, "http://127.0.0.1:9000"),
        ([], {"LDES_SHOK__HTTP__PORT": "9001"}, 9001, "http://127.0.0.1:9001"),
        (["--port", "9000"], {"LDES_SHOK__HTTP__PORT": "9001"}, 9000, "http://127.0.0.1:9000"),
        (
            ["--port", "9000"],
            {"LDES_SHOK__PUBLIC_URL": "https://demo.example"},
            9000,
            "https://demo.example",
        ),
    ],
)
def test_the_demos_public_url_follows_its_port(
    cli: Run,
    fake: FakeApplication,
    options: list[str],
    variables: dict[str, str],
    port: int,
    url: str,
) -> None:
    assert cli("demo", *options, **variables) == 0
    assert fake.settings is not None
    assert (fake.settings.http.port, fake.settings.public_url) == (port, url)


def test_demo_refuses_a_real_city(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    example = DEMO.with_name("ldes-shok.example.yaml")
    assert cli("demo", "--config", example) == 2
    assert "must not be mistaken for a real one" in capsys.readouterr().err
    assert fake.calls == []
