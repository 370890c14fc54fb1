"""A database server, two readers and two writers of which one stands by: real processes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import Postgres, new_database, running_postgres
from tests.support.service import ServiceProcess, Tree, request

PAGES: Tree = {
    "fragmentation": {"leaf_members": 25, "bucket_leaves": 4},
    "http": {"shutdown_grace_seconds": 5},
}


class Cluster:
    """A database server, two readers, two writers of which one stands by, and what they share."""

    def __init__(self, directory: Path, server: Postgres) -> None:
        self.server = server
        self.database = new_database(server.url("postgres"))
        self.readers = [self._process(directory / f"reader-{n}") for n in (1, 2)]
        self.writers = [self._process(directory / f"writer-{n}") for n in (1, 2)]
        self.url = self.readers[0].url
        for process in (*self.readers, *self.writers):
            writes = process in self.writers
            process.configure(
                {
                    **PAGES,
                    "public_url": self.url,
                    "store": {"url": self.database, "standby": writes},
                    "service": {"role": "all" if writes else "reader"},
                }
            )

    @staticmethod
    def _process(directory: Path) -> ServiceProcess:
        directory.mkdir()
        return ServiceProcess(directory)

    def start(self) -> None:
        self.writers[0].start()
        self.writers[1].launch()
        for reader in self.readers:
            reader.start()

    def kill(self) -> None:
        for process in (*self.readers, *self.writers):
            process.kill()

    def active(self) -> tuple[ServiceProcess, ServiceProcess]:
        """The writer that is elected, and the one that stands by."""
        for writer, other in itertools.permutations(self.writers):
            if answers(writer.url):
                return writer, other
        raise AssertionError("no writer answers")

    def complete(self) -> None:
        """Start what has ended, as a supervisor does."""
        for writer in self.writers:
            if not writer.running:
                writer.launch()
        for reader in self.readers:
            if not reader.running:
                reader.start()


def answers(url: str) -> bool:
    try:
        return request(f"{url}/health/live")[0] == 200
    except OSError:
        return False


@contextmanager
def running_cluster(directory: Path) -> Iterator[Cluster]:
    with running_postgres() as server:
        cluster = Cluster(directory, server)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.kill()
