"""More than a service can take, and what it answers; beside it, reports of now that must get in."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.support.events import measurement
from tests.support.patience import HANG_SECONDS, until
from tests.support.service import push

_START: Final = datetime(2026, 5, 12, 6, tzinfo=UTC)


def backlog(cabinet: str, events: int) -> Iterator[list[bytes]]:
    """Endless batches of measurements of one cabinet, every event another one."""
    good = measurement(cabinet, _START).decode()
    before, after = good.split("2026-05-12T06:00:00.000Z")
    for number in itertools.count():
        first = number * events
        moments = (_START + timedelta(seconds=first + index) for index in range(events))
        yield [f"{before}{at:%Y-%m-%dT%H:%M:%SZ}{after}".encode() for at in moments]


class Flood:
    """Senders that push batch after batch, and do not send again what was refused.

    Attributes:
        answers: how often each status was answered.
        published: events that the answers said are published.
        seconds: how long each answered 200 took, in order of the answers.
        wrong: answers that nobody should get.
    """

    def __init__(
        self, url: str, batches: Iterator[list[bytes]], senders: int, per_second: float = 0.0
    ) -> None:
        """`per_second` is how many batches all senders begin to send in a second; 0: no limit."""
        self.answers: Counter[int] = Counter()
        self.published = 0
        self.seconds: list[float] = []
        self.wrong: list[str] = []
        self._url = url
        self._batches = batches
        self._per_second = per_second
        self._begun = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._began_seconds = time.monotonic()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(senders)]

    @property
    def sent(self) -> int:
        """How many batches were sent."""
        return self._begun

    def start(self) -> None:
        """Begin."""
        self._began_seconds = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing new; returns when everything sent is answered."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(HANG_SECONDS)
            assert not thread.is_alive()

    def run_until(self, enough: Callable[[], bool]) -> None:
        """Flood until it is enough.

        Raises:
            AssertionError: it never was.
        """
        self.start()
        try:
            until(enough, lambda: (self.answers, self.wrong[:3]))
        finally:
            self.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                number, self._begun = self._begun, self._begun + 1
                batch = next(self._batches)
            if self._per_second:
                due_seconds = self._began_seconds + number / self._per_second
                if self._stopping.wait(max(0.0, due_seconds - time.monotonic())):
                    with self._lock:
                        self._begun -= 1
                    return
            began_seconds = time.monotonic()
            try:
                status, headers, body = push(self._url, batch)
            except (OSError, http.client.HTTPException) as error:
                status, headers, body = 0, {}, repr(error).encode()
            self._note(status, headers.get("retry-after", ""), body, began_seconds)

    def _note(self, status: int, retry_after: str, body: bytes, began_seconds: float) -> None:
        with self._lock:
            self.answers[status] += 1
            if status == 200:
                answer = json.loads(body)
                self.published += answer["published"]
                self.seconds.append(time.monotonic() - began_seconds)
                if answer["published"] != answer["received"]:
                    self.wrong.append(body.decode()[:300])
            elif status != 429 or not retry_after.isdigit():
                self.wrong.append(f"{status} {retry_after} {body.decode()[:300]}")


def memory_bytes(pid: int, *, peak: bool = True) -> int:
    """Resident memory of a process: the most it ever had, or what it has now."""
    field = "VmHWM" if peak else "VmRSS"
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1_024
