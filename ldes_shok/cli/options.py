"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ldes_shok.errors import ConfigurationError
from ldes_shok.observability import logging
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.shipped import EXAMPLE, shipped

if TYPE_CHECKING:
    from ldes_shok.commands.offline import Offline
    from ldes_shok.commands.raw_archive import RawMessages

Variables = Mapping[str, str]
"""The environment variables of a command."""

CONFIG_VARIABLE = "LDES_SHOK_CONFIG"
_LOCAL = (Path("ldes-shok.yaml"), Path("config/ldes-shok.yaml"))

Command = TypeVar("Command", bound=Callable[..., Any])


def config_option(command: Command) -> Command:
    """Add `--config FILE`; the command gets `config: Path | None`."""
    option = click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help=f"The YAML file. Default: the variable {CONFIG_VARIABLE}, then "
        f"{' or '.join(map(str, _LOCAL))} here.",
    )
    return option(command)


def limit_option(command: Command) -> Command:
    """Add `--limit N`; the command gets `limit: int`."""
    option = click.option(
        "--limit",
        type=click.IntRange(1, 1_000_000),
        default=100,
        show_default=True,
        help="At most.",
    )
    return option(command)


def find_config(variables: Variables, config: Path | None) -> Path:
    """Return the configuration file to use.

    Raises:
        ConfigurationError: no file is given, and no usual place has one.
    """
    if config is not None:
        return config
    if named := variables.get(CONFIG_VARIABLE):
        return Path(named)
    for path in _LOCAL:
        if path.is_file():
            return path
    raise ConfigurationError(
        f"no configuration: give --config FILE or set {CONFIG_VARIABLE}; "
        f"{shipped(EXAMPLE)} has every key"
    )


def load(variables: Variables, config: Path | None) -> Settings:
    """Return the settings of the configuration file to use.

    Raises:
        ConfigurationError: there is no file, or it cannot be used.
    """
    return load_settings(find_config(variables, config), variables)


@contextmanager
def offline(variables: Variables, settings: Settings) -> Iterator[Offline]:
    """Yield the log for a command; logs go to standard error, output to standard output."""
    start_logging(variables, settings, to_stderr=True)
    from ldes_shok.commands.offline import open_offline

    with open_offline(settings) as opened:
        yield opened


@contextmanager
def raw_archive(variables: Variables, settings: Settings) -> Iterator[RawMessages]:
    """Yield the raw archive for a command; streams as in `offline`."""
    start_logging(variables, settings, to_stderr=True)
    from ldes_shok.commands.raw_archive import open_raw_archive

    with open_raw_archive(settings) as opened:
        yield opened


def start_logging(variables: Variables, settings: Settings, *, to_stderr: bool = False) -> None:
    """Send logs where the settings say; with `to_stderr`, to standard error and without info."""
    chosen = settings.logging
    quiet = to_stderr and chosen.level == "info"
    logging.configure(
        chosen.format,
        "warning" if quiet else chosen.level,
        sys.stderr if to_stderr else sys.stdout,
        colours="NO_COLOR" not in variables,
    )
