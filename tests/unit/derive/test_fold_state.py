"""What derivers remember, between the log and a hand-over that may fail."""

from __future__ import annotations

import msgspec

from ldes_shok.derive.fold_state import Notebook
from ldes_shok.log.records import MemoryRecord


class Note(msgspec.Struct, frozen=True, array_like=True):
    """Something remembered."""

    number: int


def notebook(**known: int) -> Notebook:
    """Over a log that remembers `known`."""
    log = {subject: msgspec.msgpack.encode(Note(number)) for subject, number in known.items()}
    return Notebook(
        log.get,
        lambda prefix: [
            MemoryRecord("", subject, value)
            for subject, value in log.items()
            if subject.startswith(prefix)
        ],
        limit=2,
    )


def test_what_the_log_remembers_is_known() -> None:
    assert notebook(a=1).get("a", Note) == Note(1)
    assert notebook(a=1).get("b", Note) is None


def test_all_that_begins_alike_is_found() -> None:
    assert notebook(ab=1, ac=2, b=3).all("a", Note) == {"ab": Note(1), "ac": Note(2)}


def test_what_is_staged_is_known_and_is_to_be_written() -> None:
    notes = notebook(a=1)
    notes.put("a", Note(2))
    assert notes.get("a", Note) == Note(2)
    (staged,) = notes.staged()
    assert msgspec.msgpack.decode(staged.value, type=Note) == Note(2)
    notes.settle()
    assert notes.get("a", Note) == Note(2)
    assert not notes.is_changed


def test_what_was_not_safe_is_forgotten() -> None:
    notes = notebook(a=1)
    notes.put("a", Note(2))
    notes.forget()
    assert notes.get("a", Note) == Note(1)


def test_what_is_dropped_is_written_as_nothing() -> None:
    notes = notebook(a=1)
    notes.drop("a")
    assert notes.get("a", Note) is None
    assert [memory.value for memory in notes.staged()] == [b""]


def test_what_is_not_kept_at_hand_is_read_again() -> None:
    notes = notebook(a=1, b=2, c=3)
    assert [notes.get(subject, Note) for subject in "abca"] == [Note(n) for n in (1, 2, 3, 1)]
