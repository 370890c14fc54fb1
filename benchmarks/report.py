"""The figures as JSON for machines and as a Markdown table for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from benchmarks.figures import Figure
from benchmarks.machine import Machine


class Report(msgspec.Struct, frozen=True):
    """One measurement of one machine.

    Attributes:
        measured_at: when it began, UTC.
        version: of ldes-shok.
        machine: where.
        load_before, load_after: load average of the minute before and at the end.
        figures: what was measured.
    """

    measured_at: datetime
    version: str
    machine: Machine
    load_before: float
    load_after: float
    figures: tuple[Figure, ...]


def write_json(report: Report, path: Path) -> None:
    """Write the report, indented."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def markdown(report: Report) -> str:
    """The report as people read it."""
    machine = report.machine
    head = (
        f"Measured on {report.measured_at:%Y-%m-%d}, ldes-shok {report.version}: "
        f"{machine.processor}, {machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GiB, "
        f"log on {machine.filesystem}, Linux {machine.kernel}, Python {machine.python}, "
        f"SQLite {machine.sqlite}; load average {report.load_before:.1f} before, "
        f"{report.load_after:.1f} after."
    )
    lines = [
        head,
        "",
        "| what | median | lowest–highest | unit | must reach | how |",
        "|---|---:|---:|---|---|---|",
        *_rows(report.figures),
    ]
    return "\n".join(lines) + "\n"


def _rows(figures: Sequence[Figure]) -> list[str]:
    return [
        f"| {f.name} | {_number(f.median)} | {_number(min(f.runs))}–{_number(max(f.runs))} "
        f"| {f.unit} | {_goal(f)} | {f.note} |"
        for f in figures
    ]


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    sign = "≤" if figure.goal.at_most else "≥"
    word = "" if figure.goal.reached_by(figure.median) else " **missed**"
    return f"{sign} {_number(figure.goal.bound)}{word}"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
