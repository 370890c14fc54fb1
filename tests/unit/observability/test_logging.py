from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from aiohttp.http_exceptions import InvalidHeader

from ldes_shok.observability.logging import configure


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def entries(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_service_writes_one_json_object_per_event() -> None:
    stream = io.StringIO()
    configure("auto", "info", stream)
    structlog.get_logger().info("log_opened", members=3, city="Voorbeeldstad één")
    (entry,) = entries(stream)
    stamp = entry.pop("timestamp")
    assert entry == {
        "event": "log_opened",
        "level": "info",
        "members": 3,
        "city": "Voorbeeldstad één",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", str(stamp))


def test_a_terminal_gets_readable_lines() -> None:
    stream = Terminal()
    configure("auto", "info", stream, colours=False)
    structlog.get_logger().info("log_opened", members=3)
    assert re.search(r"\[info +\] log_opened +members=3", stream.getvalue())
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_may_be_given_json() -> None:
    stream = Terminal()
    configure("json", "info", stream)
    structlog.get_logger().info("log_opened")
    assert entries(stream)[0]["event"] == "log_opened"


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    configure("json", "warning", stream)
    structlog.get_logger().info("quiet")
    logging.getLogger("aiohttp").info("quiet")
    structlog.get_logger().warning("loud")
    assert [entry["event"] for entry in entries(stream)] == ["loud"]


@pytest.mark.parametrize("name", ["token", "push_token", "Authorization", "password", "secret_env"])
def test_a_field_that_speaks_of_a_secret_is_hidden(name: str) -> None:
    stream = io.StringIO()
    configure("json", "info", stream)
    structlog.get_logger().info("connected", **{name: "hush"})
    logging.getLogger("library").info("connected", extra={name: "hush"})
    assert "hush" not in stream.getvalue()
    assert [entry[name] for entry in entries(stream)] == ["(hidden)", "(hidden)"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_holds_no_local_variables(log_format: str) -> None:
    stream = io.StringIO()
    configure("json" if log_format == "json" else "console", "info", stream)

    def fail() -> None:
        hush = "hush"[:4]
        raise ValueError(len(hush))

    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed")
    assert stream.getvalue().count("ValueError") >= 2
    assert "hush" not in stream.getvalue().replace('hush = "hush"[:4]', "").replace(
        "raise ValueError(len(hush))", ""
    )


def test_a_value_cannot_forge_a_line() -> None:
    stream = io.StringIO()
    configure("console", "info", stream)
    structlog.get_logger().info("event_rejected", reason="x\n2026-01-01 [info] forged")
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    ("level", "said"), [("info", []), ("debug", [("request_unreadable", "InvalidHeader", "debug")])]
)
def test_an_unreadable_request_is_no_error(
    level: Literal["info", "debug"], said: list[tuple[str, str, str]]
) -> None:
    """aiohttp logs its bytes, which may hold a token, as an error of the service."""
    stream = io.StringIO()
    configure("json", level, stream)
    server = logging.getLogger("aiohttp.server")
    unreadable = InvalidHeader("Authorization : Bearer not-to-be-seen")
    server.error("Error handling request from %s", "127.0.0.1", exc_info=unreadable)
    found = [(e["event"], e["reason"], e["level"]) for e in entries(stream)]
    assert found == said
    assert "not-to-be-seen" not in stream.getvalue()
    server.error("Error handling request", exc_info=ValueError("a defect"))
    assert entries(stream)[-1]["level"] == "error"


def test_the_last_call_counts() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure("json", "info", first)
    logger = structlog.get_logger()
    logger.info("one")
    configure("json", "info", second)
    logger.info("two")
    assert [entry["event"] for entry in entries(first)] == ["one"]
    assert [entry["event"] for entry in entries(second)] == ["two"]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_scheduler_is_heard_only_when_something_is_wrong(
    level: Literal["debug", "info", "warning", "error"],
) -> None:
    stream = io.StringIO()
    configure("json", level, stream)
    scheduler = logging.getLogger("apscheduler.scheduler")
    scheduler.info("Running job")
    assert entries(stream) == []
    scheduler.error("Job raised")
    assert [entry["event"] for entry in entries(stream)] == ["Job raised"]
