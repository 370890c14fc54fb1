"""Senders that never give up: over HTTP until each event is acknowledged, over MQTT with QoS 1.

Both remember every event that they sent, and both go on while the service is away.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, Protocol

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from ldes_shok.cabinet.incoming import Origin
from tests.support.events import configuration, measurement, status
from tests.support.mosquitto import Mosquitto
from tests.support.patience import HANG_SECONDS, until
from tests.support.service import TENANT, push, request

_START: Final = datetime(2026, 5, 12, 6, tzinfo=UTC)
_AWAY_SECONDS: Final = 0.02
_BETWEEN_MESSAGES_SECONDS: Final = 0.02
_MESSAGES_AHEAD: Final = 25
_LARGEST_BATCH: Final = 12


def life_of(cabinet: str) -> Iterator[bytes]:
    """Endless events of one cabinet: its configuration, then measurements and statuses."""
    yield configuration(cabinet, _START)
    for number in itertools.count(1):
        at = _START + number * timedelta(seconds=30)
        if number % 4:
            yield measurement(cabinet, at, outlet=str(1 + number % 2), value=f"{1000 + number}.5")
        else:
            yield status(cabinet, at, occupancy=("in_use", "free")[number // 4 % 2])


class Load(Protocol):
    """Events that keep coming.

    Attributes:
        origin: where the service says that they come from.
    """

    origin: Origin

    @property
    def sent(self) -> list[bytes]:
        """Every event that was sent."""
        ...

    def start(self) -> None:
        """Begin to send."""
        ...

    def pause(self) -> None:
        """Send nothing while the test looks at the pages, so that they stay few."""
        ...

    def resume(self) -> None:
        """Send again."""
        ...

    def progress(self) -> int:
        """Grows with everything that the service acknowledges."""
        ...

    def acknowledged(self) -> Sequence[str]:
        """IRIs of members of which the service said that they are published, since the last call.

        Empty where acknowledgements name no members.
        """
        ...

    def finish(self) -> None:
        """Begin nothing new; return when everything sent is acknowledged.

        Raises:
            AssertionError: an event is not acknowledged, or not as it should be.
        """
        ...


class HttpLoad:
    """Threads that each push batches of one cabinet's events, and again until they get 200.

    Attributes:
        origin: the source `push` of `settings_tree`.
        members: what the answers said is published.
        answers: how often each status was answered; 0 is no answer at all.
    """

    def __init__(self, url: str | Sequence[str], seed: int, senders: int = 2) -> None:
        """Of several addresses the senders try the next one when one does not answer."""
        self.origin = Origin("http", TENANT, "push")
        self.members: list[str] = []
        self.answers: Counter[int] = Counter()
        self._urls = [url] if isinstance(url, str) else list(url)
        self._seed = seed
        self._sent: list[bytes] = []
        self._acknowledged = 0
        self._looked_at = 0
        self._wrong: list[str] = []
        self._stopping = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._news = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True)
            for number in range(1, senders + 1)
        ]

    @property
    def sent(self) -> list[bytes]:
        """Every event that was sent."""
        return self._sent

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def pause(self) -> None:
        """Send nothing."""
        self._flowing.clear()

    def resume(self) -> None:
        """Send again, what was not acknowledged first."""
        self._flowing.set()

    def progress(self) -> int:
        """How many requests were acknowledged."""
        return self._acknowledged

    def wait(self) -> None:
        """Return when something more is acknowledged.

        Raises:
            AssertionError: nothing was, for a long time.
        """
        with self._news:
            assert self._news.wait(HANG_SECONDS), "nothing is acknowledged any more"

    def acknowledged(self) -> Sequence[str]:
        """The members that answers named since the last call."""
        with self._lock:
            new = self.members[self._looked_at :]
            self._looked_at = len(self.members)
        return new

    def finish(self) -> None:
        """Begin nothing new; return when everything sent is acknowledged."""
        self._stopping.set()
        self.resume()
        for thread in self._threads:
            thread.join(HANG_SECONDS)
            assert not thread.is_alive(), "an event was never acknowledged"
        assert self._wrong == []

    def _run(self, number: int) -> None:
        events, chance = life_of(f"VBS-{number:03d}"), Random(f"{self._seed}/{number}")
        while not self._stopping.is_set():
            batch = list(itertools.islice(events, chance.randint(1, _LARGEST_BATCH)))
            with self._lock:
                self._sent += batch
            self._deliver(batch)

    def _deliver(self, batch: list[bytes]) -> None:
        deadline = time.monotonic() + HANG_SECONDS
        for url in itertools.cycle(self._urls):
            if time.monotonic() > deadline:
                break
            self._flowing.wait(HANG_SECONDS)
            try:
                answered, headers, body = push(url, batch)
            except (OSError, http.client.HTTPException):
                answered, headers, body = 0, {}, b""
            with self._lock:
                self.answers[answered] += 1
            if answered == 200:
                self._note(json.loads(body))
                return
            if answered and (answered != 503 or "retry-after" not in headers):
                self._wrong.append(f"{answered} {body!r}")
            time.sleep(_AWAY_SECONDS)
        self._wrong.append("an event was never acknowledged")

    def _note(self, answer: dict[str, list[dict[str, object]]]) -> None:
        with self._news:
            self._acknowledged += 1
            self._news.notify_all()
        with self._lock:
            for result in answer["results"]:
                members = result["members"]
                assert isinstance(members, list)
                self.members += members
                if result["outcome"] not in {"published", "duplicate"}:
                    self._wrong.append(str(result))


class MqttLoad:
    """A publisher that sends one event after the other to a broker, which keeps them for us.

    Attributes:
        origin: the source named `broker`.
    """

    def __init__(self, url: str, broker: Mosquitto, topic: str, client_id: str) -> None:
        """`client_id` is the service's, at the broker."""
        self.origin = Origin("mqtt", TENANT, "broker")
        self._url = url
        self._broker = broker
        self._topic = topic
        self._client_id = client_id
        self._sent: list[bytes] = []
        self._ahead: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def sent(self) -> list[bytes]:
        """Every event that was sent."""
        return self._sent

    def start(self) -> None:
        """Begin to send, once the service has subscribed."""
        self._broker.wait_for_subscriber(self._client_id)
        self._thread.start()

    def pause(self) -> None:
        """Send a few more: they wait at the broker and meet the service when it is back."""
        self._ahead = _MESSAGES_AHEAD

    def resume(self) -> None:
        """Send as before."""
        self._ahead = None

    def progress(self) -> int:
        """How many different events the log holds; 0 while the service does not answer."""
        try:
            _, _, body = request(f"{self._url}/metrics")
        except (OSError, http.client.HTTPException):
            return 0
        lines = [line for line in body.decode().splitlines() if 'source="mqtt:' in line]
        return sum(
            int(float(line.rpartition(" ")[2]))
            for line in lines
            if line.startswith("ldes_shok_log_events{") and 'outcome="published"' in line
        )

    def acknowledged(self) -> Sequence[str]:
        """Nothing: a PUBACK names no members."""
        return ()

    def finish(self) -> None:
        """Send nothing new; return when the log holds all that was sent."""
        self._stopping.set()
        self._thread.join(HANG_SECONDS)
        until(lambda: self.progress() >= len(self._sent), poll_seconds=_AWAY_SECONDS)
        assert self.progress() == len(self._sent)

    def _run(self) -> None:
        client = Client(CallbackAPIVersion.VERSION2)
        connected = threading.Event()
        client.on_connect = lambda *_: connected.set()
        client.connect("127.0.0.1", self._broker.port, bind_address="127.0.0.1")
        client.loop_start()
        try:
            assert connected.wait(HANG_SECONDS), "the broker does not answer"
            for event in life_of("VBS-001"):
                if not self._may_send():
                    return
                message = client.publish(self._topic, event, qos=1)
                message.wait_for_publish(HANG_SECONDS)
                self._sent.append(event)
        finally:
            client.disconnect()
            client.loop_stop()

    def _may_send(self) -> bool:
        """Wait for the next message's turn; False when there is none."""
        while not self._stopping.wait(_BETWEEN_MESSAGES_SECONDS):
            ahead = self._ahead
            if ahead is None:
                return True
            if ahead > 0:
                self._ahead = ahead - 1
                return True
        return False
