"""Converts a plain tree to a section, and names each problem by its key."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from ldes_shok.sections import shape
from ldes_shok.sections.texts import from_text

Path = tuple[str, ...]
"""The place of a value: keys, and `[0]` for the first element of a list."""

Kind = TypeVar("Kind", bound=msgspec.Struct)

_FAILED: Any = object()


def key_text(path: Path) -> str:
    """Return a path as people write it: `sources[0].token_env`."""
    return ".".join(path).replace(".[", "[")


def read_section(
    tree: Mapping[str, Any], kind: type[Kind], variables: Mapping[Path, str] | None = None
) -> tuple[Kind | None, list[str]]:
    """Build a section.

    Args:
        tree: the plain values of the YAML file and the environment.
        kind: of the section.
        variables: the environment variable that set the value at each path.

    Returns:
        The section and no problems, or None and one sentence per problem, the key first.
    """
    reader = _TreeReader(variables or {})
    section = reader.section(tree, kind, ())
    return (None if reader.problems else section), reader.problems


class _TreeReader:
    """Walks the tree and the types in parallel, and continues after a problem."""

    def __init__(self, variables: Mapping[Path, str]) -> None:
        self.problems: list[str] = []
        self._variables = variables

    def section(
        self, raw: Any, kind: type[msgspec.Struct], path: Path, *, tag_field: str | None = None
    ) -> Any:
        # `http:` with all its keys commented out is None in YAML: use the defaults.
        values = {} if raw is None else raw
        if not isinstance(values, dict):
            return self._fail(path, "must be a section with keys of its own")
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        known = [*fields, tag_field] if tag_field else list(fields)
        for key in values:
            if key not in known:
                self._fail((*path, key), _unknown(key, known))
        built = {}
        for name, field in fields.items():
            if name in values:
                built[field.name] = self.value(values[name], field.type, (*path, name))
            elif field.required:
                why = shape.purpose(field.type)
                built[field.name] = self._fail((*path, name), f"is missing; give it: {why}")
        return _FAILED if _FAILED in built.values() else kind(**built)

    def value(self, raw: Any, annotation: Any, path: Path) -> Any:
        if raw is None and shape.allows_none(annotation):
            return None
        kind = shape.bare(annotation)
        if shape.is_section(kind):
            return self.section(raw, kind, path)
        if kinds := shape.section_kinds(kind):
            return self._one_of(raw, kinds, path)
        if entries := shape.entry_types(kind):
            return self._entries(raw, entries, shape.least_length(annotation), path)
        if item := shape.item_type(kind):
            return self._items(raw, item, shape.least_length(annotation), path)
        return self._leaf(raw, annotation, path)

    def _one_of(self, raw: Any, kinds: dict[str, type[msgspec.Struct]], path: Path) -> Any:
        tag_field = str(next(iter(kinds.values())).__struct_config__.tag_field)
        if not isinstance(raw, dict):
            return self._fail(path, "must be a section with keys of its own")
        kind = kinds.get(str(raw.get(tag_field)))
        if kind is None:
            return self._fail((*path, tag_field), f"must be one of {', '.join(kinds)}")
        return self.section(raw, kind, path, tag_field=tag_field)

    def _entries(self, raw: Any, types: tuple[Any, Any], least: int, path: Path) -> Any:
        values = {} if raw is None else raw
        if not isinstance(values, dict):
            return self._fail(path, "must be names with a section each")
        if len(values) < least:
            return self._fail(path, f"must have at least {least}")
        key_type, value_type = types
        # The sentence about a path quotes it; a path may have dots, so it is no part of the place.
        at = path if shape.is_parsed(key_type) else None
        built = {
            self._leaf(key, key_type, at or (*path, key)): self.value(
                value, value_type, (*path, key)
            )
            for key, value in values.items()
        }
        return _FAILED if _FAILED in built or _FAILED in built.values() else built

    def _items(self, raw: Any, item: Any, least: int, path: Path) -> Any:
        values = [] if raw is None else raw
        if not isinstance(values, list):
            return self._fail(path, "must be a list: one line with a dash for each")
        if len(values) < least:
            return self._fail(path, f"must have at least {least}")
        built = tuple(
            self.value(value, item, (*path, f"[{index}]")) for index, value in enumerate(values)
        )
        return _FAILED if _FAILED in built else built

    def _leaf(self, raw: Any, annotation: Any, path: Path) -> Any:
        try:
            # Text becomes a number or a bool if the type is one, because the environment has only
            # text; a number never becomes text, because 0123 would lose its zero.
            return msgspec.convert(raw, annotation, strict=False, dec_hook=from_text)
        except msgspec.ValidationError as error:
            if isinstance(error.__cause__, ValueError):
                return self._fail(path, str(error.__cause__))
            expected = shape.expectation(annotation)
            quotes = ""
            if isinstance(raw, (int, float)) and shape.wants_text(annotation):
                quotes = "; write it in quotes" if "quotes" not in expected else ""
            return self._fail(path, f"must be {expected}{quotes}")

    def _fail(self, path: Path, sentence: str) -> Any:
        variable = self._variables.get(path)
        origin = f" (set by {variable})" if variable else ""
        where = f"{key_text(path)}: " if path else ""
        self.problems.append(f"{where}{sentence}{origin}")
        return _FAILED


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    if near:
        return f"is not a key here; did you mean {near[0]}?"
    return f"is not a key here; there are {', '.join(known)}"
