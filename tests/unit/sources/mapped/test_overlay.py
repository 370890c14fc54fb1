from __future__ import annotations

from ldes_shok.sources.mapped.overlay import History, overlaid, recalled, remembered, said

FULL = said(1, "full", {"em:0": {"power": 1, "phases": {"a": 1, "b": 2}}}, full=True)
DELTA = said(3, "delta", {"em:0": {"phases": {"b": 3}}}, full=False)


def test_a_delta_replaces_what_it_names_and_nothing_else() -> None:
    _, history = overlaid((), FULL)
    state, _ = overlaid(history, DELTA)
    assert state == {"em:0": {"power": 1, "phases": {"a": 1, "b": 3}}}


def test_a_late_delta_is_laid_over_what_was_known_then() -> None:
    _, history = overlaid((), FULL)
    _, history = overlaid(history, DELTA)
    state, history = overlaid(history, said(2, "late", {"em:0": {"power": 9}}, full=False))
    assert state == {"em:0": {"power": 9, "phases": {"a": 1, "b": 2}}}
    assert overlaid(history, DELTA)[0] == {"em:0": {"power": 9, "phases": {"a": 1, "b": 3}}}


def test_a_message_before_the_first_full_state_stands_alone_and_is_forgotten() -> None:
    assert overlaid((), DELTA) == ({"em:0": {"phases": {"b": 3}}}, ())
    _, history = overlaid((), DELTA)
    _, history = overlaid(history, said(5, "later", {}, full=True))
    assert overlaid(history, DELTA) == ({"em:0": {"phases": {"b": 3}}}, history)


def test_a_history_comes_back_and_other_bytes_are_none() -> None:
    history: History = (FULL, DELTA)
    assert recalled(remembered(history)) == history
    assert recalled(b"") == recalled(b"{}") == recalled(b"\xff") == ()
