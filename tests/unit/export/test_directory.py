"""Files in a folder: whole or not there, left alone when nothing changed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ldes_shok.errors import ExportError
from ldes_shok.export.directory import DirectoryTarget
from ldes_shok.export.target import Item, Life

NAME = "kasten/by-time/2026/05.ttl"


def _item(body: bytes, life: Life = Life.SEALED, name: str = NAME) -> Item:
    return Item(name, body, "text/turtle", life)


def _files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_file_and_its_compressed_twin(tmp_path: Path) -> None:
    root = tmp_path / "new" / "export"
    target = DirectoryTarget(root)
    assert target.put([_item(b"page")]) == 1
    files = _files(root)
    assert files.keys() == {NAME, f"{NAME}.gz"}
    assert gzip.decompress(files[f"{NAME}.gz"]) == files[NAME] == b"page"
    assert target.read(NAME) == b"page"
    assert target.read("nothing") is None
    target.close()


def test_an_open_page_is_marked_until_it_is_sealed(tmp_path: Path) -> None:
    target = DirectoryTarget(tmp_path)
    target.put([_item(b"1", Life.OPEN), _item(b"x", Life.ENTRY, "kasten.ttl")])
    assert (tmp_path / f"{NAME}.open").exists()
    assert not (tmp_path / "kasten.ttl.open").exists()
    target.put([_item(b"12", Life.OPEN)])
    assert (tmp_path / f"{NAME}.open").exists()
    target.put([_item(b"123")])
    assert _files(tmp_path).keys() == {NAME, f"{NAME}.gz", "kasten.ttl", "kasten.ttl.gz"}
    target.close()


def test_a_page_that_is_sealed_with_the_text_it_has_loses_its_mark(tmp_path: Path) -> None:
    target = DirectoryTarget(tmp_path)
    target.put([_item(b"1", Life.OPEN)])
    assert target.put([_item(b"1")]) == 0
    assert not (tmp_path / f"{NAME}.open").exists()
    target.close()


def test_the_mark_is_there_before_the_page(tmp_path: Path) -> None:
    """Broken off between the two, no web server takes the page for one that never changes."""
    target = DirectoryTarget(tmp_path)
    page = tmp_path / NAME
    page.parent.mkdir(parents=True)
    (page.parent / f"{page.name}.gz.part").mkdir()
    with pytest.raises(ExportError):
        target.put([_item(b"1", Life.OPEN)])
    assert not page.exists()
    assert (tmp_path / f"{NAME}.open").exists()
    target.close()


def test_the_compressed_twin_is_there_before_the_page(tmp_path: Path) -> None:
    """A page that is there is done, so its twin has to be."""
    target = DirectoryTarget(tmp_path)
    page = tmp_path / NAME
    page.parent.mkdir(parents=True)
    (page.parent / f"{page.name}.part").mkdir()
    with pytest.raises(ExportError):
        target.put([_item(b"1")])
    assert (tmp_path / f"{NAME}.gz").exists()
    assert not page.exists()
    target.close()


def test_what_has_the_same_content_is_left_alone(tmp_path: Path) -> None:
    target = DirectoryTarget(tmp_path)
    target.put([_item(b"1")])
    before = (tmp_path / NAME).stat()
    assert target.put([_item(b"1"), _item(b"2", name="other")]) == 1
    assert (tmp_path / NAME).stat().st_ino == before.st_ino
    target.put([_item(b"3", name="other")])
    assert (tmp_path / "other").read_bytes() == b"3"
    target.close()


def test_names_are_pages_and_nothing_of_the_exporters_own(tmp_path: Path) -> None:
    target = DirectoryTarget(tmp_path)
    target.put([_item(b"1", Life.OPEN), _item(b"2", name="kasten/by-time/2026/05/p1.ttl")])
    (tmp_path / "kasten/by-time/2026/06.ttl.part").touch()
    assert target.names("kasten/by-time/2026") == {"05.ttl"}
    assert target.names("nowhere") == frozenset()
    target.close()


def test_two_exports_into_one_folder_are_refused(tmp_path: Path) -> None:
    first = DirectoryTarget(tmp_path)
    with pytest.raises(ExportError, match="another export"):
        DirectoryTarget(tmp_path)
    first.close()
    DirectoryTarget(tmp_path).close()


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="file"):
        DirectoryTarget(tmp_path / "file")
