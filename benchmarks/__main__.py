"""`python -m benchmarks`: measure this machine. See benchmarks/README.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure
from benchmarks.ingest import IngestBenchmark
from benchmarks.latency import LatencyBenchmark
from benchmarks.load import Measurements, configurations
from benchmarks.machine import load_average, this_machine
from benchmarks.report import Report, markdown, write_json
from benchmarks.serve import serve_figures
from benchmarks.stages import profile_writer
from ldes_shok import __version__
from ldes_shok.clock import SystemClock
from tests.support.service import push, running_service

_RESULTS: Final = Path(__file__).parent / "results"
_OVERRIDES: Final = {"logging": {"level": "warning"}}


def main(arguments: list[str]) -> int:
    """Measure and report; returns the exit code."""
    options = _parser().parse_args(arguments)
    options.directory.mkdir(parents=True, exist_ok=True)
    # Beside the results and not in /tmp, which may be memory: there a sync costs nothing.
    with tempfile.TemporaryDirectory(dir=options.directory, prefix="run-") as folder:
        directory = Path(folder)
        if options.profile:
            print(profile_writer(directory), end="")
            return 0
        measured_at, load_before = SystemClock().now(), load_average()
        figures = _measure(directory, options)
        report = Report(
            measured_at,
            __version__,
            this_machine(directory),
            load_before,
            load_average(),
            tuple(figures),
        )
    write_json(report, options.directory / "latest.json")
    print(markdown(report), end="")
    return 0


def _measure(directory: Path, options: argparse.Namespace) -> list[Figure]:
    events = Measurements()
    with running_service(directory, overrides=_OVERRIDES) as service:
        push(service.url, configurations())
        push(service.url, events.take(options.batch))  # warms up; not measured
        _say("ingest")
        ingest = IngestBenchmark(service, events, directory).run(options.runs, options.batches)
        _say("serve")
        serve = serve_figures(service, directory, options.runs, options.seconds)
        _say("latency")
        latency = LatencyBenchmark(service, events)
        visible = latency.run(options.runs, options.samples, ingest[0].median)
        service.stop()
    return [*ingest, *serve, *visible]


def _say(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each figure (default: 5)")
    parser.add_argument("--batches", type=int, default=6, help="batches of 500 events in a run")
    parser.add_argument("--batch", type=int, default=500, help="events that warm up")
    parser.add_argument("--seconds", type=int, default=3, help="seconds of GETs in a run")
    parser.add_argument("--samples", type=int, default=200, help="single events in a run")
    parser.add_argument("--profile", action="store_true", help="where the writer's time goes")
    parser.add_argument("--directory", type=Path, default=_RESULTS, help="results and logs")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
