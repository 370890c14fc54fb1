from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metric_table import (
    OTHER,
    OUTCOMES,
    REFUSED_LANES,
    SOURCE_STATES,
    TABLE,
    CounterRow,
    Row,
)
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.queue import Lane
from ldes_shok.sources.base import SourceState

_ROOT = Path(__file__).parents[3]


def kind_of(row: Row) -> str:
    return type(row).__name__.removesuffix("Row").lower()


def samples(metrics: Metrics) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_every_metric_of_the_table_is_rendered_with_its_help() -> None:
    text = Metrics(["push"], ["kasten"]).render().decode()
    for line in TABLE:
        assert f"# HELP {line.name} {line.help}" in text
        assert f"# TYPE {line.name} {kind_of(line)}" in text
    assert set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)) == {line.name for line in TABLE}


def test_the_documentation_lists_every_metric_of_the_table() -> None:
    """deploy/metrics.md is the table, row by row and in its order."""
    lines = (_ROOT / "deploy" / "metrics.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `ldes_shok_")] == [
        f"| `{row.name}` | {kind_of(row)} | {', '.join(row.labels)} | {row.help} |" for row in TABLE
    ]


def test_documentation_names_no_metric_that_is_not_there() -> None:
    names = {row.name for row in TABLE}
    for page in ("README.md", "deploy/README.md", "CHANGELOG.md"):
        text = (_ROOT / page).read_text(encoding="utf-8")
        assert set(re.findall(r"\bldes_shok_[a-z_]+", text)) <= names, page


def test_names_have_our_prefix_and_units() -> None:
    for line in TABLE:
        assert line.name.startswith("ldes_shok_")
        assert line.name.endswith("_total") == isinstance(line, CounterRow)
        assert re.fullmatch(r"[a-z_]+", line.name)
    assert len({line.name for line in TABLE}) == len(TABLE)


def test_the_words_of_the_labels_are_those_of_the_layers_above() -> None:
    assert set(SOURCE_STATES) == {state.value for state in SourceState}
    # A message without an event is none of them (P8), so its word is no label.
    assert set(OUTCOMES) == {kind.value for kind in OutcomeKind} - {OutcomeKind.NOTED.value}
    assert set(REFUSED_LANES) == {lane.value for lane in Lane} | {"body"}


def test_what_is_known_starts_at_zero() -> None:
    found = samples(Metrics(["push"], ["kasten"]))
    assert found["ldes_shok_events_total{outcome=received,source=push}"] == 0
    assert found["ldes_shok_members_total{stream=kasten}"] == 0


def test_everything_is_counted_where_it_belongs() -> None:
    metrics = Metrics()
    metrics.events_received("push", 3)
    metrics.add(table.EVENTS, "push", "published", count=2)
    metrics.add(table.EVENTS, "push", "rejected")
    metrics.observe(table.VISIBLE, 0.2)
    metrics.set(table.LOG_SIZE, 4096)
    metrics.set(table.LOG_MEMBERS, 9, "kasten")
    metrics.set(table.LOG_READABLE, True)
    metrics.add(table.REFUSED, "replay")
    metrics.adding(table.REQUESTS, "/{stream}", "200")()
    metrics.add(table.DISAGREEMENTS)
    found = samples(metrics)
    expected = {
        "ldes_shok_events_total{outcome=received,source=push}": 3,
        "ldes_shok_events_total{outcome=published,source=push}": 2,
        "ldes_shok_events_total{outcome=rejected,source=push}": 1,
        "ldes_shok_ingest_to_visible_seconds_count": 1,
        "ldes_shok_ingest_to_visible_seconds_sum": 0.2,
        "ldes_shok_log_size_bytes": 4096,
        "ldes_shok_log_members{stream=kasten}": 9,
        "ldes_shok_log_readable": 1,
        "ldes_shok_refused_total{lane=replay}": 1,
        "ldes_shok_refused_total{lane=live}": 0,
        "ldes_shok_http_requests_total{route=/{stream},status=200}": 1,
        "ldes_shok_validation_disagreements_total": 1,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def log_events(metrics: Metrics) -> dict[str, float]:
    prefix = "ldes_shok_log_events{"
    return {
        name.removeprefix(prefix)[:-1]: value
        for name, value in samples(metrics).items()
        if name.startswith(prefix)
    }


def test_a_source_that_only_an_event_names_is_no_label() -> None:
    metrics = Metrics(["http:t:push"], derived=["derived:t:watch"])
    metrics.log_events(
        [
            ("http:t:push", "published", 3),
            ("http:t:jan-peeters-0470", "published", 2),
            ("http:t:another", "published", 4),
            ("http:t:another", "rejected", 1),
            ("derived:t:watch", "published", 5),
        ]
    )
    assert log_events(metrics) == {
        "outcome=published,source=http:t:push": 3,
        "outcome=received,source=http:t:push": 3,
        f"outcome=published,source={OTHER}": 6,
        f"outcome=rejected,source={OTHER}": 1,
        f"outcome=received,source={OTHER}": 7,
        "outcome=published,source=derived:t:watch": 5,
        "outcome=received,source=derived:t:watch": 5,
    }


def test_a_source_of_the_service_is_a_label_once_it_delivered() -> None:
    metrics = Metrics()
    metrics.log_events([("sim:t:city", "published", 2)])
    metrics.events_received("sim:t:city")
    metrics.log_events([("sim:t:city", "published", 3)])
    assert log_events(metrics) == {
        "outcome=published,source=sim:t:city": 3,
        "outcome=received,source=sim:t:city": 3,
    }


def test_a_source_is_in_one_state() -> None:
    metrics = Metrics()
    metrics.source_is("broker", "connected")
    metrics.source_is("broker", "disconnected")
    states = {name: value for name, value in samples(metrics).items() if "source_state" in name}
    assert len(states) == len(SOURCE_STATES)
    assert [name for name, value in states.items() if value] == [
        "ldes_shok_source_state{source=broker,state=disconnected}"
    ]


def test_two_services_do_not_share_counts() -> None:
    one, other = Metrics(["push"]), Metrics(["push"])
    one.events_received("push")
    assert samples(other)["ldes_shok_events_total{outcome=received,source=push}"] == 0


def test_no_series_doubles_another() -> None:
    metrics = Metrics(["push"], ["kasten"])
    metrics.observe(table.VISIBLE, 1)
    assert b"_created" not in metrics.render()
    assert metrics.content_type.startswith("text/plain; version=0.0.4")
