"""The way of the data, built from settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ldes_shok.bootstrap import core as module
from ldes_shok.bootstrap.core import build_core
from ldes_shok.cabinet.incoming import Raw
from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogMismatch, PseudonymKeyUnavailable, ShapesError
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from ldes_shok.validation.fast import Disagreement, FastJudge
from ldes_shok.validation.verdict import Verdict
from tests.support.vertical import NOON, configuration, deliveries
from tests.unit.conftest import MakeSettings


def test_a_core_publishes(settings: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    secret = resolve_identity(settings, os.environ)
    core = build_core(settings, secret, ManualClock(NOON), elsewhere)
    (outcome,) = core.writer.write(deliveries(configuration())).outcomes
    assert all(iri.startswith(f"{settings.public_url}/id/") for iri in outcome.members)
    assert core.log_path == elsewhere
    core.close()


def test_a_log_of_another_public_url_is_refused(
    make_settings: MakeSettings, settings: Settings
) -> None:
    secret = resolve_identity(settings, os.environ)
    build_core(settings, secret, ManualClock(NOON)).close()
    moved = make_settings({"public_url": "https://elsewhere.example"})
    with pytest.raises(LogMismatch, match=r"elsewhere\.example"):
        build_core(moved, secret, ManualClock(NOON))


def test_the_keys_of_another_log_are_refused(
    make_settings: MakeSettings, settings: Settings, tmp_path: Path
) -> None:
    """Two configurations that name one folder."""
    secret = resolve_identity(settings, os.environ)
    core = build_core(settings, secret, ManualClock(NOON))
    core.vault.name(Raw.of(b"a card", {}), NOON)
    core.close()
    other = make_settings(
        {
            "public_url": "https://elsewhere.example",
            "store": {"url": f"sqlite:///{tmp_path / 'other.db'}"},
            "privacy": {
                "pseudonyms": {"keys_directory": settings.privacy.pseudonyms.keys_directory}
            },
        }
    )
    with pytest.raises(PseudonymKeyUnavailable, match="give each log a folder of its own"):
        build_core(other, secret, ManualClock(NOON))
    build_core(settings, secret, ManualClock(NOON)).close()


def test_shapes_that_are_not_there_are_said(make_settings: MakeSettings, tmp_path: Path) -> None:
    settings = make_settings({"validation": {"shapes_directory": str(tmp_path)}})
    secret = resolve_identity(settings, os.environ)
    with pytest.raises(ShapesError):
        build_core(settings, secret, ManualClock(NOON))


def test_judges_that_disagree_are_counted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Disagreement] = []

    def remember(*parts: object) -> object:
        told.append(parts[3])  # type: ignore[arg-type]
        return FastJudge(*parts)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "FastJudge", remember)
    core = build_core(settings, resolve_identity(settings, os.environ), ManualClock(NOON))
    before = core.metrics.render()
    told[0]("kasten", "urn:m", Verdict(conforms=False, sentence="no"))
    changed = set(core.metrics.render().splitlines()) - set(before.splitlines())
    assert any(b"disagree" in line and line.endswith(b" 1.0") for line in changed)
    core.close()
