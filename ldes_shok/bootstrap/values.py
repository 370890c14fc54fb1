"""Converts settings to the values that the layers below use."""

from __future__ import annotations

from pathlib import Path

from ldes_shok.cabinet.claim import Claim
from ldes_shok.errors import ConfigurationError
from ldes_shok.fragmentation.tree import Policy
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.mapping.tenant import NamedTenant
from ldes_shok.settings.model import Fragmentation, Settings
from ldes_shok.shipped import SHAPES, shipped
from ldes_shok.sources.transports.ldes.section import LdesSource
from ldes_shok.validation.shapes import Shapes


def tenants(settings: Settings) -> dict[str, NamedTenant]:
    """Return the cities by name."""
    return {name: NamedTenant(name, tenant) for name, tenant in settings.tenants.items()}


def claims(settings: Settings) -> list[Claim]:
    """Return which cabinets each followed stream may describe."""
    return [source.claim for source in settings.sources if isinstance(source, LdesSource)]


def policy(fragmentation: Fragmentation) -> Policy:
    """Return how large nodes grow."""
    return Policy(
        leaf_members=fragmentation.leaf_members, bucket_leaves=fragmentation.bucket_leaves
    )


def load_shapes(settings: Settings) -> Shapes:
    """Return the shapes of all streams.

    Raises:
        ConfigurationError: the folder does not exist, or it has no shape for a stream.
        ShapesError: a shape cannot be used.
    """
    directory = shapes_directory(settings)
    shapes = Shapes.load(directory, settings.public_url)
    missing = [f"{name}.ttl" for name in STREAMS if name not in shapes.streams]
    if missing:
        raise ConfigurationError(
            f"validation.shapes_directory: {directory} has no {', '.join(missing)}; every stream "
            "needs its shape: copy what came with this release, and change that"
        )
    return shapes


def shapes_directory(settings: Settings) -> Path:
    """Return the folder of the shapes: the one of the settings, or the one of the package.

    Raises:
        ConfigurationError: the folder does not exist.
    """
    configured = settings.validation.shapes_directory
    directory = Path(configured) if configured else shipped(SHAPES)
    if not directory.is_dir():
        raise ConfigurationError(
            f"validation.shapes_directory: {directory} is not a folder; name the one that came "
            "with this release"
        )
    return directory
