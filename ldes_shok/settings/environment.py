"""Overrides from the environment: `LDES_SHOK__HTTP__PORT=8080` is `http.port`.

Two underscores go one level deeper. A dash in a key is an underscore in a variable's name, the
`name` or number of a list element selects it, and a list of texts is split at commas.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import msgspec

from ldes_shok.sections import shape
from ldes_shok.sections.reader import Path, key_text
from ldes_shok.settings.model import Settings

PREFIX = "LDES_SHOK__"


def apply_overrides(
    tree: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[Path, str], list[str]]:
    """Apply the overrides in `environ` to `tree`.

    Returns:
        The new tree, the variable that set the value at each path, and one sentence for each
        variable that matches no setting.
    """
    result: dict[str, Any] = copy.deepcopy(dict(tree))
    variables: dict[Path, str] = {}
    problems: list[str] = []
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        segments = variable.removeprefix(PREFIX).lower().split("__")
        if not all(segments):
            problems.append(f"{variable}: must be {PREFIX}SECTION__KEY, with two underscores")
            continue
        try:
            path = _put(result, Settings, segments, environ[variable])
        except LookupError as error:
            problems.append(f"{variable}: {error.args[0]}")
            continue
        variables[path] = variable
    return result, variables, problems


def _put(tree: dict[str, Any], root: Any, segments: list[str], text: str) -> Path:
    container: Any = tree
    annotation = root
    path: Path = ()
    for segment in segments[:-1]:
        key, annotation = _step(container, annotation, segment, path)
        path = (*path, f"[{key}]" if isinstance(key, int) else key)
        if isinstance(container, dict) and container.get(key) is None:
            container[key] = {}
        container = _opened(container[key], path)
    key, annotation = _step(container, annotation, segments[-1], path)
    container[key] = _value(text, annotation)
    return (*path, f"[{key}]" if isinstance(key, int) else key)


def _opened(value: Any, path: Path) -> Any:
    if isinstance(value, (dict, list)):
        return value
    raise LookupError(f"{key_text(path)} has no keys of its own")


def _step(container: Any, annotation: Any, segment: str, path: Path) -> tuple[Any, Any]:
    """Return the key or index of `segment` in `container`, and the type of its value."""
    kind = shape.bare(annotation)
    if isinstance(container, list):
        return _index(container, segment, path), shape.item_type(kind)
    if kinds := shape.section_kinds(kind):
        kind = kinds.get(str(container.get("type")))
    if shape.is_section(kind):
        for field in msgspec.structs.fields(kind):
            if _fold(field.encode_name) == segment:
                return field.encode_name, field.type
        return segment, None
    entries = shape.entry_types(kind)
    for key in container:
        if _fold(key) == segment:
            return key, entries[1] if entries else None
    return segment.replace("_", "-"), entries[1] if entries else None


def _index(elements: list[Any], segment: str, path: Path) -> int:
    if segment.isdecimal() and int(segment) < len(elements):
        return int(segment)
    for index, element in enumerate(elements):
        if isinstance(element, dict) and _fold(str(element.get("name"))) == segment:
            return index
    raise LookupError(f"{key_text(path)} has no element {segment}; add it in the YAML file")


def _fold(key: str) -> str:
    return key.lower().replace("-", "_")


def _value(text: str, annotation: Any) -> Any:
    item = shape.item_type(shape.bare(annotation))
    if item is not None and (shape.bare(item) is str or shape.is_parsed(item)):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
