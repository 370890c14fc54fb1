"""The real npm `ldes-client`, the one that cities and platforms run, as a process of its own.

Always with `--concurrent 1`: from two requests at once on, version 0.3.0 now and then closes its
queue early and reports success with members missing, whatever the server does.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyoxigraph

from tests.conftest import CLIENTS

Order = Literal["none", "ascending"]
Graph = frozenset[str]
"""A member's triples as N-Triples lines, its blank nodes named canonically."""

_PROGRAM: Final = CLIENTS / "node_modules" / "ldes-client" / "dist" / "bin" / "cli.js"
_GENERATED_AT: Final = pyoxigraph.NamedNode("http://www.w3.org/ns/prov#generatedAtTime")
_TREE_MEMBER: Final = pyoxigraph.NamedNode("https://w3id.org/tree#member")
_RUN_SECONDS: Final = 100.0
_POLL_SECONDS: Final = 0.05
_STOP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Emitted:
    """One member as the client emitted it."""

    iri: str
    published: str
    graph: Graph


@dataclass(frozen=True, slots=True)
class Replica:
    """What one run of the client emitted, in its order."""

    members: tuple[Emitted, ...]

    @property
    def iris(self) -> list[str]:
        """The members' IRIs, in order."""
        return [member.iri for member in self.members]

    @property
    def twice(self) -> list[str]:
        """Members that were emitted more than once."""
        return [iri for iri, count in Counter(self.iris).items() if count > 1]

    @property
    def graphs(self) -> Mapping[str, Graph]:
        """Each member's triples by its IRI."""
        return {member.iri: member.graph for member in self.members}


def replicate(url: str, *, ordered: Order = "none", state: Path | None = None) -> Replica:
    """Run the client once, to its end.

    Args:
        url: an event stream, a root node or any node.
        ordered: how the client orders what it emits.
        state: a folder that the client keeps its state in, to resume from.

    Raises:
        RuntimeError: it failed; holds what it said.
    """
    command = _command(url, "--ordered", ordered, *(("--save", str(state)) if state else ()))
    done = subprocess.run(
        command, capture_output=True, timeout=_RUN_SECONDS, check=False, env=_environment()
    )
    said = done.stderr.decode(errors="replace")
    # A failed request ends a run with exit code 0 too: only the log tells.
    if done.returncode != 0 or "error" in said.lower():
        raise RuntimeError(f"ldes-client {url} ended with {done.returncode}:\n{said}")
    return Replica(tuple(_members(done.stdout)))


class Follower:
    """A client that stays in sync."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, errors: Path) -> None:
        self._process = process
        self._output = output
        self._errors = errors

    def replica(self) -> Replica:
        """What it has emitted until now; a block that it is writing is left out."""
        complete, found, _ = self._output.read_bytes().rpartition(b"\n\n")
        return Replica(tuple(_members(complete + found)))

    def wait_for(self, iris: Iterable[str], seconds: float = 60.0) -> Replica:
        """Return as soon as all `iris` are emitted, or at the latest after `seconds`."""
        wanted = set(iris)
        deadline = time.monotonic() + seconds
        while True:
            alive = self._process.poll() is None
            replica = self.replica()
            if wanted <= set(replica.iris) or not alive or time.monotonic() > deadline:
                return replica
            time.sleep(_POLL_SECONDS)

    def log(self) -> str:
        """What it said about itself."""
        return self._errors.read_text(errors="replace")


@contextmanager
def following(url: str, directory: Path, *, poll_milliseconds: int = 300) -> Iterator[Follower]:
    """A client that follows `url` for the time of a test; its files are kept in `directory`."""
    output, errors = directory / "followed.nt", directory / "followed.log"
    command = _command(url, "--follow", "--poll-interval", str(poll_milliseconds))
    with output.open("wb") as to_output, errors.open("wb") as to_errors:
        process = subprocess.Popen(
            command, stdout=to_output, stderr=to_errors, env=_environment()
        )
    try:
        yield Follower(process, output, errors)
    finally:
        process.kill()
        process.wait(timeout=_STOP_SECONDS)


def graph_of(block: bytes) -> tuple[str, Graph]:
    """The IRI and the triples of one member, given as N-Triples or as the client writes it.

    `tree:member` is left out: it is not of the member. Blank nodes are named canonically, so
    that equal graphs are equal sets.
    """
    dataset = pyoxigraph.Dataset(
        pyoxigraph.Quad(quad.subject, quad.predicate, quad.object)
        for quad in pyoxigraph.parse(block, format=pyoxigraph.RdfFormat.TURTLE)
        if quad.predicate != _TREE_MEMBER
    )
    (published,) = dataset.quads_for_predicate(_GENERATED_AT)
    if not isinstance(published.subject, pyoxigraph.NamedNode):
        raise TypeError(f"a member without an IRI: {published}")
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return published.subject.value, frozenset(str(quad) for quad in dataset)


def _members(output: bytes) -> Iterator[Emitted]:
    """The client prints a blank line after each member."""
    for block in output.split(b"\n\n"):
        if block.strip():
            iri, graph = graph_of(block)
            (line,) = (text for text in graph if f" {_GENERATED_AT} " in text)
            yield Emitted(iri, line.split('"')[1], graph)


def _command(url: str, *options: str) -> Sequence[str]:
    return ["node", str(_PROGRAM), "--concurrent", "1", *options, url]


def _environment() -> dict[str, str]:
    # Not the machine's zone: dates must not depend on it, and a city's machine is rarely in UTC.
    return {"PATH": os.environ.get("PATH", os.defpath), "TZ": "Europe/Brussels"}
