"""A device to be killed: connects with a last will, says that it is there, and waits.

Usage: python -m tests.support.mqtt_device PORT DEVICE AUTHORITY CERTIFICATE KEY
Sends every line of its input as an RPC notification; prints `sent` when the broker has it.
"""

from __future__ import annotations

import ssl
import sys
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.patience import HANG_SECONDS


def main() -> None:
    port, device, authority, certificate, key = sys.argv[1:]
    client: Any = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device)
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    client.tls_set_context(context)
    client.will_set(f"{device}/online", b"false", qos=1, retain=True)
    client.connect("127.0.0.1", int(port))
    client.loop_start()
    _publish(client, f"{device}/online", b"true", retain=True)
    for line in sys.stdin.buffer:
        _publish(client, f"{device}/events/rpc", line.strip())


def _publish(client: Any, topic: str, payload: bytes, *, retain: bool = False) -> None:
    client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(HANG_SECONDS)
    print("sent", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
