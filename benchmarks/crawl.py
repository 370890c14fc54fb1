"""Just enough of a client to find a leaf: follows relations in N-Triples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tests.support.service import request

_NODE: Final = re.compile(r"<https://w3id\.org/tree#node> <([^>]+)>")
_IMMUTABLE: Final = "immutable"


def leaves(url: str, *, newest_first: bool = False) -> Iterator[tuple[str, bool]]:
    """The leaves below a node: URL, and whether it is sealed; in the order of time."""
    _, headers, body = request(url, headers={"Accept": "application/n-triples"})
    children = list(dict.fromkeys(_NODE.findall(body.decode())))
    if not children:
        yield url, _IMMUTABLE in headers["cache-control"]
        return
    for child in reversed(children) if newest_first else children:
        yield from leaves(child, newest_first=newest_first)


def sealed_leaf(root: str) -> str:
    """A leaf that is full.

    Raises:
        RuntimeError: there is none.
    """
    for url, sealed in leaves(root):
        if sealed:
            return url
    raise RuntimeError(f"no leaf below {root} is sealed yet")
