"""The real npm `ldes-client`, the one that cities and platforms run, as a process of its own.

Always with `--concurrent 1`: with two requests at once and more, version 0.3.0 now and then closes
its queue early and reports success with members missing, whatever the server does.

With one request at a time it still does so when it resumes in order on a busy machine (6 of 96 runs
on two processors): it moves a page from the list of what is to do to the list of what is under way
in two writes that are not one, sees both lists empty in between, and ends before it asks for a page
that it has found. Its own log tells such a run from one in which the server lacked something, so
such a run, and no other, is done again from the state that it began with.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tests.conftest import CLIENTS
from tests.support.graphs import Graph, MemberGraph, member_graph
from tests.support.patience import HANG_SECONDS, until

Order = Literal["none", "ascending"]

_PROGRAM: Final = CLIENTS / "node_modules" / "ldes-client" / "dist" / "bin" / "cli.js"
_BETWEEN_MEMBERS: Final = b"\n\n"
_POLL_SECONDS: Final = 0.05
_MOST_RUNS: Final = 6
_COLOUR: Final = re.compile(r"\x1b\[\d+m")
_FOUND: Final = re.compile(r"Relation found (\S+)|Found relation leading to (\S+)")
_TAKEN: Final = re.compile(r"Paged? fetched (\S+)|previously fetched immutable page: (\S+)")
_DETAIL: Final = re.compile(r"\] (?:debug|verbose|silly): ")


@dataclass(frozen=True, slots=True)
class Replica:
    """What one run of the client emitted, in its order."""

    members: tuple[MemberGraph, ...]

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


def replicate(
    url: str,
    *,
    ordered: Order = "none",
    state: Path | None = None,
    basic_auth: str | None = None,
) -> Replica:
    """Run the client once, to its end.

    Args:
        url: an event stream, a root node or any other node.
        ordered: how the client orders what it emits.
        state: a folder that the client keeps its state in, to resume from.
        basic_auth: a user name and a password, with a colon; the only credentials that it knows.

    Raises:
        RuntimeError: it failed, or closed early each time; holds what it said.
    """
    kept = ("--save", str(state)) if state else ()
    shown = ("--basic-auth", basic_auth) if basic_auth else ()
    command = _command(url, "--ordered", ordered, *kept, *shown)
    said = ""
    with _as_it_began(state) as put_back:
        for _ in range(_MOST_RUNS):
            done = subprocess.run(
                command,
                capture_output=True,
                timeout=HANG_SECONDS,
                check=False,
                env=_environment() | {"LOG_LEVEL": "debug"},
            )
            said = _COLOUR.sub("", done.stderr.decode(errors="replace"))
            told = "\n".join(line for line in said.splitlines() if not _DETAIL.search(line))
            # A request that failed can end a run with exit code 0: only what it says tells.
            if done.returncode != 0 or "error" in told.lower():
                raise RuntimeError(f"ldes-client {url} ended with {done.returncode}:\n{told}")
            if not pages_left(said):
                return Replica(tuple(_members(done.stdout)))
            put_back()
    raise RuntimeError(f"ldes-client {url} closed early {_MOST_RUNS} times:\n{said}")


def pages_left(log: str) -> set[str]:
    """The pages that the client found and neither fetched nor knew when it ended.

    Args:
        log: what it said at the level `debug`, without colours.
    """
    return _pages(_FOUND, log) - _pages(_TAKEN, log)


def _pages(said: re.Pattern[str], log: str) -> set[str]:
    return {page for match in said.finditer(log) for page in match.groups() if page}


@contextmanager
def _as_it_began(state: Path | None) -> Iterator[Callable[[], None]]:
    """Keep a copy of the client's state; the function that it gives puts it back."""
    if state is None:
        yield lambda: None
        return
    copy = state.with_name(f"{state.name}.before")
    shutil.rmtree(copy, ignore_errors=True)
    if state.exists():
        shutil.copytree(state, copy)

    def put_back() -> None:
        shutil.rmtree(state)
        if copy.exists():
            shutil.copytree(copy, state)

    yield put_back


class Follower:
    """A client that stays in sync."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, errors: Path) -> None:
        self._process = process
        self._output = output
        self._errors = errors

    def replica(self) -> Replica:
        """What it has emitted until now; a member that it is writing is left out."""
        whole, _, _ = self._output.read_bytes().rpartition(_BETWEEN_MEMBERS)
        return Replica(tuple(_members(whole)))

    def wait_for(self, iris: Collection[str]) -> Replica:
        """Return when it has emitted as many members as `iris`.

        Raises:
            AssertionError: it never did, or ended.
        """
        until(
            lambda: self._output.read_bytes().count(_BETWEEN_MEMBERS) >= len(iris),
            self.log,
            alive=lambda: self._process.poll() is None,
            poll_seconds=_POLL_SECONDS,
        )
        return self.replica()

    def log(self) -> str:
        """What it said about itself."""
        return self._errors.read_text(errors="replace")


@contextmanager
def following(url: str, directory: Path, *, poll_milliseconds: int = 300) -> Iterator[Follower]:
    """A client that follows `url` for the time of a test; what it says is kept in `directory`."""
    output, errors = directory / "followed.nt", directory / "followed.log"
    command = _command(url, "--follow", "--poll-interval", str(poll_milliseconds))
    with output.open("wb") as to_output, errors.open("wb") as to_errors:
        process = subprocess.Popen(command, stdout=to_output, stderr=to_errors, env=_environment())
    try:
        yield Follower(process, output, errors)
    finally:
        process.kill()
        process.wait(timeout=HANG_SECONDS)


def _members(output: bytes) -> Iterator[MemberGraph]:
    """The client prints a member's quads and then a blank line."""
    for block in output.split(_BETWEEN_MEMBERS):
        if block.strip():
            yield member_graph(block)


def _command(url: str, *options: str) -> Sequence[str]:
    return ["node", str(_PROGRAM), "--concurrent", "1", *options, url]


def _environment() -> dict[str, str]:
    # A city's machine is rarely in UTC: nothing may depend on its zone.
    return {"PATH": os.environ.get("PATH", os.defpath), "TZ": "Europe/Brussels"}
