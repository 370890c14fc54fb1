"""P11: destroyed means destroyed. Nothing that stays lets anybody confirm a guess of a card.

A city with ten invented cards, in every way in which a card comes in. Its keys are destroyed beside
the running service. Then somebody takes all that stays, the operator's own secrets and a copy from
before the destruction too, and tries a million cards.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.asyncio.client import connect

from ldes_shok.cabinet.base32 import encode_130_bits
from ldes_shok.cabinet.incoming import Raw
from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.clock import SystemClock
from ldes_shok.errors import KeyDestroyed
from ldes_shok.log.manifest import LOG_NAME
from ldes_shok.log.pseudonym_keys import KeyDirectory
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.pipeline.period_vault import PeriodVault
from tests.support.command import run_command
from tests.support.events import configuration, event, instant
from tests.support.guesser import (
    Loot,
    Message,
    by_keys,
    by_the_bare_card,
    by_the_message,
    files_below,
    held_by,
    invented_cards,
)
from tests.support.service import (
    IDENTITY_SECRET,
    PUSH_TOKEN,
    STREAM_TOKEN,
    STREAMS,
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)
from tests.support.telegram import telegram

pytestmark = pytest.mark.integration

MIRRORED, CONNECTED = invented_cards(10, 1)[:5], invented_cards(10, 1)[5:]
CARDS: Final = (*MIRRORED, *CONNECTED)
GUESSES: Final = 1_000_000
SOME: Final = 2_000
"""What is tried with each key and form, the ten among them: those with a right guess are found."""

RAW_KEY: Final = "5e" * 32
TOKENS: Final = {name: f"a-token-for-{name}-of-a-test" for name in ("spiegel", "lezer", "meter")}
PASSWORD: Final = "password-of-invented-stations"
NOON: Final = SystemClock().now().replace(microsecond=0) - timedelta(hours=3)
DEVICE: Final = "shellypro3em-0a1b2c"


def _settings(folder: Path) -> Tree:
    for name, text in {**TOKENS, "raw-key": RAW_KEY}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)

    def pushed(name: str, decode: Mapping[str, Any]) -> Tree:
        token = str(folder / name)
        return {
            "name": name, "type": "http", "tenant": TENANT, "token_file": token, "decode": decode
        }  # fmt: skip

    station: Tree = {
        "name": "kasten", "type": "ocpp16", "tenant": TENANT, "stations": {"CP-2": "VBS-002"},
        "password_env": "TEST_STATIONS_PASSWORD",
    }  # fmt: skip
    return {
        "privacy": {"raw": {"key_file": str(folder / "raw-key")}},
        "sources": [
            {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
            pushed("spiegel", {"as": "ocpp16", "stations": {"CP-1": "VBS-001"}}),
            station,
            pushed(
                "lezer",
                {"as": "mapping", "preset": "shelly", "aliases": {DEVICE: {"cabinet": "VBS-001"}}},
            ),
            pushed("meter", {"as": "p1", "cabinet": "VBS-001"}),
        ],
    }


def _start(card: bytes, number: int) -> list[object]:
    said = {"connectorId": 1, "idTag": card.decode(), "meterStart": number}
    at = instant(NOON + timedelta(minutes=number))
    return [2, f"start-{number}", "StartTransaction", {**said, "timestamp": at}]


def _post(service: ServiceProcess, source: str, body: bytes, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {TOKENS[source]}", "Content-Type": content_type}
    url = f"{service.url}/ingest"
    status, _, answer = request(url, method="POST", headers=headers, body=body)
    assert status == 200, answer


def _mirror(service: ServiceProcess, cards: Sequence[bytes], first: int = 0) -> None:
    frames = [
        {
            "station": "CP-1",
            "direction": "up",
            "at": instant(NOON + timedelta(minutes=number)),
            "frame": _start(card, number),
        }
        for number, card in enumerate(cards, first)
    ]
    _post(service, "spiegel", "\n".join(map(json.dumps, frames)).encode(), "application/x-ndjson")


async def _connect(service: ServiceProcess) -> None:
    secret = base64.b64encode(f"CP-2:{PASSWORD}".encode()).decode()
    async with connect(
        f"ws://127.0.0.1:{service.port}/ocpp16/kasten/CP-2",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
        additional_headers={"Authorization": f"Basic {secret}"},
        proxy=None,
    ) as socket:
        for number, card in enumerate(CONNECTED):
            await socket.send(json.dumps(_start(card, number)))
            answer = json.loads(await socket.recv())
            assert answer[0] == 3, answer


def _measure(service: ServiceProcess) -> None:
    """Devices that say a card beside their readings, in half a telegram, and as their own name."""
    for number, card in enumerate(CARDS):
        at = NOON.timestamp() + number
        method = "NotifyFullStatus" if number % 5 == 0 else "NotifyStatus"
        voltage: Tree = {"a_voltage": 230 + number, "card": card.decode()}
        said: Tree = {"src": DEVICE, "method": method, "params": {"ts": at, "em:0": voltage}}
        _post(service, "lezer", json.dumps(said).encode(), "application/json")
        unknown = {**said, "src": f"lezer-{card.decode()}"}
        _post(service, "lezer", json.dumps(unknown).encode(), "application/json")
    text = f"0-0:96.13.0({CARDS[0].hex()}{CARDS[0].decode()})"
    whole = telegram("MTR-HEAD", NOON.replace(tzinfo=None), more=[text])
    _post(service, "meter", whole[: whole.index(b"0-0:96.13.0") + 60], "text/plain")


def _report(service: ServiceProcess) -> None:
    """Canonical events: good ones with pseudonyms of their sender, and all kinds of bad ones."""
    key = secrets.token_bytes(32)
    events = []
    for number, card in enumerate(CARDS):
        at = NOON + timedelta(minutes=number)
        user = f"p1:{encode_130_bits(hashlib.blake2b(card, key=key).digest())}"
        frame = json.dumps(_start(card, number)).encode()
        raw = f"sha256:{hashlib.sha256(frame).hexdigest()}"
        session: Tree = {"sessionId": f"s-{number}", "event": "started", "startedAt": instant(at)}
        period: Tree = {"start": instant(at), "end": instant(at + timedelta(hours=1))}
        booking: Tree = {"reservationId": f"r-{number}", "state": "confirmed", "period": period}
        good = [
            event("session", "VBS-001", at, {**session, "user": user}, "1"),
            event("reservation", "VBS-001", at, {**booking, "holder": user}, "1"),
            # It waits: this cabinet was never configured.
            event("session", "VBS-999", at, {**session, "user": user}, "1"),
        ]
        events += [json.dumps({**json.loads(each), "raw": raw}).encode() for each in good]
        events += [
            event("session", "VBS-001", at, {**session, "user": card.decode()}, "1"),
            event("session", "VBS-001", at, {**session, "event": card.decode()}, "1"),
            b'{"idTag": "%s"' % card,
        ]
    status, _, answer = push(service.url, events)
    assert status == 200, answer
    counts = json.loads(answer)
    assert (counts["quarantined"], counts["rejected"]) == (10, 30)


@dataclass(frozen=True, slots=True)
class City:
    """What is there before and after the destruction.

    Attributes:
        service: it runs on.
        messages: all that was received and could be read before, around the card that was in it.
        keys: of periods, before.
        before: all there was before.
        after: all that stays, with a copy of the log from before the destruction.
        keys_after: of periods, all that stay.
    """

    service: ServiceProcess
    messages: Mapping[bytes, Sequence[Message]]
    keys: Sequence[bytes]
    before: Loot
    after: Loot
    keys_after: Sequence[bytes]


def _key_directory(service: ServiceProcess) -> KeyDirectory:
    return KeyDirectory(Path(f"{service.log_path}.keys"), KeyPeriod.MONTH, 1, SystemClock())


def _read(service: ServiceProcess) -> Iterator[Raw]:
    """All that was received, as who has the keys reads it."""
    vault = PeriodVault(
        _key_directory(service), KeyPeriod.MONTH, [bytes.fromhex(RAW_KEY)], secrets.token_bytes
    )
    with closing(SqliteLogReader(service.log_path, service.url)) as reader:
        for source in ("http:{}:spiegel", "http:{}:lezer", "http:{}:meter", "ocpp16:{}:kasten"):
            for _, row in reader.raws(source.format(TENANT), 1_000):
                yield vault.unseal(row.digest, row.body)
        for rejection in reader.rejections(1_000):
            refused = vault.unseal_refused(rejection.payload)
            yield Raw.of(refused.payload, {})
            yield Raw.of(refused.reason.encode(), {})


def _around(raws: Sequence[Raw]) -> dict[bytes, list[Message]]:
    found: dict[bytes, list[Message]] = {card: [] for card in CARDS}
    for raw in raws:
        for card in CARDS:
            message = Message.around(card, raw.payload, raw.attributes)
            if message is not None and message not in found[card]:
                found[card].append(message)
    return found


def _loot(service: ServiceProcess, *logs: Path) -> Loot:
    held = (held_by(log, service.url, STREAMS) for log in (service.log_path, *logs))
    return Loot(chain(files_below(service.directory), *held))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city")
    environment = {"TEST_STATIONS_PASSWORD": PASSWORD}
    with running_service(folder, overrides=_settings(folder), environment=environment) as service:
        long_ago = NOON - timedelta(days=1)
        assert push(service.url, [configuration(f"VBS-00{n}", long_ago) for n in (1, 2)])[0] == 200
        _mirror(service, MIRRORED)
        asyncio.run(_connect(service))
        _measure(service)
        _report(service)
        # A gateway that sends canonical events may say the digest of the frame itself.
        frames = [json.dumps(_start(card, n)).encode() for n, card in enumerate(CARDS)]
        received = [*_read(service), *(Raw.of(frame, {}) for frame in frames)]
        messages = _around(received)
        keys = list(_key_directory(service).present()[1:])
        assert run_command(service, "backup", str(folder / "copy")).exit_code == 0
        before = _loot(service)

        done = run_command(service, "pseudonyms", "destroy", "--before", "9999-12")
        assert done.output.startswith("destroyed: "), done
        # It runs on, with a new key.
        _mirror(service, CARDS[:1], first=30)
        assert run_command(service, "backup", str(folder / "later")).exit_code == 0
        running = _loot(service, folder / "copy" / LOG_NAME, folder / "later" / LOG_NAME)
        keys_after = list(_key_directory(service).present()[1:])
        yield City(service, messages, keys, before, running, keys_after)


def _candidates(count: int) -> list[bytes]:
    """Cards to try, the right ones among them."""
    return [*invented_cards(count - len(CARDS), 2), *CARDS]


def _qualifiers() -> list[bytes]:
    period = f"{NOON:%Y-%m}".encode()
    source = f"http:{TENANT}:spiegel".encode()
    return [TENANT.encode(), b"\x1f".join((TENANT.encode(), period)), source, b"CP-1", b"idTag"]


def _given() -> list[bytes]:
    """Secrets of the operator, which stay."""
    identity = IDENTITY_SECRET.encode()
    texts = (identity, RAW_KEY.encode(), PUSH_TOKEN.encode(), STREAM_TOKEN.encode())
    return [*texts, bytes.fromhex(RAW_KEY), hashlib.blake2b(identity).digest()]


def test_every_way_in_that_has_a_card_is_tried(city: City) -> None:
    sizes = {card: len(messages) for card, messages in city.messages.items()}
    assert min(sizes.values()) >= 6, sizes


def test_before_the_destruction_all_ten_are_found_with_the_keys(city: City) -> None:
    """So what is tried afterwards is what finds them."""
    candidates = _candidates(SOME)
    found = by_keys(city.before, city.keys, _qualifiers(), [], candidates)
    assert found == set(CARDS), "by their pseudonyms"
    by_messages: set[bytes] = set()
    for card, messages in city.messages.items():
        by_messages |= by_keys(city.before, city.keys, (), messages, [card])
    assert by_messages == set(CARDS), "by the digests of the messages"


def test_nothing_was_ever_readable(city: City) -> None:
    assert city.before.readable(CARDS) == set()
    assert city.after.readable(CARDS) == set()


def test_nobody_reads_what_stays(city: City) -> None:
    with pytest.raises(KeyDestroyed):
        list(_read(city.service))


def test_a_million_cards_are_tried_in_vain(city: City) -> None:
    """P11: with all that stays, no guess of a card can be confirmed."""
    candidates = _candidates(GUESSES)
    assert by_the_bare_card(city.after, candidates) == set()
    every = [message for messages in city.messages.values() for message in messages]
    share = len(candidates) // len(every)
    for number, message in enumerate(every):
        tried = (*candidates[number * share : (number + 1) * share], *CARDS)
        assert by_the_message(city.after, message, tried) == set()


def test_no_key_that_stays_helps(city: City) -> None:
    """P11: neither the secrets of the operator nor the keys of what came after."""
    keys = [*_given(), *city.keys_after]
    assert city.keys_after
    assert set(city.keys_after).isdisjoint(city.keys)
    candidates = set(_candidates(SOME)) - {CARDS[0]}  # who came back afterwards is known again
    assert by_keys(city.after, keys, _qualifiers(), [], candidates) == set()
    for card, messages in city.messages.items():
        assert by_keys(city.after, keys, (), messages, [card]) == set()
