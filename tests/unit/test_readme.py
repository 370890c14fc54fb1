"""What the documents for people say is so: links, commands, settings, folders, examples."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from textwrap import indent
from typing import Any

import click
import msgspec
import pytest

from ldes_shok.bootstrap.values import tenants
from ldes_shok.cabinet.incoming import Delivery, Origin, receive
from ldes_shok.cli.main import command
from ldes_shok.mapping.iris import Iris
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.state import CabinetState
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.rdf.turtle import TurtleWriter
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.show import settings_schema

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [
    README,
    *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted(ROOT.glob("[a-z]*/README.md")),
    *sorted(ROOT.glob("tests/*/README.md")),
]
PROMISES = [f"P{number}" for number in range(1, 14)]

_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_ENVIRONMENT = {"LDES_SHOK_IDENTITY_SECRET": "x" * 32, "LDES_SHOK_PUSH_TOKEN": "y" * 32}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _blocks(path: Path, language: str) -> list[str]:
    return [text for name, text in _BLOCK.findall(path.read_text()) if name == language]


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target, anchor in _LINK.findall(document.read_text()):
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), target
        if anchor:
            assert anchor in _anchors(path), f"{target}#{anchor}"


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_links_to_tests_that_carry_its_name(promise: str) -> None:
    (row,) = re.findall(rf"^\| {promise} \|.*$", README.read_text(), re.MULTILINE)
    files = [ROOT / target for target, _ in _LINK.findall(row) if target.endswith(".py")]
    assert files
    for file in files:
        assert re.search(rf'"""[^"]*\b{promise}\b', file.read_text()), _named(file)


def _commands(text: str) -> list[list[str]]:
    """What follows the command's name, wherever a document names it in code."""
    code = [
        *_CODE.findall(text),
        *(line for _, b in _BLOCK.findall(text) for line in b.split("\n")),
    ]
    calls = [re.search(r"(?:^|bin/)ldes-shok ((?:[a-z]|--).*)", line) for line in code]
    return [call[1].split() for call in calls if call]


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_command_exists(document: Path) -> None:
    for words in _commands(document.read_text()):
        found: click.Command = command
        for word in words:
            if word.startswith("--"):
                options = {o for p in found.params for o in p.opts} | {"--help"}
                assert word in options, words
            elif isinstance(found, click.Group):
                alternatives = [found.commands.get(name) for name in word.split("|")]
                assert None not in alternatives, words
                found = alternatives[0] or found


def _properties(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        return _properties(schema, schema["$defs"][part["$ref"].rpartition("/")[2]])
    for alternative in part.get("anyOf", ()):
        if found := _properties(schema, alternative):
            return found
    properties: dict[str, Any] = part.get("properties", {})
    return properties


@pytest.mark.parametrize("document", DOCUMENTS, ids=_named)
def test_every_setting_exists(document: Path) -> None:
    schema = msgspec.json.decode(settings_schema())
    for name in _CODE.findall(document.read_text()):
        first, dot, second = name.partition(".")
        part = _properties(schema, schema).get(first)
        if dot and part is not None and re.fullmatch(r"[a-z_]+", second):
            assert second in _properties(schema, part), name


def test_the_examples_of_a_configuration_are_good(tmp_path: Path) -> None:
    """The first is a whole one; each other stands in a source."""
    whole, *parts = _blocks(README, "yaml")
    sources = [
        f"  - name: part-{number}\n    type: http\n    tenant: voorbeeldstad\n"
        f"    token_env: TOKEN_{number}\n{indent(part, '    ')}"
        for number, part in enumerate(parts)
    ]
    file = tmp_path / "city.yaml"
    file.write_text(whole + "".join(sources))
    tokens = {f"TOKEN_{number}": f"{number}" * 32 for number in range(len(parts))}
    settings = load_settings(file, _ENVIRONMENT | tokens)
    assert [source.name for source in settings.sources] == [
        "push",
        *(f"part-{number}" for number in range(len(parts))),
    ]
    assert list(settings.tenants) == ["voorbeeldstad"]


def test_the_example_in_python_compiles() -> None:
    (example,) = _blocks(README, "python")
    compile(example, "README.md", "exec")


def test_the_example_of_a_member_is_what_the_example_events_give() -> None:
    settings = load_settings(ROOT / "config" / "demo.yaml", {})
    secret = settings.identity.secret or ""
    mapper = Mapper(Iris(settings.public_url, secret.encode()), tenants(settings))
    origin = Origin("http", "voorbeeldstad", "push")
    state: CabinetState | None = None
    members: dict[str, set[str]] = {}
    lines = re.findall(r'^\{"v":1.*\}$', README.read_text(), re.MULTILINE)
    for line in lines:
        received = receive(Delivery(line.encode(), origin, datetime(2026, 5, 12, 7, tzinfo=UTC)))
        mapped = mapper.map(received, state)
        state = mapped.state or state
        for draft in mapped.drafts:
            members[draft.iri] = _statements(TurtleWriter().star(draft.triples))
    (example,) = _blocks(README, "turtle")
    subject = re.match("<([^>]+)>", example)
    assert subject is not None
    stamps = re.compile(r"(?:prov:generatedAtTime|schema:position) ")
    shown = {s for s in _statements(example) if not stamps.match(s)}
    assert shown == members[subject[1]]


def _statements(turtle: str) -> set[str]:
    return {line.strip().rstrip(";.").rstrip() for line in turtle.strip().splitlines()}


def test_the_folder_map_is_the_tree() -> None:
    mapped = re.findall(r"^\| `([^`]+)/` \|", README.read_text(), re.MULTILINE)
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
    top = [
        folder.name
        for folder in ROOT.iterdir()
        if folder.is_dir()
        and folder.name != ".git"
        and not any(fnmatch(folder.name, pattern) for pattern in ignored)
    ]
    assert mapped == sorted(mapped)
    assert sorted(mapped) == sorted(top)


def _use_cases() -> list[list[str]]:
    """The cells of each row of the table of use cases."""
    section = README.read_text(encoding="utf-8").split("## Use cases")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("row", _use_cases(), ids=lambda row: row[-1].strip("`"))
def test_every_use_case_has_a_stream_a_worked_member_and_a_test(row: list[str]) -> None:
    _, _, stream, _, examples, test = row
    assert stream.strip("`") in STREAMS
    for example in examples.split(", "):
        assert (ROOT / f"tests/fixtures/worked_members/{example.strip('`')}.ttl").exists(), example
    name = f"def {test.strip('`')}("
    assert any(name in file.read_text(encoding="utf-8") for file in ROOT.glob("tests/**/test_*.py"))
