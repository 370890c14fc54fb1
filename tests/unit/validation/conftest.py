"""The shipped shapes and both judges, loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes
from tests.fixtures.members import BASE

SHAPES_DIRECTORY = Path(__file__).parents[3] / "shapes"


@pytest.fixture(scope="session")
def shapes() -> Shapes:
    return Shapes.load(SHAPES_DIRECTORY, BASE)


@pytest.fixture(scope="session")
def authority(shapes: Shapes) -> ShaclJudge:
    return ShaclJudge(shapes)


@pytest.fixture(scope="session")
def compiled(shapes: Shapes) -> dict[str, CompiledShape]:
    return {
        stream: CompiledShape(shapes.source(stream), shapes.shape_iri(stream))
        for stream in shapes.streams
    }
