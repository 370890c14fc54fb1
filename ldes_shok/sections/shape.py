"""Reads the annotations of the settings model; no other module does."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec
from msgspec import inspect

from ldes_shok.sections.fields import HINTS, Line
from ldes_shok.sections.texts import Text


def bare(annotation: Any) -> Any:
    """Return the type without `Annotated` and without `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        if get_origin(annotation) in {Union, UnionType}:
            others = [part for part in get_args(annotation) if part is not NoneType]
            if len(others) == 1:
                annotation = others[0]
                continue
        return annotation


def allows_none(annotation: Any) -> bool:
    """Whether None is a value of the type."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return get_origin(annotation) in {Union, UnionType} and NoneType in get_args(annotation)


def is_section(annotation: Any) -> bool:
    """Whether the type is a struct."""
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def section_kinds(annotation: Any) -> dict[str, type[msgspec.Struct]]:
    """Return the structs of a tagged union by their tag; empty for every other type."""
    if get_origin(annotation) not in {Union, UnionType}:
        return {}
    return {str(kind.__struct_config__.tag): kind for kind in get_args(annotation)}


def item_type(annotation: Any) -> Any:
    """Return the element type of `tuple[X, ...]`; None for every other type."""
    return get_args(annotation)[0] if get_origin(annotation) is tuple else None


def entry_types(annotation: Any) -> tuple[Any, Any] | None:
    """Return key and value type of `dict[K, V]`; None for every other type."""
    if get_origin(annotation) is not dict:
        return None
    key, value = get_args(annotation)
    return key, value


def least_length(annotation: Any) -> int:
    """Return the least number of elements that the annotation requires."""
    metas = getattr(annotation, "__metadata__", ())
    return max((meta.min_length or 0 for meta in metas), default=0)


def wants_text(annotation: Any) -> bool:
    """Whether a value is text, so that text like a number needs quotes."""
    kind = bare(annotation)
    return (
        kind is str
        or is_parsed(kind)
        or (get_origin(kind) is Literal and all(isinstance(word, str) for word in get_args(kind)))
    )


def is_parsed(annotation: Any) -> bool:
    """Whether a value is written as text and parsed: a path, a topic, a zone."""
    kind = bare(annotation)
    return isinstance(kind, type) and issubclass(kind, Text | ZoneInfo)


def purpose(annotation: Any) -> str:
    """Return the description of the key without its final point; empty if it has none."""
    for meta in reversed(getattr(annotation, "__metadata__", ())):
        if meta.description:
            return str(meta.description).rstrip(".")
    return ""


def expectation(annotation: Any) -> str:
    """Return the valid values as text after "must be"."""
    match _leaf(inspect.type_info(annotation)):
        case inspect.BoolType():
            expected = "true or false"
        case inspect.IntType(ge=least, le=most):
            expected = f"a whole number{_range(least, most)}"
        case inspect.LiteralType(values=values):
            expected = _choice([str(value) for value in values])
        case inspect.EnumType(cls=kind):
            expected = _choice([str(member.value) for member in kind])
        case inspect.StrType(pattern=str() as pattern) if pattern in HINTS:
            expected = HINTS[pattern]
        case inspect.CustomType():
            expected = expectation(Line)
        case inspect.StrType(min_length=int() as least) if least > 1:
            expected = f"text of at least {least} characters"
        case _:
            expected = "text"
    return expected


def _leaf(info: inspect.Type) -> inspect.Type:
    while True:
        match info:
            case inspect.Metadata():
                info = info.type
            case inspect.UnionType():
                info = next(t for t in info.types if not isinstance(t, inspect.NoneType))
            case _:
                return info


def _range(least: int | None, most: int | None) -> str:
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return f", {least} or more" if least is not None else ""


def _choice(words: list[str]) -> str:
    return f"one of {', '.join(words)}"
