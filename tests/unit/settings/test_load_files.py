"""The two configuration files that are shipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ldes_shok.sections import shape
from ldes_shok.sections.reader import read_section
from ldes_shok.settings import check
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.settings.yaml_text import parse_yaml
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16Source
from ldes_shok.sources.transports.http.section import HttpSource
from ldes_shok.sources.transports.mqtt.section import MqttSource
from ldes_shok.sources.transports.poll.section import PollSource

CONFIG = Path(__file__).parents[3] / "config"
DEMO = CONFIG / "demo.yaml"
EXAMPLE = CONFIG / "ldes-shok.example.yaml"


def keys_of(kind: type[msgspec.Struct]) -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        yield field.encode_name
        bare = shape.bare(field.type)
        entries = shape.entry_types(bare)
        inner = shape.bare(entries[1] if entries else shape.item_type(bare) or bare)
        for section in shape.section_kinds(inner).values():
            yield from keys_of(section)
        if shape.is_section(inner):
            yield from keys_of(inner)


def switched_on() -> str:
    text = EXAMPLE.read_text(encoding="utf-8")
    return re.sub(r"^( *)#(?=[a-z_-])", r"\1", text, flags=re.MULTILINE).replace(
        "  - name: b", "\n  - name: b"
    )


def test_the_demo_runs_with_nothing_set() -> None:
    settings = load_settings(DEMO, {})
    secrets = resolve_secrets(settings, {})
    assert settings.demo
    assert [t.reveal() for t in secrets.source_tokens["push"]] == ["demo-token"]
    assert list(settings.tenants) == ["voorbeeldstad"]
    assert {stream.access.value for stream in settings.streams.by_name().values()} == {"open"}
    assert list(check.warnings(settings)) == []
    assert secrets.warnings == ()


def test_the_demo_takes_the_push_token_from_the_environment() -> None:
    secrets = resolve_secrets(load_settings(DEMO, {}), {"LDES_SHOK_PUSH_TOKEN": "x" * 20})
    assert [t.reveal() for t in secrets.source_tokens["push"]] == ["x" * 20]


def test_the_example_loads_and_takes_its_secrets_from_the_environment() -> None:
    settings = load_settings(EXAMPLE, {})
    secrets = resolve_secrets(
        settings, {"LDES_SHOK_PUSH_TOKEN": "x" * 20, "LDES_SHOK_IDENTITY_SECRET": "y" * 20}
    )
    assert list(secrets.source_tokens) == ["push"]


def test_the_example_has_every_key() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    missing = [
        key for key in keys_of(Settings) if not re.search(rf"(^|[ #]){key}:", text, re.MULTILINE)
    ]
    assert missing == []


def test_the_example_shows_the_defaults() -> None:
    shown = load_settings(EXAMPLE, {})
    for field in msgspec.structs.fields(Settings):
        if not field.required and field.encode_name != "sources":
            assert getattr(shown, field.name) == field.default, field.encode_name


def test_the_example_with_all_keys_switched_on_has_no_unknown_key() -> None:
    settings, problems = read_section(parse_yaml(switched_on(), "example"), Settings)
    assert problems == []
    assert settings is not None
    sources = {source.name: source for source in settings.sources}
    assert isinstance(sources["push"], HttpSource)
    shown: dict[str, tuple[type[msgspec.Struct], tuple[str, ...]]] = {
        "broker": (MqttSource, ("host", "port", "tls", "keepalive_seconds", "max_inflight")),
        "bevraging": (
            PollSource,
            ("zone", "jitter_seconds", "max_pages", "timeout_seconds", "max_body_bytes"),
        ),
        "stations": (Ocpp16Source, ("heartbeat_seconds", "reconnect_seconds", "unavailable")),
    }
    for source, (kind, names) in shown.items():
        assert isinstance(sources[source], kind)
        fresh = {f.name: f.default for f in msgspec.structs.fields(kind) if not f.required}
        for name in names:
            assert getattr(sources[source], name) == fresh[name]
