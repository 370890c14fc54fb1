"""Where the time of the writer goes: cProfile over measurements, summed by package.

Profiling slows the code down, small functions most, so this gives shares and never rates.
"""

from __future__ import annotations

import cProfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final, cast

from benchmarks.load import Measurements, configurations
from ldes_shok.bootstrap.core import build_core
from ldes_shok.cabinet.incoming import Delivery, Origin, receive
from ldes_shok.clock import SystemClock
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.pipeline.stream_writer import Sealer
from ldes_shok.rdf.blocks import BlockRenderer
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.validation.fast import FastJudge
from tests.support.service import SECRETS, TENANT, settings_tree, write_settings

_EVENTS: Final = 5000
_BATCH_EVENTS: Final = 500
_PORT: Final = 8499
_SHOWN: Final = 20
STAGES: Final[Mapping[str, Callable[..., object]]] = {
    "decode and identify": receive,
    "map": Mapper.map,
    "judge": FastJudge.judge_values,
    "render three texts": BlockRenderer.render,
    "seal": Sealer.heads,
    "store": SqliteLogWriter.commit,
}
"""The function whose whole time each stage is."""


def profile_writer(directory: Path, count: int = _EVENTS) -> str:
    """Write `count` measurements twice, plain and profiled; returns a report as text."""
    tree = settings_tree(_PORT, directory / "profile.db")
    settings = load_settings(write_settings(directory / "profile.yaml", tree), {})
    clock = SystemClock()
    core = build_core(settings, resolve_secrets(settings, SECRETS).identity, clock)
    origin, events = Origin("http", TENANT, "push"), Measurements()

    def deliveries(payloads: list[bytes]) -> list[Delivery]:
        return [Delivery(payload, origin, clock.now()) for payload in payloads]

    core.writer.write(deliveries(configurations()))
    batches = [deliveries(events.take(_BATCH_EVENTS)) for _ in range(count // _BATCH_EVENTS)]
    started_seconds = time.perf_counter()
    for batch in batches:
        core.writer.write(batch)
    plain = timedelta(seconds=time.perf_counter() - started_seconds)
    batches = [deliveries(events.take(_BATCH_EVENTS)) for _ in range(count // _BATCH_EVENTS)]
    profile = cProfile.Profile()
    profile.enable()
    for batch in batches:
        core.writer.write(batch)
    profile.disable()
    core.close()
    rate = count / plain.total_seconds()
    return f"{count} events, not profiled: {rate:.0f} events/s in the writer\n\n" + _report(profile)


def _report(profile: cProfile.Profile) -> str:
    entries = profile.getstats()
    total = sum(entry.inlinetime for entry in entries)
    modules: Counter[str] = Counter()
    for entry in entries:
        modules[_module(entry.code)] += round(entry.inlinetime * 1e6)
    lines = ["whole time by stage"]
    for words, function in STAGES.items():
        code = cast("FunctionType", function).__code__
        whole = sum(entry.totaltime for entry in entries if entry.code is code)
        lines.append(f"{100 * whole / total:6.1f} %  {words}")
    lines += ["", "own time by module"]
    lines += [f"{share / total / 1e4:6.1f} %  {name}" for name, share in modules.most_common(14)]
    lines += ["", "own time by function (calls)"]
    dearest = sorted(entries, key=lambda entry: -entry.inlinetime)[:_SHOWN]
    lines += [
        f"{100 * entry.inlinetime / total:6.1f} %  {_name(entry.code)} ({entry.callcount}), "
        f"{_module(entry.code)}"
        for entry in dearest
    ]
    return "\n".join(lines) + "\n"


def _name(code: CodeType | str) -> str:
    return code if isinstance(code, str) else code.co_name


def _module(code: CodeType | str) -> str:
    if isinstance(code, str):
        return "built in"
    _, ours, inside = code.co_filename.rpartition("/ldes_shok/")
    return inside.removesuffix(".py") if ours else Path(code.co_filename).name
