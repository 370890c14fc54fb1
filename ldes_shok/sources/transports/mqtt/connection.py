"""A connection to a broker that acknowledges a message only on request.

aiomqtt lets paho acknowledge a QoS 1 message as soon as it is in aiomqtt's queue, before the
application has it. A process that is killed then loses the whole queue (measured: 90 of 100
messages). paho can wait for a manual acknowledgement, but aiomqtt has no option for it. So this
module, and no other, uses aiomqtt's private `_client`. For that reason the dependency is pinned to
one version, and tests/integration/test_mqtt.py kills a consumer between receipt and commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import aiomqtt
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ldes_shok.errors import SourceError
from ldes_shok.sources.transports.mqtt.section import MqttSource

_QOS: Final = 1
"""QoS 2 would be confirmed by paho on receipt, whatever the setting."""

_FAILURE: Final = 0x80


@dataclass(frozen=True, slots=True)
class MqttOptions:
    """Options of a connection that are not settings.

    Attributes:
        bind_address: the local address to connect from, for a machine with a network of its own for
            controllers; empty lets the system choose.
        session_expiry_seconds: how long a broker keeps our session while we are away (MQTT 5).
        max_waiting_messages: how many messages may wait here. Above it, nothing is read from the
            broker until half of them are committed.
        max_waiting_bytes: likewise, of their payloads.
    """

    bind_address: str = ""
    session_expiry_seconds: int = 7 * 86_400
    max_waiting_messages: int = 10_000
    max_waiting_bytes: int = 16_000_000


class MqttConnection:
    """A persistent session at a broker; use it as an async context manager.

    A connection is used once: acknowledgements are numbers that only mean something on the
    connection that the message came over.

    The broker sends the messages that it kept before its answer to our subscription, and all at
    once (mosquitto 2.0 applies no limit there). So messages are taken during the wait for the
    answer.

    Args:
        section: the broker and the user.
        password: shown to the broker; None for none.
        tls: the TLS context; None for no encryption.
        on_subscribed: called when the broker has granted all topics.
        options: of the connection.

    Raises:
        aiomqtt.MqttError: the broker cannot be reached, refuses us or goes away; its cause is the
            reason, if known.
    """

    def __init__(
        self,
        section: MqttSource,
        password: str | None,
        tls: ssl.SSLContext | None,
        on_subscribed: Callable[[], None],
        options: MqttOptions,
    ) -> None:
        self._section = section
        self._options = options
        self._on_subscribed = on_subscribed
        self._subscription: asyncio.Task[None] | None = None
        self._reading = True
        self._waiting_bytes = 0
        five = section.protocol == "5"
        self._client = aiomqtt.Client(
            section.host,
            section.port,
            identifier=section.client_id,
            username=section.username,
            password=password,
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            clean_session=None if five else False,
            # 3 is paho's "first only", the one value that it takes for MQTT 3.1.1.
            clean_start=False if five else 3,
            properties=self._connect_properties() if five else None,
            bind_address=options.bind_address,
            keepalive=section.keepalive_seconds,
            tls_context=tls,
        )
        # Before connecting: a persistent session delivers right behind the CONNACK.
        self._paho = self._client._client  # noqa: SLF001  (see the module's docstring)
        self._paho.manual_ack_set(True)
        self._paho.on_message = self._receive

    async def __aenter__(self) -> Self:
        try:
            await self._client.__aenter__()
        except BaseException:
            self._drop_socket()
            raise
        self._subscription = asyncio.create_task(self._subscribe())
        self._subscription.add_done_callback(self._subscribed)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._subscription is not None:
            self._subscription.cancel()
        try:
            with contextlib.suppress(aiomqtt.MqttError, SourceError):
                await self._client.__aexit__(kind, error, trace)
        finally:
            self._drop_socket()

    async def gather(self, max_messages: int) -> list[aiomqtt.Message]:
        """Wait for a message; return it with the messages that came meanwhile."""
        messages = self._client.messages
        batch = [await anext(messages)]
        while len(messages) and len(batch) < max_messages:
            batch.append(await anext(messages))
        self._waiting_bytes -= sum(len(message.payload) for message in batch)
        if not self._reading and self._is_half_empty():
            self._resume_reading()
        return batch

    def acknowledge(self, batch: Sequence[aiomqtt.Message]) -> None:
        """Acknowledge these messages, in the order in which they came (MQTT-4.6.0-2)."""
        for message in batch:
            self._paho.ack(message.mid, message.qos)

    async def pause(self, seconds: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Wait, but not past the end of the connection.

        Raises:
            aiomqtt.MqttError: the connection is gone, so the broker will send the messages again.
        """
        waiting = asyncio.ensure_future(sleep(seconds))
        gone = self._client._disconnected  # noqa: SLF001  (aiomqtt shows it no other way)
        try:
            await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if gone.done():
            raise aiomqtt.MqttError(f"disconnected while waiting: {gone.exception()}")

    async def _subscribe(self) -> None:
        topics = [(topic, _QOS) for topic in self._section.topics]
        # No time limit: the answer comes after all messages that the broker kept for us.
        granted = await self._client.subscribe(topics, timeout=math.inf)
        codes = (code if isinstance(code, int) else code.value for code in granted)
        for topic, code in zip(self._section.topics, codes, strict=True):
            if code >= _FAILURE:
                raise SourceError(f"the broker refuses topic {topic}: check its access list")

    def _subscribed(self, subscription: asyncio.Task[None]) -> None:
        if subscription.cancelled():
            return
        error = subscription.exception()
        if error is None:
            self._on_subscribed()
        else:
            self._end(error)

    def _end(self, error: BaseException) -> None:
        gone = self._client._disconnected  # noqa: SLF001
        if not gone.done():
            gone.set_exception(error)

    def _receive(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        self._client._on_message(client, userdata, message)  # noqa: SLF001
        self._waiting_bytes += len(message.payload)
        sock = self._paho.socket()
        # aiomqtt's own limit discards messages, and a discarded message without an acknowledgement
        # hangs until the next connection. Here reading stops instead, and TCP holds the broker
        # back.
        if self._is_full() and self._reading and sock is not None:
            self._reading = False
            asyncio.get_running_loop().remove_reader(sock)

    def _is_full(self) -> bool:
        return (
            len(self._client.messages) >= self._options.max_waiting_messages
            or self._waiting_bytes >= self._options.max_waiting_bytes
        )

    def _is_half_empty(self) -> bool:
        return (
            len(self._client.messages) <= self._options.max_waiting_messages // 2
            and self._waiting_bytes <= self._options.max_waiting_bytes // 2
        )

    def _resume_reading(self) -> None:
        sock = self._paho.socket()
        if sock is not None:
            self._reading = True
            asyncio.get_running_loop().add_reader(sock, self._read)
            # TLS may hold decrypted bytes for which the socket no longer signals.
            self._read()

    def _read(self) -> None:
        # The same as aiomqtt's reader, which was removed and is no longer accessible.
        try:
            while self._reading:
                self._paho.loop_read()
                sock = self._paho.socket()
                if not (isinstance(sock, ssl.SSLSocket) and sock.pending()):
                    return
        except Exception as error:  # noqa: BLE001  (whatever it is, this connection is over)
            self._end(error)

    def _connect_properties(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._options.session_expiry_seconds
        properties.ReceiveMaximum = self._section.max_inflight
        return properties

    def _drop_socket(self) -> None:
        # aiomqtt leaves the socket open when it gives up waiting for the broker, or when reading
        # failed; the broker would then see two of us under one client id.
        if self._paho.socket() is not None:
            self._paho._sock_close()  # noqa: SLF001
        gone = self._client._disconnected  # noqa: SLF001
        if gone.done() and not gone.cancelled():
            gone.exception()  # seen: or asyncio reports it as forgotten
