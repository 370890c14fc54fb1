"""What is in the target, at every moment, and what the next run makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from ldes_shok.errors import ExportError
from ldes_shok.export.manifest import ExportManifest
from ldes_shok.export.target import MANIFEST, Life
from ldes_shok.ldes.member import Form
from ldes_shok.log.walk_step import Step
from tests.support.vertical import Vertical, open_vertical
from tests.unit.export.exports import Broken, MemoryTarget, begin, dangling, publish, run

STREAM = "verbruik-individueel"
NEXT_DAY = datetime(2026, 5, 3, 8, tzinfo=UTC)


def _lives(target: MemoryTarget, life: Life) -> set[str]:
    return {name for name, item in target.files.items() if item.life is life}


def _manifest(target: MemoryTarget) -> ExportManifest:
    return msgspec.json.decode(target.files[MANIFEST].body, type=ExportManifest)


def test_a_first_export_holds_the_whole_tree(vertical: Vertical) -> None:
    target, progress = MemoryTarget(), list[Step]()

    summary = run(vertical, target, progress=progress)

    members = sum(vertical.reader.stream(s.name).members for s in vertical.streams)
    assert summary.members == members
    assert summary.files == len([name for name in target.order if name != MANIFEST])
    assert progress[-1].done == progress[-1].whole == 2 * members
    assert dangling(target) == []
    assert target.files.keys() >= {
        "index.html", "index.ttl", "index.jsonld", "context.jsonld", "kasten.ttl", "kasten.jsonld",
        f"{STREAM}/by-time.ttl", f"{STREAM}/by-time.jsonld", f"shapes/{STREAM}.ttl",
        f"{STREAM}/by-time/2026.ttl", f"{STREAM}/by-time/2026/04/29/p1.ttl",
        "id/concept/kasttype/marktkast.ttl",
    }  # fmt: skip
    text = b"".join(target.pages.values())
    assert b"portable.invalid" not in text
    assert b"@base" not in text


def test_a_page_is_immutable_in_its_text_exactly_if_it_is_sealed(vertical: Vertical) -> None:
    target = MemoryTarget()
    run(vertical, target)
    pages = {n: i for n, i in target.files.items() if "/by-time" in n}
    immutable = {n for n, i in pages.items() if b"mmutable" in i.body}
    assert immutable == _lives(target, Life.SEALED)
    assert _lives(target, Life.OPEN) == set(_manifest(target).open)
    assert pages.keys() == _lives(target, Life.SEALED) | _lives(target, Life.OPEN)
    assert f"{STREAM}/by-time/2026/04.ttl" in immutable, "interior pages too"


def test_sealed_pages_come_first_and_the_root_after_what_it_leads_to(vertical: Vertical) -> None:
    target = MemoryTarget()
    run(vertical, target, STREAM, forms=(Form.TURTLE,))
    sealed = _lives(target, Life.SEALED)
    last_sealed = max(target.order.index(name) for name in sealed)
    assert last_sealed < min(target.order.index(name) for name in _lives(target, Life.OPEN))
    tail = [name for name in target.order if name not in sealed and "by-time" in name]
    assert tail[-1] == f"{STREAM}/by-time.ttl"
    assert target.order.index(f"{STREAM}.ttl") > target.order.index(f"{STREAM}/by-time.ttl")


def test_the_next_export_writes_only_what_is_new(vertical: Vertical) -> None:
    target = MemoryTarget()
    run(vertical, target)
    before = dict(target.files)
    target.order.clear()
    publish(vertical, NEXT_DAY, 4)

    summary = run(vertical, target)

    written = {name for name in target.order if "/by-time" in name}
    old_sealed = {n for n, i in before.items() if i.life is Life.SEALED}
    assert not written & old_sealed
    assert any(target.files[name].life is Life.SEALED for name in written)
    assert summary.kept_members > 0
    fresh = MemoryTarget()
    run(vertical, fresh)
    assert target.files == fresh.files


@pytest.mark.parametrize("again", [False, True])
def test_broken_off_anywhere_the_next_run_finishes_it(vertical: Vertical, again: bool) -> None:
    """At every moment every relation leads somewhere, and nothing sealed is ever replaced.

    The next run gives what an unbroken one gives: at once, and also after the log went on and
    sealed what was open when the run broke off.
    """
    forms, first = (Form.TURTLE,), MemoryTarget()
    if again:
        run(vertical, first, STREAM, forms=forms)
        publish(vertical, NEXT_DAY, 4)
    whole = MemoryTarget(first.files)
    run(vertical, whole, STREAM, forms=forms)
    broken: list[MemoryTarget] = []
    for left in range(len(whole.order)):
        broken.append(MemoryTarget(first.files, left))
        with pytest.raises(Broken):
            run(vertical, broken[left], STREAM, forms=forms)
        assert dangling(broken[left]) == [], left
        resumed = MemoryTarget(broken[left].files)
        run(vertical, resumed, STREAM, forms=forms)
        assert resumed.files == whole.files, left
    publish(vertical, NEXT_DAY + timedelta(days=40), 4)
    fresh = MemoryTarget()
    run(vertical, fresh, STREAM, forms=forms)
    for left, target in enumerate(broken):
        resumed = MemoryTarget(target.files)
        run(vertical, resumed, STREAM, forms=forms)
        assert resumed.files == fresh.files, left


def test_what_grows_meanwhile_disturbs_nothing(vertical: Vertical) -> None:
    """The log is written while it is exported: the pages are of one moment or a later one."""

    class Growing(MemoryTarget):
        def names(self, directory: str) -> frozenset[str]:
            publish(vertical, vertical.clock.now() + timedelta(seconds=1), 2)
            return super().names(directory)

    target = Growing()
    vertical.clock.set(NEXT_DAY)
    run(vertical, target, STREAM)
    assert dangling(target) == []
    again = MemoryTarget(target.files)
    run(vertical, again, STREAM)
    fresh = MemoryTarget()
    run(vertical, fresh, STREAM)
    assert again.files == fresh.files


def test_thorough_finds_a_page_that_is_gone_below_a_complete_one(vertical: Vertical) -> None:
    target = MemoryTarget()
    run(vertical, target)
    whole = dict(target.files)
    gone = f"{STREAM}/by-time/2026/04/29/p1.ttl"
    del target.files[gone]
    run(vertical, target)
    assert gone not in target.files
    run(vertical, target, thorough=True)
    assert target.files == whole


def test_streams_and_forms_that_are_not_chosen_stay_as_they_are(vertical: Vertical) -> None:
    target = MemoryTarget()
    run(vertical, target, "kasten", forms=(Form.TURTLE,))
    open_before = set(_manifest(target).open)
    run(vertical, target, STREAM)
    manifest = _manifest(target)
    assert open_before < set(manifest.open)
    assert manifest.streams.keys() == {"kasten", STREAM}
    assert b"<kasten.ttl>" in target.files["index.ttl"].body
    assert b"techniek" not in target.files["index.ttl"].body


def test_an_empty_stream_has_an_empty_root(tmp_path: Path) -> None:
    vertical, target = open_vertical(tmp_path), MemoryTarget()
    summary = run(vertical, target, STREAM)
    assert summary.members == 0
    assert b"tree:Node" in target.files[f"{STREAM}/by-time.ttl"].body
    begin(vertical)
    publish(vertical, vertical.clock.now() + timedelta(days=1), 1)
    run(vertical, target, STREAM)
    assert dangling(target) == []
    assert b"tree:relation" in target.files[f"{STREAM}/by-time.ttl"].body
    vertical.close()


def test_a_place_that_holds_something_else_is_refused(vertical: Vertical) -> None:
    target = MemoryTarget()
    run(vertical, target)
    del target.files[MANIFEST]
    with pytest.raises(ExportError, match="empty place"):
        run(vertical, target)


def test_the_export_of_another_log_is_refused(vertical: Vertical, tmp_path: Path) -> None:
    target = MemoryTarget()
    run(vertical, target)
    directory = tmp_path / "other"
    directory.mkdir()
    other = open_vertical(directory)
    with pytest.raises(ExportError, match="another log"):
        run(other, target)
    other.close()
