"""`python -m benchmarks`: measure this machine. See benchmarks/README.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure
from benchmarks.growth import SMALL_MEMBERS, Growth, growth_figures
from benchmarks.ingest import IngestBenchmark
from benchmarks.latency import LatencyBenchmark
from benchmarks.load import Measurements, configurations
from benchmarks.machine import load_average, this_machine
from benchmarks.open_node import open_node_figures
from benchmarks.replicate import replication_figures
from benchmarks.report import Report, markdown, write_json
from benchmarks.sending import push_all
from benchmarks.serve import serve_figures
from benchmarks.slow_store import slow_store_figures
from benchmarks.stages import profile_writer
from ldes_shok import __version__
from ldes_shok.clock import SystemClock
from tests.support.service import SERVE, ServiceProcess, Tree, push

_RESULTS: Final = Path(__file__).parent / "results"
_QUIET: Final[Tree] = {"logging": {"level": "warning"}, "derive": {"enabled": True}}
_STREAMS: Final = ("verbruik-individueel", "techniek")
_PARTS: Final = ("ingest", "latency", "serve", "open", "slow", "growth")


def main(arguments: list[str]) -> int:
    """Measure and report; returns the exit code, 1 if a goal was missed."""
    options = _parser().parse_args(arguments)
    options.directory.mkdir(parents=True, exist_ok=True)
    # Beside the results and not in /tmp, which may be memory: there a sync costs nothing.
    with tempfile.TemporaryDirectory(dir=options.directory, prefix="run-") as folder:
        directory = Path(folder)
        if options.profile:
            print(profile_writer(directory), end="")
            return 0
        measured_at, load_before = SystemClock().now(), load_average()
        figures: list[Figure] = []
        for part in options.only:
            print(f"measuring: {part}", file=sys.stderr)
            (directory / part).mkdir()
            figures += _MEASURES[part](directory / part, options)
        report = Report(
            measured_at, __version__, this_machine(directory), load_before, load_average(),
            tuple(figures),
        )  # fmt: skip
    write_json(report, options.directory / "latest.json")
    print(markdown(report), end="")
    return int(any(f.goal is not None and not f.goal.reached_by(f.median) for f in figures))


def _ingest(directory: Path, options: argparse.Namespace) -> list[Figure]:
    unjudged = ("-m", "benchmarks.unjudged")
    with (
        _service(directory / "judged", _QUIET) as judged,
        _service(directory / "unjudged", _QUIET, unjudged) as limit,
    ):
        return IngestBenchmark(judged, limit, directory).run(options.runs, options.batches)


def _latency(directory: Path, options: argparse.Namespace) -> list[Figure]:
    with _service(directory / "service", _QUIET) as service:
        return LatencyBenchmark(service, Measurements()).run(options.runs, options.samples)


def _serve(directory: Path, options: argparse.Namespace) -> list[Figure]:
    two: Tree = {**_QUIET, "http": {"workers": 2}}
    with ExitStack() as stack:
        services = [
            stack.enter_context(_service(directory / name, overrides))
            for name, overrides in (("one", _QUIET), ("two", two))
        ]
        for service in services:
            push_all(service.port, Measurements(offset_days=1).batches(4, 500))
        return serve_figures(services[0], services[1], directory, options.runs, options.seconds)


def _open(directory: Path, options: argparse.Namespace) -> list[Figure]:
    with _service(directory / "service", _QUIET) as service:
        return open_node_figures(service, options.runs, options.seconds)


def _slow(directory: Path, options: argparse.Namespace) -> list[Figure]:
    with _service(directory / "service", _QUIET, ("-m", "benchmarks.slowed")) as service:
        return slow_store_figures(service, options.runs)


def _growth(directory: Path, options: argparse.Namespace) -> list[Figure]:
    two: Tree = {**_QUIET, "http": {"workers": 2}}
    with (
        _service(directory / "small", _QUIET) as small_service,
        _service(directory / "large", _QUIET) as large_service,
    ):
        small, large = Growth(small_service), Growth(large_service)
        small.fill(SMALL_MEMBERS)
        small.stop()
        large.fill(min(options.members, 1_000_000))
        large.wait_until_derived()
        replication = replication_figures(large_service, _STREAMS, options.runs)
        large.fill(options.members)
        large.stop()
        growth = growth_figures(small, large, options.runs, options.batches)
        return [*replication, *growth, large.reader_figure(two)]


_MEASURES: Final[dict[str, Callable[[Path, argparse.Namespace], list[Figure]]]] = {
    "ingest": _ingest,
    "latency": _latency,
    "serve": _serve,
    "open": _open,
    "slow": _slow,
    "growth": _growth,
}


@contextmanager
def _service(
    directory: Path, overrides: Tree, program: Sequence[str] = ()
) -> Iterator[ServiceProcess]:
    """A service that knows its cabinets and has done some work."""
    directory.mkdir()
    service = ServiceProcess(directory, overrides=overrides, program=program or SERVE)
    service.start()
    try:
        push(service.url, configurations())
        push(service.url, Measurements(offset_days=-1).take(500))
        yield service
        service.stop()
    finally:
        service.kill()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each figure (default: 5)")
    parser.add_argument("--batches", type=int, default=20, help="batches of 500 events in a run")
    parser.add_argument("--seconds", type=int, default=3, help="seconds of GETs in a run")
    parser.add_argument("--samples", type=int, default=200, help="single events in a run")
    parser.add_argument("--members", type=int, default=10_000_000, help="of the large log")
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="these parts")
    parser.add_argument("--profile", action="store_true", help="where the writer's time goes")
    parser.add_argument("--directory", type=Path, default=_RESULTS, help="results and logs")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
