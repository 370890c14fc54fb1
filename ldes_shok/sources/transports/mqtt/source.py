"""Events from an MQTT broker: acknowledged after the commit, never before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from random import Random

import aiomqtt

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.clock import Clock
from ldes_shok.errors import SourceError
from ldes_shok.sources.base import Sink
from ldes_shok.sources.common.payload import split_untyped
from ldes_shok.sources.common.retry import Sleep
from ldes_shok.sources.common.running import RetryingSource
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding, Held, not_decoded
from ldes_shok.sources.transports.mqtt.certificates import Certificates
from ldes_shok.sources.transports.mqtt.connection import MqttConnection, MqttSettings

__all__ = ["MqttSettings", "MqttSource"]


class MqttSource(RetryingSource):
    """Subscribes, hands over in groups, acknowledges what is safe, and comes back by itself.

    A message is acknowledged when every event in it has an outcome, whichever: the pipeline keeps
    what it rejects, so a bad message blocks nothing. While the pipeline takes nothing (overloaded,
    log unavailable) the same events are offered again and nothing is acknowledged, so the broker
    holds the rest. What a sender publishes with QoS 0 has none of these promises.

    Args:
        settings: where to subscribe, and as whom.
        sink: takes the events.
        clock: stamps the moment of receipt.
        rng: spreads the retries.
        decoding: how messages are read; None where they are canonical events.
        sleep: how to wait; a test passes its own.
    """

    def __init__(
        self,
        settings: MqttSettings,
        sink: Sink,
        clock: Clock,
        rng: Random,
        *,
        decoding: Decoding | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(settings.name, "mqtt", rng, stuck_after=settings.stuck_after, sleep=sleep)
        self._settings = settings
        self.certificates = Certificates(settings)
        self._sink = sink
        self._clock = clock
        self._decoding = decoding
        self._origin = Origin("mqtt", settings.tenant, settings.name)

    def renew(self, password: str) -> None:
        """From the next connection on, show this password; the one that stands goes on."""
        self._settings = replace(self._settings, password=password or None)

    async def _once(self) -> None:
        tls = self.certificates.context()
        try:
            async with MqttConnection(self._settings, tls, self._arrived) as connection:
                with self._standing():
                    await self._consume(connection)
        except aiomqtt.MqttError as error:
            # aiomqtt says "disconnected"; why, if it knows, stands behind it. We say what to do.
            why = error.__cause__ or error
            raise SourceError(str(why) or type(why).__name__) from error

    async def _consume(self, connection: MqttConnection) -> None:
        async def pause(seconds: float) -> None:
            await connection.pause(seconds, self._sleep)

        while True:
            batch = await connection.gather()
            held = await self._retry.until_taken(partial(self._read, batch), pause)
            size = self._settings.max_batch_events
            with held as reading:
                for first in range(0, len(reading.deliveries), size):
                    deliveries = reading.deliveries[first : first + size]
                    hand_over = partial(self._hand_over, held, deliveries)
                    await self._retry.until_taken(hand_over, pause)
            connection.acknowledge(batch)
            self._progress.done()

    async def _read(self, batch: Sequence[aiomqtt.Message]) -> Held:
        received_at = self._clock.now()
        if self._decoding is not None:
            messages = [_message(m, received_at) for m in batch if m.payload]
            return await self._decoding.hold(messages)
        return not_decoded(
            Delivery(event, self._origin, received_at)
            for message in batch
            for event in _events(message)
        )

    async def _hand_over(self, held: Held, deliveries: Sequence[Delivery]) -> None:
        outcomes = await held.hand_over(deliveries, self._sink)
        if len(outcomes) != len(deliveries):
            raise SourceError(
                f"{len(deliveries)} events were handed over, {len(outcomes)} answered: "
                "none of them is acknowledged"
            )

    def _arrived(self) -> None:
        self._progress.connected(host=self._settings.host, port=self._settings.port)


def _message(message: aiomqtt.Message, received_at: datetime) -> Message:
    # Not `retained` where it is not: what is live and what was kept would differ in their digest.
    attributes = {"topic": str(message.topic)}
    if message.retain:
        attributes["retained"] = "true"
    return Message(bytes(message.payload), received_at, attributes)


def _events(message: aiomqtt.Message) -> list[bytes]:
    # An empty payload is how a retained message is cleared (MQTT-3.3.1-6): it says nothing.
    return split_untyped(message.payload) if message.payload else []
