"""Events from an MQTT broker: acknowledged after the commit, never before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import aiomqtt

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.errors import SourceError
from ldes_shok.sources.common.payload import split_untyped
from ldes_shok.sources.common.running import RetryingSource
from ldes_shok.sources.common.tools import RunningTools
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Held, not_decoded
from ldes_shok.sources.transports.mqtt.certificates import Certificates
from ldes_shok.sources.transports.mqtt.connection import MqttConnection, MqttOptions
from ldes_shok.sources.transports.mqtt.section import MqttSource


class MqttSubscriber(RetryingSource):
    """Subscribes, submits messages in groups, acknowledges stored ones, and reconnects by itself.

    A message is acknowledged when every event in it has an outcome, also a rejection: the pipeline
    stores what it rejects, so a bad message blocks nothing. While the pipeline takes no events
    (overloaded, log unavailable) the same events are offered again and nothing is acknowledged, so
    the broker holds the rest. Messages with QoS 0 have none of these promises.

    Args:
        section: the broker, the topics and the user.
        password: for the broker; empty for none.
        tools: of a source.
        options: of the connection.
    """

    def __init__(
        self,
        section: MqttSource,
        password: str,
        tools: RunningTools,
        options: MqttOptions = MqttOptions(),  # noqa: B008  it has no state
    ) -> None:
        super().__init__(
            section.name, "mqtt", tools.rng, stuck_after=tools.stuck_after, sleep=tools.sleep
        )
        self._section = section
        self._password = password
        self._certificates = Certificates(section)
        self._options = options
        self._sink = tools.sink
        self._clock = tools.clock
        self._decoding = tools.decoding
        self._max_batch_events = tools.max_batch_events
        self._origin = Origin("mqtt", section.tenant, section.name)

    def renew(self, secret: str) -> None:
        """Use this password from the next connection on; the present connection goes on."""
        self._password = secret

    def renew_files(self) -> Sequence[str]:
        """Read the certificates again; returns the keys of the settings whose files changed.

        Raises:
            SourceError: a file cannot be used.
        """
        return self._certificates.renew()

    async def _once(self) -> None:
        tls = self._certificates.context()
        try:
            async with MqttConnection(
                self._section, self._password or None, tls, self._arrived, self._options
            ) as connection:
                with self._standing():
                    await self._consume(connection)
        except aiomqtt.MqttError as error:
            # aiomqtt reports only "disconnected"; the cause of the error has the reason, if known.
            # Our message adds what to do.
            why = error.__cause__ or error
            raise SourceError(str(why) or type(why).__name__) from error

    async def _consume(self, connection: MqttConnection) -> None:
        async def pause(seconds: float) -> None:
            await connection.pause(seconds, self._sleep)

        while True:
            batch = await connection.gather(self._max_batch_events)
            held = await self._retry.until_taken(partial(self._read, batch), pause)
            size = self._max_batch_events
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
        self._progress.connected(host=self._section.host, port=self._section.port)


def _message(message: aiomqtt.Message, received_at: datetime) -> Message:
    # No `retained` attribute on other messages: live and retained ones would differ in their
    # digest.
    attributes = {"topic": str(message.topic)}
    if message.retain:
        attributes["retained"] = "true"
    return Message(bytes(message.payload), received_at, attributes)


def _events(message: aiomqtt.Message) -> list[bytes]:
    # An empty payload clears a retained message (MQTT-3.3.1-6) and has no content.
    return split_untyped(message.payload) if message.payload else []
