"""Too many messages that cannot be read: one warning, and one line when it is over."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from ldes_shok.sources.common.refusal_alarm import RefusalWatch


def test_a_warning_comes_above_five_percent_and_once() -> None:
    with capture_logs() as lines:
        watch = RefusalWatch(structlog.get_logger(), "tcp:voorbeeldstad:hoofdmeter")
        for number in range(400):
            watch.saw(is_refused=number % 25 == 24)
        assert lines == []
        for number in range(400):
            watch.saw(is_refused=number % 10 == 0)
        assert [line["event"] for line in lines] == ["many_refused"]
        assert lines[0]["source"] == "tcp:voorbeeldstad:hoofdmeter"
        assert lines[0]["percent"] > 5
        for _ in range(200):
            watch.saw(is_refused=False)
    assert [line["event"] for line in lines] == ["many_refused", "few_refused"]


def test_a_few_messages_are_too_few_to_judge() -> None:
    with capture_logs() as lines:
        watch = RefusalWatch(structlog.get_logger(), "tcp:voorbeeldstad:hoofdmeter")
        for _ in range(19):
            watch.saw(is_refused=True)
        assert lines == []
        watch.saw(is_refused=True)
    assert [line["event"] for line in lines] == ["many_refused"]


def test_a_source_in_which_nothing_is_ever_found_is_told_of_once() -> None:
    with capture_logs() as lines:
        watch = RefusalWatch(structlog.get_logger(), "mqtt:voorbeeldstad:leverancier")
        for _ in range(19):
            watch.saw(is_refused=False, is_empty=True)
        assert lines == []
        for _ in range(40):
            watch.saw(is_refused=False, is_empty=True)
    assert [(line["event"], line["messages"]) for line in lines] == [("nothing_found", 20)]


def test_a_source_that_said_something_may_be_empty_for_long() -> None:
    with capture_logs() as lines:
        watch = RefusalWatch(structlog.get_logger(), "mqtt:voorbeeldstad:leverancier")
        watch.saw(is_refused=False)
        for _ in range(40):
            watch.saw(is_refused=False, is_empty=True)
    assert lines == []
