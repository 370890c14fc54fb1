"""Strict YAML as people expect it: a reader over PyYAML's safe loader.

PyYAML reads YAML 1.1, where `0123` is 83, `1:30` is 90, `no` is false, a date is an object and
the second of two equal keys replaces the first without an error. Here only true, false, null and
plain numbers have a type (the core schema of YAML 1.2.2, section 10.3.2); all else is text.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from ldes_shok.errors import ConfigurationError
from ldes_shok.shipped import EXAMPLE, shipped

_MERGE = "tag:yaml.org,2002:merge"
_NULL = ("tag:yaml.org,2002:null", re.compile(r"^(~|null|Null|NULL|)\Z"))
_BOOL = ("tag:yaml.org,2002:bool", re.compile(r"^(true|True|TRUE|false|False|FALSE)\Z"))
_INT = ("tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9][0-9]*(_[0-9]{3})*)\Z"))
_FLOAT = (
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(0|[1-9][0-9]*)(\.[0-9]+([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)\Z"),
)
_RESOLVERS: dict[str, list[tuple[str, re.Pattern[str]]]] = {
    "": [_NULL],
    "~": [_NULL],
    "n": [_NULL],
    "N": [_NULL],
    **{first: [_BOOL] for first in "tTfF"},
    **{first: [_INT, _FLOAT] for first in "-+0123456789"},
    "<": [(_MERGE, re.compile(r"^<<\Z"))],
}


class _Loader(yaml.SafeLoader):
    """The safe loader with fewer types, and an error for a duplicate key."""

    yaml_implicit_resolvers = _RESOLVERS

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002  the signature is PyYAML's
    ) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _problem(f"a key must be text: write it in quotes (found {key!r})", key_node)
            if key in seen:
                raise _problem(f"{key} stands here twice: remove one of the two", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _problem(sentence: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, sentence, node.start_mark)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in the YAML file at `path`; an empty file is an empty mapping.

    Raises:
        ConfigurationError: the file cannot be read, or is not one mapping in strict YAML. The
            message names the file and the line, and quotes nothing of the content.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"{path}: there is no such file; {shipped(EXAMPLE)} has every key"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> dict[str, Any]:
    """Return the mapping in `text`; messages call the text `name`.

    Raises:
        ConfigurationError: not one mapping in strict YAML.
    """
    try:
        document = yaml.load(text, _Loader)  # noqa: S506  a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        sentence = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigurationError(f"{where}: {sentence}") from None
    except yaml.reader.ReaderError as error:
        raise ConfigurationError(
            f"{name}: holds a character that YAML does not allow, at offset {error.position}"
        ) from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{name}: cannot be read as YAML; simplify it") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(f"{name}: must be keys and values, such as `title: Kasten`")
    return document
