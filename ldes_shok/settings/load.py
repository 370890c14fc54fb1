"""Loads the settings: file, environment, checks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ldes_shok.errors import ConfigurationError
from ldes_shok.sections.reader import read_section
from ldes_shok.settings import check
from ldes_shok.settings.environment import apply_overrides
from ldes_shok.settings.model import Settings
from ldes_shok.settings.yaml_text import read_yaml


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings in the file at `path` with the overrides in `environ`.

    Pure except for reading the file. Secrets are not read: see `ldes_shok.settings.secrets`.

    Raises:
        ConfigurationError: one line for each problem: the key, what is wrong, what to do.
    """
    tree, variables, problems = apply_overrides(read_yaml(path), environ)
    settings, unreadable = read_section(tree, Settings, variables)
    problems += unreadable
    if settings is not None:
        problems += check.problems(settings)
    if settings is None or problems:
        raise ConfigurationError("\n".join(f"{path}: {problem}" for problem in problems))
    return settings
