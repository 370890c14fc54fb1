"""The commands `serve` and `demo`, which run until they are stopped."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click
import structlog

from ldes_shok.cli import options
from ldes_shok.cli.options import Variables
from ldes_shok.settings import check as checks
from ldes_shok.settings.environment import PREFIX
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.shipped import DEMO, shipped

_PORT = f"{PREFIX}HTTP__PORT"
_PUBLIC_URL = f"{PREFIX}PUBLIC_URL"


@click.command()
@options.config_option
@click.pass_obj
def serve(variables: Variables, config: Path | None) -> int:
    """Run the service until SIGTERM or SIGINT."""
    settings = options.load(variables, config)
    options.start_logging(variables, settings)
    for warning in checks.warnings(settings):
        structlog.get_logger("ldes_shok.cli").warning("settings_doubtful", detail=warning)
    from ldes_shok.bootstrap.service import run_service

    return run_service(settings)


@click.command(short_help="Run a simulated city, with days behind it.")
@click.option(
    "--cabinets",
    type=click.IntRange(1, 500),
    default=6,
    show_default=True,
    help="Cabinets in the city.",
)
@click.option(
    "--days",
    type=click.IntRange(0, 365),
    default=7,
    show_default=True,
    help="Days back-filled before the city goes live.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 10_000),
    default=60.0,
    show_default=True,
    help="Simulated seconds in one second, once live.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="TCP port. Default: the file's.")
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another city. Default: the one that comes with ldes-shok, config/demo.yaml.",
)
@click.option(
    "--data-directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo keeps its log.",
)
@click.option("--fresh", is_flag=True, help="Delete what an earlier demo left, and begin again.")
@click.pass_obj
def demo(
    variables: Variables,
    *,
    cabinets: int,
    days: int,
    speed: float,
    port: int | None,
    config: Path | None,
    data_directory: Path,
    fresh: bool,
) -> int:
    """Run a simulated city, with days behind it, until SIGTERM or SIGINT."""
    settings = _demo_settings(variables, config or shipped(DEMO), port)
    options.start_logging(variables, settings)
    from ldes_shok.demo.run import run_demo

    return run_demo(settings, cabinets, days, speed, data_directory, fresh)


def _demo_settings(variables: Variables, config: Path, port: int | None) -> Settings:
    """Return the demo's settings; `port` also changes the public URL if no variable sets it."""
    variables = dict(variables)
    settings = load_settings(config, variables)
    if not settings.demo:
        raise click.UsageError(
            f"{config} has `demo: false`, and a simulated city must not be mistaken for a real "
            "one; use `ldes-shok serve`"
        )
    if port is not None:
        variables[_PORT] = str(port)
    elif _PORT not in variables:
        return settings
    at = urlsplit(settings.public_url)
    host = at.netloc.rpartition(":")[0] if at.port else at.netloc
    variables.setdefault(_PUBLIC_URL, f"{at.scheme}://{host}:{variables[_PORT]}{at.path}")
    return load_settings(config, variables)
