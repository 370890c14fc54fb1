"""The authority behind a pipe: pyshacl runs in a process of its own (`worker`)."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import msgspec

from ldes_shok.errors import NotJudged, ValidationUnavailable
from ldes_shok.ldes.member import Triple
from ldes_shok.validation.frames import JudgeAnswer, Question, Setup, ShapesReady, ShapeText
from ldes_shok.validation.process import WORKER, WorkerGone, WorkerProcess, WorkerSilent
from ldes_shok.validation.shapes import Shapes
from ldes_shok.validation.verdict import Verdict

Then = Callable[[Verdict], None]
"""Called with the verdict of a sample, on this judge's own thread."""
Problem = Callable[[str], None]
"""Called with the reason of a restart of the process, or of a missing verdict."""

_ATTEMPTS: Final = 2
_CLOSED: Final = "the validation has been closed"


@dataclass(frozen=True, slots=True)
class JudgeTimeouts:
    """How long the process may be silent, in seconds, and how many samples may wait for it."""

    start_seconds: float = 60.0
    answer_seconds: float = 20.0
    samples: int = 1_000


@dataclass(frozen=True, slots=True)
class _Sample:
    question: Question
    then: Then


class RemoteJudge:
    """Asks pyshacl in another process. Safe for several threads.

    The process starts in the background. When it dies, it is started again and gets the question
    once more. When it dies on the same question again, the member is not judged. Members of the
    pipeline go before samples.
    """

    def __init__(
        self,
        shapes: Shapes,
        environment: Mapping[str, str],
        on_problem: Problem,
        patience: JudgeTimeouts | None = None,
        command: Sequence[str] = WORKER,
    ) -> None:
        """Start the process, without waiting for it.

        Args:
            shapes: the streams' shapes, sent to the process.
            environment: of this process.
            on_problem: called with each problem, on this judge's own thread.
            patience: how long to wait.
            command: the program to start; tests pass another one.
        """
        self._streams = frozenset(shapes.streams)
        self._setup = msgspec.msgpack.encode(
            Setup(
                {
                    stream: ShapeText(shape.iri, shape.triples, dict(shape.prefixes))
                    for stream, shape in shapes.by_stream.items()
                }
            )
        )
        self._environment = dict(environment)
        self._on_problem = on_problem
        self._patience = patience or JudgeTimeouts()
        self._command = tuple(command)
        self._worker: WorkerProcess | None = None
        self._urgent: deque[tuple[Question, Future[Verdict]]] = deque()
        self._samples: deque[_Sample] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="authority", daemon=True)
        self._thread.start()

    def judge(self, stream: str, iri: str, triples: Sequence[Triple]) -> Verdict:
        """See `Judge.judge`.

        Raises:
            NotJudged: pyshacl fails on this member, so it may not be published.
            ValidationUnavailable: no process can answer now.
        """
        self._know(stream)
        future: Future[Verdict] = Future()
        with self._changed:
            if self._is_closed:
                raise ValidationUnavailable(_CLOSED)
            self._urgent.append((Question(stream, iri, tuple(triples)), future))
            self._changed.notify()
        return future.result()

    def submit(self, stream: str, iri: str, triples: Sequence[Triple], then: Then) -> bool:
        """Have a member judged when there is time; False when too many wait already."""
        self._know(stream)
        with self._changed:
            if self._is_closed or len(self._samples) >= self._patience.samples:
                return False
            self._samples.append(_Sample(Question(stream, iri, tuple(triples)), then))
            self._changed.notify()
        return True

    def close(self) -> None:
        """End the process. Waiting callers get ValidationUnavailable; samples are dropped."""
        with self._changed:
            self._is_closed = True
            self._samples.clear()
            if self._worker is not None:
                self._worker.stop()
            self._changed.notify()
        self._thread.join()

    def _know(self, stream: str) -> None:
        if stream not in self._streams:
            raise KeyError(stream)

    def _run(self) -> None:
        try:
            self._start()
        except WorkerGone as error:
            self._tell(str(error))
        while (job := self._next()) is not None:
            if isinstance(job, _Sample):
                self._judge_sample(job)
            else:
                self._judge_urgent(*job)
        self._let_go()

    def _tell(self, problem: str) -> None:
        if not self._is_closed:
            self._on_problem(problem)

    def _next(self) -> tuple[Question, Future[Verdict]] | _Sample | None:
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._samples or self._is_closed)
            if self._urgent:
                return self._urgent.popleft()
            return self._samples.popleft() if self._samples else None

    def _judge_urgent(self, question: Question, future: Future[Verdict]) -> None:
        try:
            future.set_result(self._ask(question))
        except BaseException as error:  # noqa: BLE001  the caller gets it
            future.set_exception(error)

    def _judge_sample(self, sample: _Sample) -> None:
        try:
            verdict = self._ask(sample.question)
        except (NotJudged, ValidationUnavailable) as error:
            self._tell(f"{sample.question.iri} was not judged again: {error}")
            return
        sample.then(verdict)

    def _ask(self, question: Question) -> Verdict:
        try:
            body = msgspec.msgpack.encode(question)
        except UnicodeEncodeError as error:
            raise NotJudged(f"{question.iri}: not text: {error}") from error
        answer = msgspec.msgpack.decode(self._answer_to(body), type=JudgeAnswer)
        if answer.failure:
            raise NotJudged(f"pyshacl failed: {answer.failure}")
        return Verdict(answer.conforms, answer.report, answer.sentence)

    def _answer_to(self, body: bytes) -> bytes:
        reason = ""
        for _ in range(_ATTEMPTS):
            try:
                worker = self._start()
            except WorkerGone as error:
                self._tell(str(error))
                raise ValidationUnavailable(f"pyshacl's process is not there: {error}") from error
            try:
                return worker.exchange(body, self._patience.answer_seconds)
            except WorkerGone as error:
                reason = str(error)
                self._let_go()
                self._tell(reason)
                if isinstance(error, WorkerSilent):
                    break  # it would only be silent again
        if self._is_closed:
            raise ValidationUnavailable(_CLOSED)
        raise NotJudged(f"pyshacl's process gave no verdict: {reason}")

    def _start(self) -> WorkerProcess:
        """Start the process; returns it when it is ready for questions."""
        if self._worker is not None:
            return self._worker
        with self._changed:
            if self._is_closed:
                raise WorkerGone(_CLOSED)
            self._worker = WorkerProcess(self._command, self._environment)
        try:
            reply = self._worker.exchange(self._setup, self._patience.start_seconds)
            ready = msgspec.msgpack.decode(reply, type=ShapesReady)
            if ready.problem:
                raise WorkerGone(ready.problem)  # noqa: TRY301  as if it had died
        except WorkerGone:
            self._let_go()
            raise
        return self._worker

    def _let_go(self) -> None:
        with self._changed:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
