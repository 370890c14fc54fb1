"""pyshacl in a process of its own: its verdicts are the same, and its death passes nothing."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ldes_shok.errors import NotJudged, ValidationUnavailable
from ldes_shok.ldes.member import Triple
from ldes_shok.validation.compiled import CompiledShape
from ldes_shok.validation.fast import FastJudge
from ldes_shok.validation.process import WORKER
from ldes_shok.validation.remote import JudgeTimeouts, RemoteJudge
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes, StreamShape
from ldes_shok.validation.verdict import CONFORMS, Verdict
from tests.fixtures.members import valid_members
from tests.fixtures.mutations import MUTATIONS
from tests.support.patience import HANG_SECONDS

MEMBERS = valid_members()
KAST = MEMBERS["kast-kasten"]


class Problems(queue.SimpleQueue[str]):
    """What the judge tells of trouble."""

    def __call__(self, reason: str) -> None:
        self.put(reason)

    def next(self) -> str:
        return self.get(timeout=HANG_SECONDS)


class _PassesEverything(CompiledShape):
    """A compiled pass with a defect."""

    def conforms(self, iri: str, triples: Sequence[Triple]) -> bool:
        return bool(iri and triples)


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture(scope="module")
def trouble() -> Problems:
    return Problems()


@pytest.fixture(scope="module")
def remote(shapes: Shapes, trouble: Problems) -> Iterator[RemoteJudge]:
    judge = RemoteJudge(shapes, os.environ, trouble)
    yield judge
    judge.close()


def test_its_verdicts_are_those_of_pyshacl_here(
    remote: RemoteJudge, authority: ShaclJudge, trouble: Problems
) -> None:
    for member in MEMBERS.values():
        assert remote.judge(member.stream, member.iri, member.triples) == CONFORMS
    for mutation in MUTATIONS[::4]:
        member = MEMBERS[mutation.member]
        triples = mutation.damage(member)
        there = remote.judge(member.stream, member.iri, triples)
        here = authority.judge(member.stream, member.iri, triples)
        assert (there.conforms, there.sentence) == (False, here.sentence)
        assert mutation.names in there.sentence
        assert "sh:ValidationReport" in there.report
    assert trouble.empty()


def test_an_unknown_stream_is_a_mistake_of_the_caller(remote: RemoteJudge) -> None:
    with pytest.raises(KeyError):
        remote.judge("onbekend", KAST.iri, KAST.triples)
    with pytest.raises(KeyError):
        remote.submit("onbekend", KAST.iri, KAST.triples, lambda _: None)


def test_what_is_no_text_has_no_verdict(remote: RemoteJudge) -> None:
    with pytest.raises(NotJudged, match="not text"):
        remote.judge("kasten", KAST.iri, [("<a:b>", "<a:c>", '"\ud800"')])
    assert remote.judge("kasten", KAST.iri, KAST.triples) == CONFORMS


def test_a_sample_is_judged_in_the_background_and_a_disagreement_ends_the_fast_pass(
    remote: RemoteJudge, shapes: Shapes
) -> None:
    verdicts: queue.SimpleQueue[Verdict] = queue.SimpleQueue()
    assert remote.submit("kasten", KAST.iri, KAST.triples, verdicts.put)
    assert remote.submit("kasten", KAST.iri, KAST.triples[1:], verdicts.put)
    assert [verdicts.get(timeout=HANG_SECONDS).conforms for _ in range(2)] == [True, False]
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    judge = FastJudge(shapes, remote, 1, lambda stream, *_: told.put(stream))
    lane = judge._lanes["kasten"]
    lane.shape = _PassesEverything(shapes.source("kasten"), shapes.shape_iri("kasten"))
    assert judge.judge("kasten", KAST.iri, KAST.triples[1:]).conforms
    assert told.get(timeout=HANG_SECONDS) == "kasten"
    assert not judge.judge("kasten", KAST.iri, KAST.triples[1:]).conforms


def _pid(judge: RemoteJudge) -> int:
    assert judge._worker is not None
    return judge._worker.pid


def test_a_worker_that_was_killed_is_started_again_and_nothing_is_passed(
    shapes: Shapes, problems: Problems
) -> None:
    """A member is never passed because pyshacl's process died."""
    judge = RemoteJudge(shapes, os.environ, problems)
    try:
        assert judge.judge("kasten", KAST.iri, KAST.triples).conforms
        for _ in range(2):
            first = _pid(judge)
            os.kill(first, signal.SIGKILL)
            assert not judge.judge("kasten", KAST.iri, KAST.triples[1:]).conforms
            assert _pid(judge) != first
            assert problems.next()
    finally:
        judge.close()


def _scripted(shapes: Shapes, problems: Problems, script: str, silent: float) -> RemoteJudge:
    program = (
        "import sys, time\n"
        "from ldes_shok.validation.frames import *\n"
        "import msgspec\n"
        "def say(m): sys.stdout.buffer.write(framed(msgspec.msgpack.encode(m)));"
        " sys.stdout.buffer.flush()\n"
        "read_frame(sys.stdin.buffer)\n" + script
    )
    patience = JudgeTimeouts(answer_seconds=silent, samples=2)
    return RemoteJudge(shapes, os.environ, problems, patience, (sys.executable, "-c", program))


