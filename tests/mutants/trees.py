"""A copy of the tree, and tests that are run in it: a fault never stands in the tree itself."""

from __future__ import annotations

import gc
import importlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from coverage import CoverageData

_LOADED_ONCE: Final = (
    "_pytest.assertion.rewrite", "aiohttp.web", "apscheduler.schedulers.asyncio", "coverage",
    "cryptography.hazmat.primitives.ciphers.aead", "hypothesis.stateful", "jinja2", "jwt",
    "msgspec", "numpy", "prometheus_client", "psycopg", "pyld", "pyoxigraph", "pyshacl", "pytest",
    "pytest_asyncio", "rdflib", "structlog", "uvloop", "xdist", "yaml",
)  # fmt: skip
_PASSED: Final = 0
_USAGE_ERROR: Final = 4
_TEST_SECONDS: Final = 60
"""No test of a unit takes a tenth of it: one that does waits for ever, or counts for ever."""

_MOST_BYTES: Final = 8 * 2**30
_QUICK: Final = ("-q", "-x", "--no-header", "--no-summary", "-p", "no:cacheprovider",
                 "-W", "ignore::pytest.PytestAssertRewriteWarning",
                 "--hypothesis-profile=mutants", f"--timeout={_TEST_SECONDS}")  # fmt: skip

Executed = Mapping[str, Mapping[int, Sequence[str]]]
"""By module and line, which tests execute it."""


def load_libraries() -> None:
    """Load what every run of tests needs, and nothing of ours: runs are forked from here."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in _LOADED_ONCE:
        importlib.import_module(name)
    gc.freeze()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of tests ended.

    Attributes:
        passed: whether all tests passed.
        timed_out: whether it had to be ended.
        seconds: how long it took.
    """

    passed: bool
    timed_out: bool
    seconds: float


class Tree:
    """A copy of the tree, without what git ignores."""

    def __init__(self, root: Path, copy: Path) -> None:
        """Copy `root` to `copy`, which must not be there."""
        self._root = root
        self._copy = copy
        self._scratch = copy.with_name(f"{copy.name}-tests")
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
            cwd=root,
            check=True,
            capture_output=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (root / name).is_file() or (root / name).is_symlink():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, copy / name, follow_symlinks=False)
        (copy / ".venv").symlink_to(root / ".venv")
        subprocess.run([sys.executable, "-m", "compileall", "-q", copy / "ldes_shok"], check=True)

    def executed(self, tests: Sequence[str]) -> tuple[Executed, Outcome]:
        """Run tests that must pass, and look which lines each of them executes."""
        data = self._copy / ".coverage"
        options = ["--cov=ldes_shok", "--cov-context=test", "--cov-report=", "--cov-fail-under=0"]
        outcome = self.run([*options, *tests], within_seconds=3600)
        found = CoverageData(str(data))
        found.read()
        executed = {
            str(Path(file).relative_to(self._copy)): {
                line: sorted({_test(context) for context in contexts if context})
                for line, contexts in found.contexts_by_lineno(file).items()
            }
            for file in found.measured_files()
        }
        return executed, outcome

    @contextmanager
    def planted(self, module: str, text: bytes) -> Iterator[None]:
        """In this context `module` has another text."""
        path = self._copy / module
        was = path.read_bytes()
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()
        path.write_bytes(text)
        try:
            yield
        finally:
            path.write_bytes(was)

    def run(self, arguments: Sequence[str], within_seconds: float) -> Outcome:
        """Run pytest in a process that is forked from this one."""
        began = time.monotonic()
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        process = os.fork()
        if not process:
            self._be_pytest(arguments)
        code, timed_out = _waited(process, began + within_seconds)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return Outcome(code == _PASSED, timed_out, time.monotonic() - began)

    def output(self) -> str:
        """What the last run wrote."""
        return self._copy.with_name(f"{self._copy.name}.output").read_text(errors="replace")

    def _be_pytest(self, arguments: Sequence[str]) -> None:
        code = _USAGE_ERROR
        try:
            os.setsid()
            os.chdir(self._copy)
            resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
            output = self._copy.with_name(f"{self._copy.name}.output")
            with output.open("wb") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            sys.dont_write_bytecode = True
            left_out = ("", str(self._root), str(self._root / ".ci"))
            sys.path[:] = [str(self._copy), *(path for path in sys.path if path not in left_out)]
            for name in [n for n in sys.modules if n.split(".")[0] in ("ldes_shok", "tests")]:
                del sys.modules[name]
            os.environ |= {
                "PYTHONPATH": str(self._copy),
                "PYTHONDONTWRITEBYTECODE": "1",
                "TMPDIR": str(self._scratch),
            }
            from hypothesis import Phase, settings  # noqa: PLC0415

            # The first example that fails is enough: none is made smaller.
            phases = (Phase.explicit, Phase.generate)
            settings.register_profile(
                "mutants", derandomize=True, deadline=None, database=None, phases=phases
            )
            import pytest  # noqa: PLC0415

            code = pytest.main([*_QUICK, f"--basetemp={self._scratch / 'base'}", *arguments])
        except BaseException:  # noqa: BLE001  nothing may go on above this frame
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)


def _waited(process: int, deadline: float) -> tuple[int, bool]:
    """The exit code of a process, which is ended with all that it started at the deadline."""
    timed_out = False
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            break
        if not timed_out and time.monotonic() > deadline:
            timed_out = True
            os.killpg(process, signal.SIGKILL)
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status), timed_out


def _test(context: str) -> str:
    """The name of a test, from what coverage calls it; without examples that a file cannot hold."""
    name = context.rpartition("|")[0]
    return name if name.isprintable() and " " not in name else name.partition("[")[0]
