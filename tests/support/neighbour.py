"""A neighbour's server that answers whatever a test wants, on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

TREE: Final = "https://w3id.org/tree#"
LDES: Final = "https://w3id.org/ldes#"
NQUADS: Final = "application/n-quads"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    body: bytes = b""
    media_type: str = NQUADS
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answers = Callable[[str], Said]
"""By path."""


class Neighbour:
    """A server.

    Attributes:
        url: where it is.
        asked: the paths that it was asked for.
    """

    def __init__(self, answers: Answers) -> None:
        self.asked: list[str] = []
        neighbour = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                neighbour.asked.append(self.path)
                said = answers(self.path)
                self.send_response(said.status)
                self.send_header("Content-Type", said.media_type)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said.body)))
                self.end_headers()
                self.wfile.write(said.body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


@contextmanager
def neighbour(answers: Answers) -> Iterator[Neighbour]:
    """A server for the time of a test."""
    server = Neighbour(answers)
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        thread.join()
        server.http.server_close()


def node(url: str, links: Iterator[str] | list[str], *, immutable: bool = False) -> bytes:
    """A page that leads to `links`, in N-Quads."""
    lines = [f'<{url}> <{LDES}immutable> "true" .\n'] if immutable else []
    for number, link in enumerate(links):
        lines.append(f"<{url}> <{TREE}relation> _:r{number} .\n")
        lines.append(f"_:r{number} <{TREE}node> <{link}> .\n")
    return "".join(lines).encode()
