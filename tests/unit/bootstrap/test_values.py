"""Settings as the values that the layers below work with."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldes_shok.bootstrap.values import policy, shapes_directory, tenants
from ldes_shok.errors import ConfigurationError
from ldes_shok.fragmentation.tree import Policy
from ldes_shok.settings.model import Settings
from tests.unit.conftest import MakeSettings


def test_a_tenant_says_what_controllers_do_not_know(settings: Settings) -> None:
    (tenant,) = tenants(settings).values()
    assert (tenant.name, tenant.user) == ("voorbeeldstad", "stad")
    assert set(tenant.facts.organisations) == {"stad", "beheer", "stroom"}


def test_the_policy_is_the_settings(make_settings: MakeSettings) -> None:
    small = make_settings({"fragmentation": {"leaf_members": 7, "bucket_leaves": 3}})
    assert policy(small.fragmentation) == Policy(7, 3)


def test_shapes_are_those_that_came_along_or_stand_where_they_are_set(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    assert (shapes_directory(make_settings({})) / "kasten.ttl").is_file()
    elsewhere = {"validation": {"shapes_directory": str(tmp_path)}}
    assert shapes_directory(make_settings(elsewhere)) == tmp_path
    nowhere = {"validation": {"shapes_directory": str(tmp_path / "nowhere")}}
    with pytest.raises(ConfigurationError, match=r"validation\.shapes_directory"):
        shapes_directory(make_settings(nowhere))
