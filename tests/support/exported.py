"""A folder that was exported, looked at from outside: what leads where, and what is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

_NODE = re.compile(r"tree:node <([^>]*)>")
_OWN = (".gz", ".open", ".part")


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as the file system knows it: another one has another number."""

    inode: int
    modified_ns: int
    content: bytes


def states(root: Path) -> Mapping[str, FileState]:
    """All files of an export by name, compressed twins and marks too."""
    found: dict[str, FileState] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            stat = path.stat()
            name = str(path.relative_to(root))
            found[name] = FileState(stat.st_ino, stat.st_mtime_ns, path.read_bytes())
    return found


def contents(root: Path) -> Mapping[str, bytes]:
    """The same, without what tells two runs apart."""
    return {name: state.content for name, state in states(root).items()}


def sealed_pages(root: Path) -> set[str]:
    """The names of the nodes that say that they never change."""
    return {
        name
        for name, state in states(root).items()
        if "/by-time/" in name and not name.endswith(_OWN) and b"mmutable" in state.content
    }


def dangling(root: Path) -> list[tuple[str, str]]:
    """Relations of nodes, in both forms, that lead to nothing."""
    return [
        (name, link)
        for name, state in states(root).items()
        if "/by-time" in name and not name.endswith(_OWN)
        for link in _links(name, state.content.decode())
        if not (root / link).is_file()
    ]


def _links(name: str, text: str) -> Iterator[str]:
    if name.endswith(".ttl"):
        targets = _NODE.findall(text)
    else:
        nodes: list[dict[str, Any]] = json.loads(text)["@graph"]
        targets = [relation["node"] for node in nodes for relation in node.get("relation", ())]
    for target in targets:
        yield urljoin(f"http://host/{name}", target).removeprefix("http://host/")
