"""The commands `config check|show|schema`: the settings, before anything runs."""

from __future__ import annotations

from pathlib import Path

import click

from ldes_shok.cli import options
from ldes_shok.cli.exits import OK
from ldes_shok.cli.options import Variables
from ldes_shok.errors import ConfigurationError
from ldes_shok.settings import check as checks
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.show import settings_schema, settings_yaml


@click.group()
def config() -> None:
    """Check and show the settings."""


@config.command()
@options.config_option
@click.option("--without-secrets", is_flag=True, help="Do not look whether secrets are set.")
@click.pass_obj
def check(variables: Variables, *, config: Path | None, without_secrets: bool) -> int:
    """Say whether `serve` would start with the settings; exit code 2 if not.

    Looks at the files and folders that they name too, as the user who asks.
    """
    path = options.find_config(variables, config)
    settings = load_settings(path, variables)
    from ldes_shok.commands.preflight import check_start

    problems, doubts = check_start(settings, variables, not without_secrets)
    for warning in (*checks.warnings(settings), *doubts):
        click.echo(f"{path}: warning: {warning}", err=True)
    if problems:
        raise ConfigurationError("\n".join(problems))
    click.echo(f"{path}: good")
    return OK


@config.command()
@options.config_option
@click.pass_obj
def show(variables: Variables, *, config: Path | None) -> int:
    """Print the settings in effect as YAML: defaults and environment included, secrets hidden."""
    click.echo(settings_yaml(options.load(variables, config)), nl=False)
    return OK


@config.command()
def schema() -> int:
    """Print the JSON Schema of the YAML file, for editors."""
    click.echo(settings_schema(), nl=False)
    return OK
