"""pyshacl in a process of its own: `python -m ldes_shok.validation.worker`, started by `remote`.

It keeps three things out of the service: 60 MB of libraries, their hold of the interpreter, and
pyshacl's switch for the making of literals. It ends when its standard input ends, so it does not
outlive the service. A signal to the whole process group does not end it before the service has
drained.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import BinaryIO

import msgspec

from ldes_shok.validation.frames import (
    JudgeAnswer,
    Question,
    Setup,
    ShapesReady,
    framed,
    read_frame,
)
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.stream_shape import StreamShape
from ldes_shok.validation.trial import try_out


def main() -> int:
    """Answer questions until the service is gone; returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # The output of a library must not get between the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        # Closing flushes: it may fail just as a write does.
        with answers:
            serve(sys.stdin.buffer, answers)
    except BrokenPipeError:
        return 1
    return 0


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Read the shapes, then judge until there are no more questions."""
    setup = read_frame(questions)
    if setup is None:
        return
    shapes = _shapes(msgspec.msgpack.decode(setup, type=Setup))
    problem = _problem(shapes)
    _send(answers, ShapesReady(problem))
    if problem:
        return
    judge = ShaclJudge(shapes)
    decoder = msgspec.msgpack.Decoder(Question)
    while (body := read_frame(questions)) is not None:
        _send(answers, _answer(judge, decoder.decode(body)))


def _shapes(setup: Setup) -> Shapes:
    return Shapes(
        {
            stream: StreamShape(shape.iri, shape.triples, b"", shape.prefixes)
            for stream, shape in setup.shapes.items()
        }
    )


def _problem(shapes: Shapes) -> str:
    try:
        for shape in shapes.by_stream.values():
            try_out(shape)
    except Exception as error:  # noqa: BLE001  pyshacl, rdflib and re each have their own errors
        return f"pyshacl cannot use the shapes: {error}"
    return ""


def _answer(judge: ShaclJudge, question: Question) -> JudgeAnswer:
    try:
        verdict = judge.judge(question.stream, question.iri, question.triples)
    except Exception as error:  # noqa: BLE001  a defect must not end this process
        return JudgeAnswer(failure=f"{type(error).__name__}: {error}")
    return JudgeAnswer(verdict.conforms, verdict.report, verdict.sentence)


def _send(file: BinaryIO, message: msgspec.Struct) -> None:
    file.write(framed(msgspec.msgpack.encode(message)))
    file.flush()


if __name__ == "__main__":
    sys.exit(main())
