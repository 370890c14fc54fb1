"""Bodies that mean harm: bombs, depth, numbers, names; no memory, no time, no 5xx."""

from __future__ import annotations

import gzip
import json
import re
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.security.conftest import CABINET, NOON, PLANTED
from tests.support.events import measurement, status
from tests.support.patience import HANG_SECONDS
from tests.support.raw import ask, connected, post, status_of
from tests.support.service import ServiceProcess, push

pytestmark = pytest.mark.integration

TOKEN: Final = PLANTED["TEST_PUSH_TOKEN"]
MEGABYTE: Final = 1_000_000
MOST_GROWTH_BYTES: Final = 80 * MEGABYTE
"""What one service may grow by in all of these: some bodies of 5 MB, and the pieces they make."""


def peak_bytes(pid: int) -> int:
    """The most memory that a process ever had (VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1_024


@pytest.fixture(autouse=True)
def memory(service: ServiceProcess, undisturbed: None) -> Iterator[None]:
    """No single test here makes the service grow by more than a few bodies."""
    del undisturbed
    before = peak_bytes(service.pid)
    yield
    assert peak_bytes(service.pid) - before < MOST_GROWTH_BYTES


def bomb(size_bytes: int, inside: bytes = b" ") -> bytes:
    """gzip of `size_bytes` bytes, made without having them."""
    packer = zlib.compressobj(9, wbits=31)
    piece = inside * (MEGABYTE // len(inside))
    pieces = [packer.compress(piece) for _ in range(size_bytes // MEGABYTE)]
    return b"".join([*pieces, packer.flush()])


# ------------------------------------------------------------------------------ content coding


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_coded_body_is_read(service: ServiceProcess, coding: str) -> None:
    event = status(CABINET, NOON, occupancy="reserved")
    body = gzip.compress(event) if coding == "gzip" else zlib.compress(event)
    answer = ask(service.port, post(body, TOKEN, {"Content-Encoding": coding}))
    assert status_of(answer) == 200


@pytest.mark.parametrize(
    "inside",
    [b" ", b"\n", b"{}\n", b"[", b"0"],
    ids=["spaces", "lines", "events", "depth", "digits"],
)
def test_a_bomb_is_cut_off_at_what_a_body_may_have(service: ServiceProcess, inside: bytes) -> None:
    """The limit counts after decompression: 80 MB out of 80 kB is 413, and never in memory."""
    body = bomb(80 * MEGABYTE, inside)
    assert len(body) < MEGABYTE
    for type_ in ("application/json", "application/x-ndjson"):
        headers = {"Content-Encoding": "gzip", "Content-Type": type_}
        assert status_of(ask(service.port, post(body, TOKEN, headers))) in {0, 413}


def test_a_bomb_in_chunks_is_cut_off_too(service: ServiceProcess) -> None:
    body = bomb(80 * MEGABYTE)
    chunks = [body[at : at + 8_192] for at in range(0, len(body), 8_192)]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    headers = {"Content-Length": "", "Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}
    assert status_of(ask(service.port, post(chunked, TOKEN, headers))) in {0, 413}


def test_a_body_without_an_end_is_cut_off(service: ServiceProcess) -> None:
    """Chunks for ever: refused at the limit, whatever was promised."""
    headers = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    with connected(service.port) as connection:
        connection.sendall(post(b"", TOKEN, headers))
        chunk = b"186a0\r\n" + b" " * 100_000 + b"\r\n"
        sent = 0
        try:
            while sent < 500 and not has_answer(connection):
                connection.sendall(chunk)
                sent += 1
        except (ConnectionError, TimeoutError):
            pass
        assert sent < 500


def has_answer(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(HANG_SECONDS)


@pytest.mark.parametrize(
    ("coding", "body", "code"),
    [
        pytest.param("gzip", b"nothing of the kind", 400, id="no gzip"),
        pytest.param("gzip", gzip.compress(measurement(CABINET, NOON))[:-20], 400, id="cut off"),
        pytest.param("gzip", b"", 400, id="empty"),
        pytest.param("br", b"\x0b\x02\x80{}\x03", 415, id="brotli"),
        pytest.param("zstd", b"x", {400, 415}, id="zstd"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(b"{}")), 415, id="twice"),
        pytest.param("x" * 1_000, b"{}", 415, id="unknown"),
        pytest.param("identity", b"{}", 200, id="none"),
    ],
)
def test_other_codings_are_refused(
    service: ServiceProcess, coding: str, body: bytes, code: int | set[int]
) -> None:
    answer = ask(service.port, post(body, TOKEN, {"Content-Encoding": coding}))
    assert status_of(answer) in ({code} if isinstance(code, int) else code)


def test_a_length_that_is_too_large_is_not_waited_for(service: ServiceProcess) -> None:
    """413 from the announcement alone, before any of it came."""
    for length in (5_000_001, 10**12, 10**18):
        answer = ask(service.port, post(b"", TOKEN, {"Content-Length": str(length)}))
        assert status_of(answer) == 413


def test_without_a_token_nothing_is_read(service: ServiceProcess) -> None:
    """401 from the head alone, however large the body says it is."""
    answer = ask(service.port, post(b"", "wrong", {"Content-Length": "4000000"}))
    assert status_of(answer) == 401


# -------------------------------------------------------------------------------- JSON itself


DEEP: Final = 100_000
HOSTILE_JSON: Final = {
    "depth of arrays": b"[" * DEEP + b"]" * DEEP,
    "depth of objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "depth that is never closed": b'{"a":[' * DEEP,
    "brackets in a text": b'{"a":"' + b"[{" * 1_000_000 + b'"}',
    "quotes": b'{"a":"' + b'\\"' * 1_000_000 + b'"}',
    "an open text": b'{"a":"' + b"\\" * 2_000_001,
    "a long number": b'{"v":' + b"9" * 1_000_000 + b"}",
    "a large exponent": b'{"v":1e999999999}',
    "a small exponent": b'{"v":1e-999999999}',
    "a million names": b"{" + b",".join(b'"%d":1' % n for n in range(300_000)) + b"}",
    "one name many times": b"{" + b",".join([b'"v":1'] * 500_000) + b"}",
    "names that collide": b"{" + b",".join(b'"\\u0000%d":1' % n for n in range(100_000)) + b"}",
    "a long name": b'{"' + b"a" * 3_000_000 + b'":1}',
    "a long text": b'{"cabinet":"' + b"a" * 3_000_000 + b'"}',
    "half a surrogate": b'{"cabinet":"\\ud800"}',
    "NUL": b'{"cabinet":"\x00"}',
    "NaN": b'{"v":NaN}',
    "__proto__": b'{"__proto__":{"v":1},"__class__":"os.system"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"v":1}'.encode("utf-16"),
    "UTF-7": b"+AHs-+ACI-v+ACI-:1+AH0-",
    "overlong": b'{"cabinet":"\xc0\xae\xc0\xae/"}',
    "not a value": b"undefined",
    "XML": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "YAML": b"!!python/object/apply:os.system ['true']",
    "pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93.",
}


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
@pytest.mark.parametrize("what", HOSTILE_JSON)
def test_hostile_json_is_refused_and_its_neighbour_is_not(
    service: ServiceProcess, what: str, content_type: str
) -> None:
    """400, or 200 with the event rejected; never a 5xx; the event beside it goes through."""
    hostile = HOSTILE_JSON[what]
    alone = ask(service.port, post(hostile, TOKEN, {"Content-Type": content_type}))
    assert status_of(alone) in {200, 400, 413}
    if content_type.endswith("ndjson") and b"\n" not in hostile:
        answered, _, body = push(service.url, [hostile, measurement(CABINET, NOON)], token=TOKEN)
        assert answered == 200
        first, second = json.loads(body)["results"]
        assert (first["outcome"], first["members"]) == ("rejected", [])
        assert len(first["reason"]) < 1_000
        assert second["outcome"] in {"published", "duplicate"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"1000.5"', b'"' + b"9" * 5_000 + b'"', id="digits in a decimal"),
        pytest.param(b'"1000.5"', b'"1e9"', id="an exponent in a decimal"),
        pytest.param(b'"1000.5"', '"١٢٣"'.encode(), id="digits of another script"),
        pytest.param(b"2026-05-12T12", b"9999-12-31T24", id="an hour that is none"),
        pytest.param(b"2026-05-12", b"0000-01-01", id="the year 0"),
        pytest.param(b'"v": 1', b'"v": 1.0', id="another version"),
        pytest.param(b'"v": 1', b'"v": 18446744073709551617', id="one more than 64 bits"),
    ],
)
def test_a_value_beyond_all_bounds_is_rejected(
    service: ServiceProcess, old: bytes, new: bytes
) -> None:
    event = measurement(CABINET, NOON)
    assert old in event
    answered, _, body = push(service.url, [event.replace(old, new)], token=TOKEN)
    (result,) = json.loads(body)["results"]
    assert (answered, result["outcome"]) == (200, "rejected")
