"""`config check|show|schema`: the settings, before anything runs."""

from __future__ import annotations

from pathlib import Path

import click

from ldes_shok.cli import options
from ldes_shok.cli.application import Environment
from ldes_shok.cli.exits import OK
from ldes_shok.settings import check as checks
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.settings.show import settings_schema, settings_yaml


@click.group()
def config() -> None:
    """Check and show the settings."""


@config.command()
@options.config_option
@click.option("--without-secrets", is_flag=True, help="Do not look whether secrets are set.")
@click.pass_obj
def check(environment: Environment, *, config: Path | None, without_secrets: bool) -> int:
    """Say whether `serve` would take the settings; exit code 2 if not."""
    path = options.find_config(environment, config)
    settings = load_settings(path, environment.variables)
    warnings = list(checks.warnings(settings))
    if not without_secrets:
        warnings += resolve_secrets(settings, environment.variables).warnings
    for warning in warnings:
        click.echo(f"{path}: warning: {warning}", err=True)
    click.echo(f"{path}: good")
    return OK


@config.command()
@options.config_option
@click.pass_obj
def show(environment: Environment, *, config: Path | None) -> int:
    """Print the settings in effect as YAML: defaults and environment included, secrets hidden."""
    click.echo(settings_yaml(options.load(environment, config)), nl=False)
    return OK


@config.command()
def schema() -> int:
    """Print the JSON Schema of the YAML file, for editors."""
    click.echo(settings_schema(), nl=False)
    return OK
