"""A small configuration that is good, to be damaged by tests."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings

Tree = dict[str, Any]

GOOD: Mapping[str, Any] = {
    "public_url": "http://shok.test",
    "publisher": {"name": "Stad", "iri": "https://stad.example/id/stad"},
    "licence": "https://licence.example/open",
    "identity": {"secret_env": "IDENTITY"},
    "tenants": {
        "voorbeeldstad": {
            "organisations": {"stad": {"name": "Stad"}, "beheer": {"name": "Beheer"}},
            "municipality": {"name": "Voorbeeldstad", "postcode": "9999", "organisation": "stad"},
            "manager": "beheer",
            "supplier": "beheer",
            "authority": "stad",
            "network": {"id": "net", "name": "Net"},
            "valid_from": "2026-01-01T00:00:00Z",
        }
    },
    "sources": [
        {"name": "push", "type": "http", "tenant": "voorbeeldstad", "token_env": "PUSH"},
        {
            "name": "broker",
            "type": "mqtt",
            "tenant": "voorbeeldstad",
            "topics": ["shok/#"],
            "client_id": "shok",
        },
    ],
}


def good() -> Tree:
    """A fresh copy."""
    return copy.deepcopy(dict(GOOD))


def load_tree(directory: Path, tree: Mapping[str, Any], **environ: str) -> Settings:
    """Write `tree` as YAML and load it."""
    path = directory / "settings.yaml"
    path.write_text(yaml.safe_dump(dict(tree)), encoding="utf-8")
    return load_settings(path, environ)


def load_damaged(directory: Path, damage: Callable[[Tree], object], **environ: str) -> Settings:
    """Load a copy that `damage` changed."""
    tree = good()
    damage(tree)
    return load_tree(directory, tree, **environ)
