from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok import errors
from ldes_shok.export.address import BucketAddress
from ldes_shok.export.request import ExportRequest
from ldes_shok.ldes.member import Form
from tests.unit.cli.support import DEMO, FakeApplication

Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]
CONFIG = ("--config", DEMO)


def test_a_folder(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    assert cli("export", "--static", "site", *CONFIG) == 0
    assert fake.calls == [("export_pages", Path("site"), ExportRequest())]
    captured = capsys.readouterr()
    assert captured.out == "5 members, 20 files written\n"
    assert "export: members: 10 of 10" in captured.err


def test_a_bucket(cli: Run, fake: FakeApplication) -> None:
    where = ("--s3", "s3://b/open", "--endpoint-url", "http://127.0.0.1:9000")
    assert cli("export", *where, "--form", "ttl", "--thorough", *CONFIG) == 0
    place = BucketAddress("b", "open", "http://127.0.0.1:9000")
    request = ExportRequest(forms=(Form.TURTLE,), thorough=True)
    assert fake.calls == [("export_pages", place, request)]


def test_a_dump_of_chosen_streams(cli: Run, fake: FakeApplication) -> None:
    streams = ("--stream", "kasten", "--stream", "techniek", "--include-closed")
    assert cli("export", "--nquads", "all.nq.zst", *streams, *CONFIG) == 0
    request = ExportRequest(("kasten", "techniek"), include_closed=True)
    assert fake.calls == [("export_members", Path("all.nq.zst"), request)]


@pytest.mark.parametrize(
    "arguments",
    [[], ["--static", "a", "--nquads", "b"], ["--s3", "s3://b", "--static", "a"], ["--form", "nq"]],
)
def test_one_place_is_named(cli: Run, fake: FakeApplication, arguments: list[str]) -> None:
    assert cli("export", *arguments, *CONFIG) == 2
    assert fake.calls == []


def test_a_wrong_address_is_2(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    assert cli("export", "--s3", "http://b/x", *CONFIG) == 2
    assert "s3://bucket/prefix" in capsys.readouterr().err
    assert fake.calls == []


def test_a_place_that_refuses_is_1(cli: Run, fake: FakeApplication, capsys: Captured) -> None:
    fake.failure = errors.ExportError("the bucket refuses: no such bucket")
    assert cli("export", "--static", "site", *CONFIG) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "ldes-shok: the bucket refuses: no such bucket"
    )
