"""What comes with the package and is not code: the shapes, the demo's city, the example.

Their sources are the folders `shapes/` and `config/` of the checkout. The links beside this file
lead there; in a wheel the files themselves stand in their place.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

SHAPES: Final = "shapes"
DEMO: Final = "config/demo.yaml"
EXAMPLE: Final = "config/ldes-shok.example.yaml"


def shipped(name: str) -> Path:
    """Where a file or folder lies that came with this installation.

    Args:
        name: `SHAPES`, `DEMO` or `EXAMPLE`.
    """
    return Path(str(resources.files("ldes_shok.shipped").joinpath(name)))