READY = "say(ShapesReady())\nread_frame(sys.stdin.buffer)\n"


@pytest.mark.parametrize(
    ("script", "silent", "reason", "told"),
    [
        ("sys.exit(3)", HANG_SECONDS, "ended with 3", 2),  # at the start, and when it was asked
        (READY + "sys.exit(4)", HANG_SECONDS, "ended with 4", 2),  # at both attempts
        (READY + "sys.stdin.buffer.read()", 0.05, "said nothing", 1),
        ("say(ShapesReady('pyshacl cannot use it'))", HANG_SECONDS, "pyshacl cannot use it", 2),
        (
            READY + "say(JudgeAnswer(failure='boom'))\nread_frame(sys.stdin.buffer)",
            HANG_SECONDS,
            "boom",
            0,
        ),
    ],
)
def test_without_a_verdict_nothing_conforms(
    shapes: Shapes, problems: Problems, script: str, silent: float, reason: str, told: int
) -> None:
    """A member is never passed because pyshacl's process died."""
    judge = _scripted(shapes, problems, script, silent)
    # Where it was ready to judge, the member is to blame, and only that one is held back.
    error = NotJudged if READY in script else ValidationUnavailable
    try:
        with pytest.raises(error, match=reason):
            judge.judge("kasten", KAST.iri, KAST.triples)
        assert all(reason in problems.next() for _ in range(told))
        assert problems.empty()
    finally:
        judge.close()
    with pytest.raises(ValidationUnavailable, match="closed"):
        judge.judge("kasten", KAST.iri, KAST.triples)


def test_a_program_that_is_not_there_is_told(shapes: Shapes, problems: Problems) -> None:
    judge = RemoteJudge(shapes, os.environ, problems, command=("/nonexistent/python",))
    assert "cannot be started" in problems.next()
    with pytest.raises(ValidationUnavailable, match="cannot be started"):
        judge.judge("kasten", KAST.iri, KAST.triples)
    judge.close()


def test_samples_are_bounded_and_dropped_at_the_end(shapes: Shapes, problems: Problems) -> None:
    judge = _scripted(shapes, problems, "sys.stdin.buffer.read()", HANG_SECONDS)
    heard: list[Verdict] = []
    taken = [judge.submit("kasten", KAST.iri, KAST.triples, heard.append) for _ in range(4)]
    assert taken == [True, True, False, False]
    judge.close()  # at once, though the process never said that it was ready
    assert not judge.submit("kasten", KAST.iri, KAST.triples, heard.append)
    assert heard == []
    assert problems.empty()


def test_a_worker_does_not_outlive_the_service(shapes: Shapes) -> None:
    """Its standard input ends, and so does it."""
    shape = shapes.by_stream["kasten"]
    program = (
        "import os, sys, pathlib\n"
        "from ldes_shok.validation.remote import RemoteJudge\n"
        "from ldes_shok.validation.shapes import Shapes\n"
        "judge = RemoteJudge(Shapes.load(pathlib.Path(sys.argv[1]), sys.argv[2]), os.environ,"
        " print)\n"
        "assert not judge.judge('kasten', 'urn:x', [('<a:b>', '<a:c>', '<a:d>')]).conforms\n"
        "print(judge._worker.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    base = shape.iri.removesuffix("/shapes/kasten")
    command = [sys.executable, "-c", program, str(Path(__file__).parents[3] / "shapes"), base]
    done = subprocess.run(command, capture_output=True, check=False, timeout=HANG_SECONDS)
    assert done.returncode == -signal.SIGKILL
    # Its end of our pipe is closed when it is gone: `run` came back, so it is.
    assert int(done.stdout) > 0
    assert b"Traceback" not in done.stderr


def test_the_worker_takes_no_secrets_and_heeds_no_signal_before_the_end(
    shapes: Shapes, problems: Problems
) -> None:
    judge = RemoteJudge(shapes, {**os.environ, "LDES_SHOK_PUSH_TOKEN": "hush"}, problems)
    try:
        assert judge.judge("kasten", KAST.iri, KAST.triples).conforms
        first = _pid(judge)
        assert b"hush" not in Path(f"/proc/{first}/environ").read_bytes()
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(first, number)
        assert judge.judge("kasten", KAST.iri, KAST.triples).conforms
        assert _pid(judge) == first
        assert problems.empty()
    finally:
        judge.close()
    assert not Path(f"/proc/{first}").exists()


def test_shapes_that_pyshacl_cannot_use_are_told(problems: Problems) -> None:
    sh = "http://www.w3.org/ns/shacl#"
    triples = (
        ("<urn:s>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", f"<{sh}NodeShape>"),
        ("<urn:s>", f"<{sh}pattern>", '"("'),
    )
    shapes = Shapes({"proef": StreamShape("urn:s", triples, b"", {})})
    judge = RemoteJudge(shapes, os.environ, problems)
    assert "pyshacl cannot use the shapes" in problems.next()
    with pytest.raises(ValidationUnavailable, match="cannot use the shapes"):
        judge.judge("proef", "urn:m", ())
    judge.close()


def test_the_worker_is_a_module_of_ours() -> None:
    assert WORKER[0] == sys.executable
    assert WORKER[-1] == "ldes_shok.validation.worker"
