"""Logs: an event's name and its fields, as JSON for machines or a readable line on a terminal."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import Processor

Format = Literal["auto", "json", "console"]
Level = Literal["debug", "info", "warning", "error"]

_SECRET_WORDS = ("secret", "token", "password", "authorization", "cookie")
_HIDDEN = "(hidden)"
_TALKATIVE = ("apscheduler",)
"""Libraries that log every step; from them only warnings are kept."""


def configure(log_format: Format, level: Level, stream: TextIO, *, colours: bool = True) -> None:
    """Send the logs of this process, and of its libraries, to `stream`.

    Times are UTC. A field whose name means a secret is hidden. Tracebacks have no local variables,
    because these may hold a secret. A later call replaces an earlier one.

    Args:
        log_format: `auto` is `console` on a terminal and `json` otherwise.
        level: the lowest level that is written.
        stream: standard output for a service, standard error for a command with output.
        colours: whether a terminal may get colours.
    """
    terminal = stream.isatty()
    as_json = log_format == "json" or (log_format == "auto" and not terminal)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    handler = logging.StreamHandler(stream)
    handler.addFilter(hide_bad_requests)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(as_json=as_json, colours=terminal and colours),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def hide_bad_requests(record: logging.LogRecord) -> bool:
    """Make aiohttp's logs about unreadable requests harmless; a filter of log records.

    aiohttp logs an error with the bytes that it could not read: any client could fill the log, and
    a faulty line may hold a token. Only the kind of the fault is kept, at the level debug.
    """
    error = record.exc_info[1] if record.exc_info else None
    if not _is_about_a_request(error):
        return True
    record.msg, record.args = "request_unreadable", ()
    record.exc_info = record.exc_text = None
    record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    record.reason = type(error).__name__
    return logging.getLogger().isEnabledFor(logging.DEBUG)


def _is_about_a_request(error: BaseException | None) -> bool:
    # By name: this layer does not import HTTP.
    kind = type(error)
    return kind.__module__ == "aiohttp.http_exceptions" or kind.__name__ == "RequestPayloadError"


def hide_secrets(
    _logger: Any, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide the value of every field whose name means a secret; a structlog processor."""
    for name in fields:
        if any(word in name.lower() for word in _SECRET_WORDS):
            fields[name] = _HIDDEN
    return fields


def _renderers(*, as_json: bool, colours: bool) -> list[Processor]:
    if as_json:
        transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(transformer),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=colours, exception_formatter=structlog.dev.plain_traceback
        )
    ]
