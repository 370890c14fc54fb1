"""One connection to a broker that acknowledges a message when told to, and not before.

aiomqtt lets paho acknowledge a QoS 1 message as soon as it is in aiomqtt's queue, before anybody
has seen it: a process killed then loses the whole queue (measured: 90 of 100 messages). paho can
wait for a manual acknowledgement, but aiomqtt offers no way to ask for it. So this module, and no
other, reaches through aiomqtt's private `_client`; that is why the dependency is pinned to one
version, and why tests/integration/test_mqtt.py kills a consumer between receipt and commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Literal, Self

import aiomqtt
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ldes_shok.errors import ConfigurationError, SourceError
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES

_QOS: Final = 1
"""QoS 2 would be confirmed by paho on receipt, whatever the setting."""

_FAILURE: Final = 0x80


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """A subscription.

    Attributes:
        name: the source's name in the configuration.
        tenant: whose cabinets these are.
        host: the broker.
        port: 1883, or 8883 with TLS.
        topics: topic filters.
        client_id: must stay the same over restarts: the broker keeps our place under it. No two
            running processes may share one.
        username: None for an anonymous connection.
        password: never printed.
        bind_address: the local address to connect from, for a machine with a network of its own for
            controllers; empty lets the system choose.
        tls: encrypt, and verify the broker against the system's certificate authorities.
        tls_ca_file: verify it against the authorities in this PEM file instead.
        tls_certificate_file: our own certificate, PEM, for a broker that asks one.
        tls_key_file: its key, if that is not in the same file.
        keepalive_seconds: how soon a dead connection is noticed.
        max_inflight: how many messages the broker may have underway to us. Binding with MQTT 5
            (receive maximum). MQTT 3.1.1 has no word for it: there the broker's own
            `max_inflight_messages` says how large a group commit can get (mosquitto: 20).
        protocol: MQTT version.
        session_expiry_seconds: how long a broker keeps our place while we are away (MQTT 5).
        max_batch_events: how many events go into one commit.
        stuck_after: so many failures in a row make it stuck.
        max_waiting_messages: how many messages may wait here; at more, nothing is read from the
            broker until half of them are committed.
        max_waiting_bytes: likewise, of their payloads.

    Raises:
        ConfigurationError: no topic, no topic filter, or no client id.
    """

    name: str
    tenant: str
    topics: tuple[str, ...]
    client_id: str
    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    bind_address: str = ""
    tls: bool = False
    tls_ca_file: str | None = None
    tls_certificate_file: str | None = None
    tls_key_file: str | None = None
    keepalive_seconds: int = 30
    max_inflight: int = 500
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    session_expiry_seconds: int = 7 * 86_400
    max_batch_events: int = 500
    max_waiting_messages: int = 10_000
    max_waiting_bytes: int = 16_000_000
    stuck_after: int = STUCK_AFTER_FAILURES

    def __post_init__(self) -> None:
        if not self.topics:
            raise ConfigurationError(f"source {self.name}: topics is empty; name at least one")
        for topic in self.topics:
            try:
                aiomqtt.Wildcard(topic)
            except (TypeError, ValueError) as error:
                raise ConfigurationError(
                    f"source {self.name}: topics holds {topic!r}, which is no topic filter: {error}"
                ) from error
        if not self.client_id:
            raise ConfigurationError(
                f"source {self.name}: client_id is empty; without one the broker cannot keep our "
                "place while the service is down"
            )


class MqttConnection:
    """A persistent session at a broker; use it as an async context manager.

    A connection is used once: acknowledgements are numbers that only mean something on the
    connection that the message came over.

    What the broker kept for us comes before its answer to our subscription, and all at once
    (mosquitto 2.0 minds no limit there), so messages are taken while the answer is awaited.

    Args:
        settings: where, and as whom.
        tls: how to encrypt; None for not at all.
        on_subscribed: called when the broker has granted all topics.

    Raises:
        aiomqtt.MqttError: the broker cannot be reached, refuses us or goes away; its cause says
            why, if that is known.
    """

    def __init__(
        self,
        settings: MqttSettings,
        tls: ssl.SSLContext | None,
        on_subscribed: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._on_subscribed = on_subscribed
        self._subscription: asyncio.Task[None] | None = None
        self._reading = True
        self._waiting_bytes = 0
        five = settings.protocol == "5"
        self._client = aiomqtt.Client(
            settings.host,
            settings.port,
            identifier=settings.client_id,
            username=settings.username,
            password=settings.password,
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            clean_session=None if five else False,
            # 3 is paho's "first only", the one value that it takes for MQTT 3.1.1.
            clean_start=False if five else 3,
            properties=self._connect_properties() if five else None,
            bind_address=settings.bind_address,
            keepalive=settings.keepalive_seconds,
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

    async def gather(self) -> list[aiomqtt.Message]:
        """Wait for a message, then take with it what has come in meanwhile."""
        messages = self._client.messages
        batch = [await anext(messages)]
        while len(messages) and len(batch) < self._settings.max_batch_events:
            batch.append(await anext(messages))
        self._waiting_bytes -= sum(len(message.payload) for message in batch)
        if not self._reading and self._is_half_empty():
            self._resume_reading()
        return batch

    def acknowledge(self, batch: Sequence[aiomqtt.Message]) -> None:
        """Tell the broker that it may forget these, in the order they came (MQTT-4.6.0-2)."""
        for message in batch:
            self._paho.ack(message.mid, message.qos)

    async def pause(self, seconds: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Wait, but not past the end of the connection.

        Raises:
            aiomqtt.MqttError: the connection is gone, so what is in hand will be sent again.
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
        topics = [(topic, _QOS) for topic in self._settings.topics]
        # No time limit: the answer stands behind all that the broker kept for us.
        granted = await self._client.subscribe(topics, timeout=math.inf)
        codes = (code if isinstance(code, int) else code.value for code in granted)
        for topic, code in zip(self._settings.topics, codes, strict=True):
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
        # aiomqtt's own limit discards, and a message discarded without an acknowledgement hangs
        # until the next connection. Not reading lets TCP hold the broker back instead.
        if self._is_full() and self._reading and sock is not None:
            self._reading = False
            asyncio.get_running_loop().remove_reader(sock)

    def _is_full(self) -> bool:
        return (
            len(self._client.messages) >= self._settings.max_waiting_messages
            or self._waiting_bytes >= self._settings.max_waiting_bytes
        )

    def _is_half_empty(self) -> bool:
        return (
            len(self._client.messages) <= self._settings.max_waiting_messages // 2
            and self._waiting_bytes <= self._settings.max_waiting_bytes // 2
        )

    def _resume_reading(self) -> None:
        sock = self._paho.socket()
        if sock is not None:
            self._reading = True
            asyncio.get_running_loop().add_reader(sock, self._read)
            # TLS may hold decrypted bytes that the socket no longer tells of.
            self._read()

    def _read(self) -> None:
        # The same as aiomqtt's reader, which was taken off and cannot be reached again.
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
        properties.SessionExpiryInterval = self._settings.session_expiry_seconds
        properties.ReceiveMaximum = self._settings.max_inflight
        return properties

    def _drop_socket(self) -> None:
        # aiomqtt leaves the socket open when it gives up waiting for the broker, or when reading
        # failed; the broker would then see two of us under one client id.
        if self._paho.socket() is not None:
            self._paho._sock_close()  # noqa: SLF001
        gone = self._client._disconnected  # noqa: SLF001
        if gone.done() and not gone.cancelled():
            gone.exception()  # seen: or asyncio reports it as forgotten
