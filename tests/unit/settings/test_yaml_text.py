from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import ConfigurationError
from ldes_shok.settings.yaml_text import parse_yaml, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0123", "0123"),
        ("0999999922", "0999999922"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("no", "no"),
        ("on", "on"),
        ("0x1F", "0x1F"),
        (".inf", ".inf"),
        ("5_000_000", 5_000_000),
        ("5_00", "5_00"),
        ("0", 0),
        ("-7", -7),
        ("1.5", 1.5),
        ("true", True),
        ("~", None),
        ("", None),
        ('"9999"', "9999"),
    ],
)
def test_only_the_core_schema_has_types(text: str, value: object) -> None:
    found = parse_yaml(f"key: {text}", "x")["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "x, line 3, column 1: a stands here twice"),
        ("a:\n  b: 1\n  b: 1", "x, line 3, column 3: b stands here twice"),
        ("9999: stad", "x, line 1, column 1: a key must be text: write it in quotes"),
        ("a: [1", "x, line 1, column 6: "),
        ("a: 1\n b: 2", "x, line 2"),
        ("- a", "x: must be keys and values"),
        ("a: !!python/object:os.system {}", "could not determine a constructor"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ("a: \x01", "holds a character that YAML does not allow"),
        ("a: *b", "found undefined alias"),
        ("a: " + "[" * 5000, "cannot be read as YAML|line"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message.replace("[", r"\[")):
        parse_yaml(text, "x")


def test_a_merge_key_is_not_a_key_twice() -> None:
    tree = parse_yaml("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3", "x")
    assert tree["b"] == {"x": 3, "y": 2}


def test_an_empty_file_is_an_empty_mapping() -> None:
    assert parse_yaml("# nothing\n", "x") == {}


def test_a_byte_order_mark_is_no_part_of_a_key(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_yaml(path) == {"a": 1}


@pytest.mark.parametrize("content", [b"a: \xff", None])
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.yaml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"x\.yaml: (is not UTF-8|cannot be read)"):
        read_yaml(path)


@given(st.text())
def test_any_text_is_a_mapping_or_a_configuration_error(text: str) -> None:
    with contextlib.suppress(ConfigurationError):
        assert isinstance(parse_yaml(text, "x"), dict)
