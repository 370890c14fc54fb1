from __future__ import annotations

import json
import re
from pathlib import Path

from jsonschema import Draft202012Validator

from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.settings.show import settings_schema, settings_yaml
from ldes_shok.settings.yaml_text import parse_yaml
from tests.unit.settings.support import good, load_tree

CONFIG = Path(__file__).parents[3] / "config"


def test_what_is_shown_can_be_loaded_again(tmp_path: Path) -> None:
    settings = load_tree(tmp_path, good(), LDES_SHOK__HTTP__PORT="9000")
    shown = tmp_path / "shown.yaml"
    shown.write_text(settings_yaml(settings), encoding="utf-8")
    assert load_settings(shown, {}) == settings


def test_what_is_shown_holds_no_secret(tmp_path: Path) -> None:
    tree = good() | {"demo": True, "identity": {"secret": "hush-hush-hush-hush"}}
    tree["sources"][0]["demo_token"] = "hush"
    shown = settings_yaml(load_tree(tmp_path, tree))
    assert "hush" not in shown
    assert shown.count("(hidden)") == 2


def test_the_password_of_a_store_is_not_shown(tmp_path: Path) -> None:
    tree = good() | {
        "store": {"url": "postgresql://shok:hush:hush@db.test:5432/log?sslmode=require"}
    }
    settings = load_tree(tmp_path, tree)
    assert "hush" not in repr(settings)
    shown = settings_yaml(settings)
    assert "hush" not in shown
    assert "url: postgresql://shok:(hidden)@db.test:5432/log?sslmode=require" in shown


def test_the_shipped_files_conform_to_the_schema() -> None:
    schema = json.loads(settings_schema())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for name in ("demo.yaml", "ldes-shok.example.yaml"):
        tree = parse_yaml((CONFIG / name).read_text(encoding="utf-8"), name)
        assert list(validator.iter_errors(tree)) == []
    assert not validator.is_valid(good() | {"htpp": {}})


def test_the_schema_has_patterns_that_editors_understand() -> None:
    assert r"\\Z" not in settings_schema().decode()


def test_every_key_has_a_description() -> None:
    definitions = json.loads(settings_schema())["$defs"]
    for name, definition in definitions.items():
        for key, value in definition.get("properties", {}).items():
            if key not in {"type", "as"}:
                assert value.get("description"), f"{name}.{key}"
    assert Settings.__doc__


def test_secrets_are_referred_to_and_never_have_defaults() -> None:
    text = settings_schema().decode()
    assert not re.search(r'"(secret|demo_token)":\s*\{[^}]*"default":\s*"', text)
