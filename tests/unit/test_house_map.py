"""What CONTRIBUTING says of the code: where things are, and what they are called."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "ldes_shok"
CONTRIBUTING: Final = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MODULES: Final = sorted(
    path for path in PACKAGE.rglob("*.py") if "shipped" not in path.relative_to(PACKAGE).parts
)


def _section(heading: str) -> str:
    """What stands under a heading of CONTRIBUTING, up to the next one."""
    _, _, rest = CONTRIBUTING.partition(f"\n{heading}\n")
    assert rest, heading
    return re.split(r"\n#+ ", rest, maxsplit=1)[0]


def _is_there(name: str) -> bool:
    """Whether a path below `ldes_shok` is a folder or a module."""
    path = PACKAGE / name
    return path.is_dir() or path.with_suffix(".py").is_file()


def test_a_test_file_is_named_after_the_module_that_it_tests() -> None:
    """`test_<module>.py` or `test_<module>_<aspect>.py`, in the folder of the module."""
    strangers = []
    for file in (ROOT / "tests" / "unit").rglob("test_*.py"):
        folder = file.relative_to(ROOT / "tests" / "unit").parent
        if folder == Path():
            continue  # of the project, and of no module
        tested = file.stem.removeprefix("test_")
        names = [path.stem for path in (PACKAGE / folder).glob("*")]
        if not any(tested == name or tested.startswith(f"{name}_") for name in names):
            strangers.append(str(file.relative_to(ROOT)))
    assert strangers == []


def test_no_class_name_stands_in_two_modules() -> None:
    places = defaultdict(list)
    for file in MODULES:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def test_every_module_says_in_its_first_line_what_it_is() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in MODULES
        if not (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").strip()
    ]
    assert silent == []


def test_the_way_of_a_reading_goes_through_modules_that_exist() -> None:
    drawing = re.search(r"```mermaid\n(.*?)```", _section("## The way of a reading"), re.DOTALL)
    assert drawing
    named = re.findall(r"<br/>([\w/]+(?:\.py)?)", drawing[1])
    assert len(named) > 10
    assert [name for name in named if not _is_there(name.removesuffix(".py"))] == []


def test_the_drawing_joins_boxes_that_it_has() -> None:
    drawing = re.search(r"```mermaid\n(.*?)```", _section("## The way of a reading"), re.DOTALL)
    assert drawing
    box = r"(\w+)(?:\[[^\]]*\])?"
    arrows = re.findall(rf"^\s+{box} -->(?:\|[^|]*\|)? {box}$", drawing[1], re.MULTILINE)
    assert len(arrows) == drawing[1].count("-->")
    assert {end for arrow in arrows for end in arrow} == set(re.findall(r"(\w+)\[", drawing[1]))


def test_each_word_of_the_glossary_has_a_module_that_exists() -> None:
    rows = re.findall(
        r"^\| \*([\w ]+)\* \| (.+?) \| `([\w/.]+)` \|$", _section("### Glossary"), re.MULTILINE
    )
    assert len(rows) > 10
    assert [word for word, _, module in rows if not _is_there(module.removesuffix(".py"))] == []
    assert [word for word, sentence, _ in rows if sentence.count(". ")] == []


def test_the_map_of_folders_is_complete() -> None:
    """Every package, each once, with what it is for; dialects and transports have registries."""
    mapped = re.findall(r"^\| `([\w/]+)/` \|", _section("## Where things are"), re.MULTILINE)
    packages = [
        str(init.parent.relative_to(PACKAGE))
        for init in PACKAGE.rglob("__init__.py")
        if init.parent != PACKAGE
        and {"dialects", "transports"}.isdisjoint(init.parent.parent.relative_to(PACKAGE).parts)
    ]
    assert sorted(mapped) == sorted(packages)
    assert mapped == sorted(mapped)
