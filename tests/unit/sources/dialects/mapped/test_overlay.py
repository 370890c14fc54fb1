from __future__ import annotations

from ldes_shok.sources.dialects.mapped.overlay import (
    History,
    device_message,
    overlaid,
    recalled,
    remembered,
)

FULL = device_message(1, {"em:0": {"power": 1, "phases": {"a": 1, "b": 2}}}, full=True)
DELTA = device_message(3, {"em:0": {"phases": {"b": 3}}}, full=False)


def test_a_delta_replaces_what_it_names_and_nothing_else() -> None:
    _, history = overlaid((), FULL)
    state, _ = overlaid(history, DELTA)
    assert state == {"em:0": {"power": 1, "phases": {"a": 1, "b": 3}}}


def test_a_late_delta_is_laid_over_what_was_known_then() -> None:
    _, history = overlaid((), FULL)
    _, history = overlaid(history, DELTA)
    state, history = overlaid(history, device_message(2, {"em:0": {"power": 9}}, full=False))
    assert state == {"em:0": {"power": 9, "phases": {"a": 1, "b": 2}}}
    assert overlaid(history, DELTA)[0] == {"em:0": {"power": 9, "phases": {"a": 1, "b": 3}}}


def test_a_message_before_the_first_full_state_stands_alone_also_when_it_comes_again() -> None:
    alone = {"em:0": {"phases": {"b": 3}}}
    state, history = overlaid((), DELTA)
    assert state == alone
    # At the same time, so that only what was remembered tells which of the two came first.
    _, history = overlaid(history, device_message(3, {"em:0": {"power": 1}}, full=True))
    assert overlaid(history, DELTA) == (alone, history)


def test_the_oldest_messages_are_laid_together() -> None:
    _, history = overlaid((), FULL)
    for second in range(2, 200):
        changed = {"em:0": {"power": second}}
        state, history = overlaid(history, device_message(second, changed, full=False))
        assert state == {"em:0": {"power": second, "phases": {"a": 1, "b": 2}}}
    assert len(history) == 64
    assert history[0].full


def test_a_history_comes_back_and_other_bytes_are_none() -> None:
    history: History = (FULL, DELTA)
    assert recalled(remembered(history)) == history
    assert recalled(b"") == recalled(b"{}") == recalled(b"\xff") == ()
