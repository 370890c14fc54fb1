"""Settings as the values that the layers below work with."""

from __future__ import annotations

from pathlib import Path

from ldes_shok.cabinet.claim import Claim
from ldes_shok.errors import ConfigurationError
from ldes_shok.fragmentation.tree import Policy
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.mapping.tenant import Organisation, Tenant
from ldes_shok.settings.model import Fragmentation, Settings
from ldes_shok.shipped import SHAPES, shipped
from ldes_shok.sources.transports.ldes.section import LdesSource
from ldes_shok.validation.shapes import Shapes


def tenants(settings: Settings) -> dict[str, Tenant]:
    """The cities by name."""
    return {
        name: Tenant(
            name=name,
            organisations={
                slug: Organisation(slug, organisation.name, organisation.kbo or "")
                for slug, organisation in tenant.organisations.items()
            },
            municipality=tenant.municipality.name,
            postcode=tenant.municipality.postcode,
            user=tenant.municipality.organisation,
            manager=tenant.manager,
            supplier=tenant.supplier,
            authority=tenant.authority,
            network=tenant.network.id,
            network_name=tenant.network.name,
            valid_from=tenant.valid_from,
        )
        for name, tenant in settings.tenants.items()
    }


def claims(settings: Settings) -> list[Claim]:
    """Which cabinets the streams that are followed may tell of."""
    return [source.claim for source in settings.sources if isinstance(source, LdesSource)]


def policy(fragmentation: Fragmentation) -> Policy:
    """How large nodes grow."""
    return Policy(
        leaf_members=fragmentation.leaf_members, bucket_leaves=fragmentation.bucket_leaves
    )


def load_shapes(settings: Settings) -> Shapes:
    """The shapes of all streams.

    Raises:
        ConfigurationError: there is no such folder, or a stream has none there.
        ShapesError: one cannot be used.
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
    """Where the shapes are: as set, or as they came with the package.

    Raises:
        ConfigurationError: there are none.
    """
    configured = settings.validation.shapes_directory
    directory = Path(configured) if configured else shipped(SHAPES)
    if not directory.is_dir():
        raise ConfigurationError(
            f"validation.shapes_directory: {directory} is not a folder; name the one that came "
            "with this release"
        )
    return directory
