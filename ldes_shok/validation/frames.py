"""The messages between the service and pyshacl's process: frames of msgpack over two pipes.

A frame is four bytes of length, big-endian, and that many bytes. The first frame is `Setup`,
answered by `ShapesReady`. After that one `JudgeAnswer` answers each `Question`, in order.
"""

from __future__ import annotations

from typing import BinaryIO, Final

import msgspec

from ldes_shok.ldes.member import Triple

LENGTH_BYTES: Final = 4


class ShapeText(msgspec.Struct, frozen=True):
    """A stream's shape: see `ldes_shok.validation.shapes.StreamShape`."""

    iri: str
    triples: tuple[Triple, ...]
    prefixes: dict[str, str]


class Setup(msgspec.Struct, frozen=True):
    """The shapes by stream, sent once."""

    shapes: dict[str, ShapeText]


class ShapesReady(msgspec.Struct, frozen=True):
    """Whether pyshacl accepts the shapes; `problem` is empty when it does."""

    problem: str = ""


class Question(msgspec.Struct, frozen=True):
    """One member to judge: see `Judge.judge`."""

    stream: str
    iri: str
    triples: tuple[Triple, ...]


class JudgeAnswer(msgspec.Struct, frozen=True):
    """A verdict; with a `failure` there is no verdict, and `failure` is the reason."""

    conforms: bool = False
    report: str = ""
    sentence: str = ""
    failure: str = ""


def framed(body: bytes) -> bytes:
    """The frame of a body."""
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def read_frame(file: BinaryIO) -> bytes | None:
    """The body of the next frame; None when the other process is gone."""
    head = file.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    body = file.read(length)
    return body if len(body) == length else None
