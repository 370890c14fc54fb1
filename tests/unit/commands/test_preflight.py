"""`config check` refuses what `serve` would, and says the same."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok.commands.preflight import check_start
from tests.support.authority import Authority
from tests.support.service import SECRETS, TENANT, Json, ServiceProcess, Tree
from tests.unit.conftest import MakeSettings


def _broker(**more: Json) -> Tree:
    source: Tree = {
        "name": "broker", "type": "mqtt", "tenant": TENANT, "topics": ["shok/#"],
        "client_id": "shok", **more,
    }  # fmt: skip
    return {"sources": [source]}


def _no_shapes(directory: Path) -> Tree:
    return {"validation": {"shapes_directory": str(directory / "nowhere")}}


def _shapes_without_one(directory: Path) -> Tree:
    shapes = directory / "shapes"
    shutil.copytree(shapes_directory_of_this(), shapes)
    (shapes / "verbruik.ttl").unlink()
    return {"validation": {"shapes_directory": str(shapes)}}


def _shapes_without_concepts(directory: Path) -> Tree:
    shapes = directory / "shapes"
    shutil.copytree(shapes_directory_of_this(), shapes)
    (shapes / "concepts.ttl").unlink()
    return {"validation": {"shapes_directory": str(shapes)}}


def shapes_directory_of_this() -> Path:
    return Path(__file__).parents[3] / "shapes"


def _file(directory: Path, text: str) -> str:
    path = directory / "a-file"
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def _below_a_file(directory: Path) -> str:
    return f"{_file(directory, '')}/below"


def _keys(directory: Path) -> Tree:
    access = {"jwks_file": _file(directory, "{"), "issuer": "https://a.example", "audience": "b"}
    return {"access": access}


def _certificates(directory: Path) -> Tree:
    return _broker(tls=True, tls_ca_file=str(Authority(directory).certificate),
                   tls_certificate_file=str(directory / "nowhere.pem"))  # fmt: skip


REFUSED: dict[str, tuple[Callable[[Path], Tree], str]] = {
    "no shapes": (_no_shapes, "validation.shapes_directory: "),
    "a shape is missing": (_shapes_without_one, "has no verbruik.ttl; every stream needs"),
    "no concepts": (_shapes_without_concepts, "validation.shapes_directory: "),
    "log below a file": (
        lambda d: {"store": {"url": f"sqlite:///{_below_a_file(d)}/log.db"}}, "store.url: ",
    ),
    "log is a folder": (lambda d: {"store": {"url": f"sqlite:///{d}"}}, "store.url: "),
    "audit below a file": (
        lambda d: {"access": {"audit_file": _below_a_file(d)}}, "access.audit_file: ",
    ),
    "keys in a file": (
        lambda d: {"privacy": {"pseudonyms": {"keys_directory": _file(d, "")}}},
        "privacy.pseudonyms.keys_directory: ",
    ),
    "no set of keys": (_keys, "access.jwks_file: "),
    "no certificate": (_certificates, "source broker: one of tls_ca_file "),
    "no raw key": (
        lambda _: {"privacy": {"raw": {"key_file": "/nowhere"}}, **_decoded()},
        "privacy.raw.key_file: /nowhere cannot be read",
    ),
    "a secret that cannot be read": (
        lambda _: {"streams": {"techniek": {"access": "token", "token_file": ["/nowhere"]}}},
        "streams.techniek.token_file: /nowhere cannot be read",
    ),
    "an address that is none": (
        lambda _: {"store": {"url": "postgresql://h/d?nonsense=1"}}, "store.url: is no address",
    ),
}  # fmt: skip
"""By what is wrong: the settings, and what is said."""


def _decoded() -> Tree:
    return _broker(decode={"as": "p1", "cabinet": "VBS-001"})


@pytest.mark.parametrize("name", REFUSED)
def test_what_serve_would_refuse_is_refused(
    name: str, tmp_path: Path, make_settings: MakeSettings
) -> None:
    overrides, said = REFUSED[name]
    problems, _ = check_start(make_settings(overrides(tmp_path)), SECRETS, True)
    assert any(said in problem for problem in problems), problems


def test_what_is_good_is_good_and_nothing_is_made(
    tmp_path: Path, make_settings: MakeSettings
) -> None:
    settings = make_settings({})
    before = sorted(tmp_path.rglob("*"))
    assert check_start(settings, SECRETS, True) == ([], [])
    assert sorted(tmp_path.rglob("*")) == before


def test_without_secrets_none_is_looked_for(make_settings: MakeSettings) -> None:
    assert check_start(make_settings({}), {}, False) == ([], [])


def test_a_port_that_is_taken_may_be_the_service_s_own(make_settings: MakeSettings) -> None:
    settings = make_settings({})
    with socket.create_server((settings.http.host, settings.http.port)):
        problems, warnings = check_start(settings, SECRETS, True)
    assert problems == []
    (warning,) = warnings
    assert warning.startswith("http.port: something listens on 127.0.0.1:")


@pytest.mark.integration
@pytest.mark.parametrize(
    "name",
    [
        "no shapes", "a shape is missing", "no concepts", "no set of keys",
        "no raw key", "a secret that cannot be read",
    ],
)  # fmt: skip
def test_a_start_that_is_refused_ends_with_2_so_that_systemd_leaves_it(
    name: str, tmp_path: Path
) -> None:
    """The others may mend themselves: a disk, a folder, a certificate that comes later."""
    directory = tmp_path / "service"
    directory.mkdir()
    service = ServiceProcess(directory, overrides=REFUSED[name][0](tmp_path))
    service.launch()
    assert service.wait() == 2, service.output()


@pytest.mark.integration
def test_an_address_of_no_interface_is_refused_by_the_command(tmp_path: Path) -> None:
    program = ("-m", "ldes_shok", "config", "check", "--config")
    command = ServiceProcess(tmp_path, overrides={"http": {"host": "192.0.2.1"}}, program=program)
    command.launch()
    assert command.wait() == 2
    assert "http.port: cannot listen on 192.0.2.1" in command.output()
