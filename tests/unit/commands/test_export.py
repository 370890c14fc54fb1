"""Exports from settings."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.clock import ManualClock
from ldes_shok.commands.export import export_members, export_pages
from ldes_shok.errors import ConfigurationError, LogUnavailable
from ldes_shok.export.address import BucketAddress
from ldes_shok.export.request import ExportRequest
from ldes_shok.log.walk_step import Step
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from tests.support.vertical import NOON, configuration, deliveries
from tests.unit.conftest import MakeSettings

CLOSED = {"streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}}}


def _nothing(_: Step) -> None:
    pass


def _fill(settings: Settings) -> None:
    core = build_core(settings, resolve_identity(settings, os.environ), ManualClock(NOON))
    core.writer.write(deliveries(configuration()))
    core.close()


def test_all_open_streams_and_no_closed_one(make_settings: MakeSettings, tmp_path: Path) -> None:
    settings, root = make_settings(CLOSED), tmp_path / "site"
    _fill(settings)
    summary = export_pages(settings, root, ExportRequest(), _nothing)
    assert summary.members > 0
    names = {path.name for path in root.iterdir()}
    assert {"kasten.ttl", "verbruik-individueel.ttl", "index.html", "export.json"} <= names
    assert not {name for name in names if name.startswith("techniek")}
    assert b"techniek" not in (root / "index.ttl").read_bytes()
    assert (root / "id/conceptscheme/kasttype.ttl").exists()


def test_a_closed_stream_only_for_whoever_says_so(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    audit = tmp_path / "audit.log"
    settings = make_settings({**CLOSED, "access": {"audit_file": str(audit)}})
    _fill(settings)
    request = ExportRequest(("techniek",))
    with pytest.raises(ConfigurationError, match="--include-closed"):
        export_pages(settings, tmp_path / "site", request, _nothing)
    with pytest.raises(ConfigurationError, match="--include-closed"):
        export_members(settings, tmp_path / "x.nq", request, _nothing)
    assert not (tmp_path / "site").exists()
    assert not audit.exists()
    asked = ExportRequest(("kasten", "techniek"), include_closed=True)
    assert export_members(settings, tmp_path / "x.nq", asked, _nothing).members > 0
    (line,) = audit.read_text().splitlines()
    assert (json.loads(line)["event"], json.loads(line)["streams"]) == ("export", "techniek")


def test_what_cannot_be_put_on_record_is_not_exported(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings({**CLOSED, "access": {"audit_file": str(tmp_path)}})
    _fill(settings)
    asked = ExportRequest(("techniek",), include_closed=True)
    with pytest.raises(ConfigurationError, match="audit_file"):
        export_members(settings, tmp_path / "x.nq", asked, _nothing)
    assert not (tmp_path / "x.nq").exists()
    export_members(settings, tmp_path / "x.nq", ExportRequest(("kasten",)), _nothing)


def test_a_stream_that_does_not_exist(settings: Settings, tmp_path: Path) -> None:
    _fill(settings)
    with pytest.raises(ConfigurationError, match="no stream water"):
        export_pages(settings, tmp_path, ExportRequest(("water",)), _nothing)


def test_no_stream_is_open(make_settings: MakeSettings, tmp_path: Path) -> None:
    settings = make_settings({"streams": {name: {"access": "token"} for name in STREAMS}})
    _fill(settings)
    with pytest.raises(ConfigurationError, match="--stream"):
        export_pages(settings, tmp_path, ExportRequest(), _nothing)


def test_there_is_no_log_yet(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="no log"):
        export_pages(settings, tmp_path / "site", ExportRequest(), _nothing)


def test_without_its_library_a_bucket_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(settings)
    monkeypatch.setitem(sys.modules, "ldes_shok.export.bucket", None)
    with pytest.raises(ConfigurationError, match=r"ldes-shok\[s3\]"):
        export_pages(settings, BucketAddress("b", "", ""), ExportRequest(), _nothing)
