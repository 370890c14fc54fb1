from __future__ import annotations

from threading import Thread

from ldes_shok.log.postgres.pulse import Pulse


def test_a_generation_never_goes_back() -> None:
    pulse = Pulse()
    for heard in (3, 1, 4):
        pulse.beat(heard)
    assert pulse.generation == 4


def test_who_waits_is_told() -> None:
    pulse = Pulse()
    assert not pulse.wait_beyond(0, 0)
    thread = Thread(target=pulse.beat, args=(1,))
    thread.start()
    assert pulse.wait_beyond(0, 10)
    thread.join()
