from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.observability.metric_table import (
    OTHER,
    OUTCOMES,
    REFUSED_LANES,
    SOURCE_STATES,
    TABLE,
    MetricKind,
)
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.queue import Lane
from ldes_shok.sources.base import SourceState


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
        assert f"# TYPE {line.name} {line.kind.value}" in text
    assert set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)) == {line.name for line in TABLE}


def test_names_have_our_prefix_and_units() -> None:
    for line in TABLE:
        assert line.name.startswith("ldes_shok_")
        assert line.name.endswith("_total") == (line.kind is MetricKind.COUNTER)
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
    metrics.events_ended("push", "published", 2)
    metrics.events_ended("push", "rejected")
    metrics.messages_without_event("broker")
    metrics.members_published("kasten", 4)
    metrics.visible_after(0.2)
    metrics.log_size(4096)
    metrics.log_members("kasten", 9)
    metrics.quarantined_events(7)
    metrics.commit_took(0.003)
    metrics.queue_events(5)
    metrics.queue_bytes(640)
    metrics.refused("replay")
    metrics.http_request("/{stream}", 200)
    metrics.validation_disagreement()
    found = samples(metrics)
    expected = {
        "ldes_shok_events_total{outcome=received,source=push}": 3,
        "ldes_shok_events_total{outcome=published,source=push}": 2,
        "ldes_shok_events_total{outcome=rejected,source=push}": 1,
        "ldes_shok_messages_without_event_total{source=broker}": 1,
        "ldes_shok_members_total{stream=kasten}": 4,
        "ldes_shok_ingest_to_visible_seconds_count": 1,
        "ldes_shok_ingest_to_visible_seconds_sum": 0.2,
        "ldes_shok_log_size_bytes": 4096,
        "ldes_shok_log_members{stream=kasten}": 9,
        "ldes_shok_quarantined_events": 7,
        "ldes_shok_commit_seconds_count": 1,
        "ldes_shok_queue_events": 5,
        "ldes_shok_queue_bytes": 640,
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
    metrics.visible_after(1)
    assert b"_created" not in metrics.render()
    assert metrics.content_type.startswith("text/plain; version=0.0.4")
