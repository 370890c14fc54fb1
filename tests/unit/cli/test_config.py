from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok.settings.yaml_text import parse_yaml
from tests.support.ports import free_port
from tests.unit.cli.support import DEMO

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


def _at_a_free_port() -> dict[str, str]:
    port = free_port()
    return {
        "LDES_SHOK__HTTP__PORT": str(port),
        "LDES_SHOK__PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


EXAMPLE = DEMO.with_name("ldes-shok.example.yaml")


def test_check_of_a_good_file(cli: Run, capsys: Captured) -> None:
    assert cli("config", "check", "--config", DEMO, **_at_a_free_port()) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{DEMO}: good\n"
    assert captured.err == ""


def test_check_names_the_secrets_that_are_not_set(cli: Run, capsys: Captured) -> None:
    assert cli("config", "check", "--config", EXAMPLE, **_at_a_free_port()) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" is not set")[0].split()[-1] for line in lines if "not set" in line] == [
        "LDES_SHOK_IDENTITY_SECRET",
        "LDES_SHOK_PUSH_TOKEN",
    ]


def test_check_without_secrets_gives_warnings(cli: Run, capsys: Captured) -> None:
    free = _at_a_free_port()
    assert cli("config", "check", "--without-secrets", "--config", EXAMPLE, **free) == 0
    assert "warning: streams.techniek: nobody can read it" in capsys.readouterr().err


def test_check_refuses_what_serve_would(cli: Run, capsys: Captured) -> None:
    nowhere = {"LDES_SHOK__VALIDATION__SHAPES_DIRECTORY": "/nowhere/shapes", **_at_a_free_port()}
    assert cli("config", "check", "--config", DEMO, **nowhere) == 2
    assert capsys.readouterr().err.startswith(
        "ldes-shok: validation.shapes_directory: /nowhere/shapes is not a folder"
    )


def test_check_prints_one_line_for_each_problem(cli: Run, capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    text = DEMO.read_text(encoding="utf-8").replace("demo: true", "demo: maybe")
    path.write_text(text.replace("licence:", "license:"), encoding="utf-8")
    assert cli("config", "check", "--config", path) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"ldes-shok: {path}: license: is not a key here; did you mean licence?"
    assert len(lines) == 3
    assert all(line.startswith(f"ldes-shok: {path}: ") for line in lines)


def test_show_is_yaml_without_secrets(cli: Run, capsys: Captured) -> None:
    assert cli("config", "show", "--config", DEMO, LDES_SHOK__HTTP__PORT="9000") == 0
    out = capsys.readouterr().out
    assert parse_yaml(out, "shown")["http"]["port"] == 9000
    assert "demo-token" not in out
    assert "known-to-all" not in out


def test_schema_is_json(cli: Run, capsys: Captured) -> None:
    assert cli("config", "schema") == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "urn:ldes-shok:settings:1"
