"""The writer's session: it is elected, migrates the schema, and knows the writer's position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any

import psycopg

from ldes_shok.errors import LdesShokError, LogUnavailable, WriterReplaced
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.postgres.commit import CommitPosition, Plan, SqlStatement
from ldes_shok.log.postgres.connection import (
    Connection,
    Parameters,
    connect_writer,
    first_line,
    translated,
)
from ldes_shok.log.postgres.election import Succession, begin_epoch, elect
from ldes_shok.log.postgres.lease import EXTEND, LEASE, RELEASE
from ldes_shok.log.postgres.migrations import SUMMED_FROM, SchemaStep, migrate
from ldes_shok.log.postgres.partitions import Partitions
from ldes_shok.log.postgres.sums import CHANGED, PostgresSums
from ldes_shok.log.postgres.templates import TemplateNumbers
from ldes_shok.log.table_sums import RowDigests

_NOT_ELECTED = "LD001"
_ADVANCE = "SELECT advance(%s::bigint)"
_RELEASE_SECONDS = 2.0
"""How long the end of a service waits for a server that does not answer."""


class WriterSession:
    """The writing of one election. It ends with its connection and is never reconnected.

    Used from one thread at a time, except `renew`.
    """

    def __init__(
        self,
        url: str,
        identity: LogIdentity,
        steps: Sequence[SchemaStep],
        succession: Succession | None = None,
    ) -> None:
        """Connect, be elected, bring the schema up to date, read the position of the log.

        Args:
            url: `postgresql://...`.
            identity: the identity that the log must have.
            steps: of the schema.
            succession: of a standby.

        Raises:
            LogLocked: another process is the writer.
            LogDamaged: the table sums are not what was stored, before an upgrade.
            LogMismatch: written for another public URL, with another secret, or by a newer release.
            LogUnavailable: the server cannot be reached, or refused.
        """
        self._using = RLock()
        self.connection = connect_writer(url)
        self.sums: PostgresSums | None = None
        try:
            self.epoch = elect(self.connection, succession)
            migrate(self.connection, steps, identity)
            begin_epoch(self.connection, self.epoch)
            with translated("opened"):
                self.partitions = Partitions(self.connection)
                self.place = self._place(f"{identity.public_url}/id/")
                if steps[-1].number >= SUMMED_FROM:
                    self.sums = PostgresSums(self.connection, RowDigests(identity.secret))
        except LdesShokError:
            self.connection.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the connection, and so the election, still holds as far as this process knows."""
        return not self.connection.closed and not self.connection.broken

    def select(self, query: str, parameters: Parameters = ()) -> list[Any]:
        """All rows of a query.

        Raises:
            LogUnavailable: the log cannot be read.
        """
        with self._using, translated("read"):
            return self.connection.execute(query, parameters, prepare=True).fetchall()

    def alone(self, statement: str, parameters: Parameters = ()) -> None:
        """Run a statement that is not part of a transaction. Raises psycopg.Error."""
        with self._using:
            self.connection.execute(statement, parameters)

    def execute(self, plan: Plan) -> int:
        """Send a commit in one round trip; returns the log's generation once it is durable.

        Raises:
            WriterReplaced: another writer was elected.
            LogUnavailable: the server refused, and nothing of it is stored; or the connection was
                lost, and only a new read of the log shows whether it is stored.
        """
        with self._using:
            with translated("written"):
                self.partitions.ensure(self.connection, plan.months)
            return self.transaction(plan.statements)

    def transaction(self, statements: Iterable[SqlStatement]) -> int:
        """Run statements with their rows as `execute` does. Making a statement may read."""
        with self._undone_if_it_fails():
            with self.connection.pipeline():
                self.connection.execute("BEGIN")
                advanced = self.connection.execute(_ADVANCE, (self.epoch,), prepare=True)
                self.connection.execute(EXTEND, (LEASE, self.epoch), prepare=True)
                for statement in statements:
                    for row in statement.rows:
                        self.connection.execute(statement.query, row, prepare=True)
                self._store_sums()
                self.connection.execute("COMMIT")
                generation = advanced.fetchone()
            self._advance_sums()
        return int(generation[0]) if generation else 0

    @contextmanager
    def changing(self, dropped_before: int = 0) -> Iterator[Connection]:
        """A transaction that is not a commit, and may drop months. Raises as `transaction`."""
        with self._undone_if_it_fails():
            with self.connection.transaction():
                self.connection.execute(_ADVANCE, (self.epoch,))
                self.connection.execute(EXTEND, (LEASE, self.epoch))
                yield self.connection
                self._store_sums(dropped_before)
            self._advance_sums()

    def open_sums(self) -> None:
        """Load the table sums, after a check of the tables' ends.

        Raises:
            LogDamaged: they are not what was stored.
            LogUnavailable: the log cannot be read.
        """
        if self.sums is not None:
            with self._using, translated("read"), self.connection.transaction():
                self.sums.read(self.connection)
                self.sums.check_ends(self.connection)

    def begin_sums(self) -> None:
        """Compute the table sums of the present rows, for the first time.

        Raises:
            LogUnavailable: the server refused; the next start begins again.
        """
        if self.sums is None:
            return
        with self._using, translated("written"), self.connection.transaction():
            self.connection.execute(_ADVANCE, (self.epoch,))
            self.sums.begin(self.connection)
        self._advance_sums()

    def drop_before(self, month: int) -> None:
        """Drop all rows of months before `month` (YYYYMM).

        Raises:
            MonthNotOver, LogUnavailable: nothing was dropped.
        """
        with self.changing(dropped_before=month) as connection:
            self.partitions.drop_before(connection, month)
        self.partitions.forget_before(month)

    def renew(self) -> None:
        """Renew the lease, from another thread. A commit under way renews it by itself."""
        if not self._using.acquire(blocking=False):
            return
        try:
            if not self.connection.execute(EXTEND, (LEASE, self.epoch)).rowcount:
                self.close()
        except psycopg.Error:
            self.roll_back()
        finally:
            self._using.release()

    def release(self) -> None:
        """Release the election at once, so that no standby waits for the lease."""
        if self._using.acquire(timeout=_RELEASE_SECONDS):
            with suppress(psycopg.Error):
                self.connection.execute(RELEASE, (self.epoch,))
            self._using.release()
        self.close()

    def _store_sums(self, dropped_before: int = 0) -> None:
        if self.sums is not None:
            row = self.connection.execute(CHANGED, prepare=True).fetchone()
            for put in self.sums.puts(row[0] if row else "", dropped_before):
                self.connection.execute(*put, prepare=True)

    def _advance_sums(self) -> None:
        if self.sums is not None:
            self.sums.advance()

    @contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        with self._using:
            try:
                yield
            except psycopg.Error as error:
                self.roll_back()
                if error.sqlstate == _NOT_ELECTED:
                    self.close()
                    raise WriterReplaced("another writer was elected meanwhile") from error
                raise LogUnavailable(f"the log cannot be written: {first_line(error)}") from error
            except BaseException:
                self.roll_back()
                raise

    def roll_back(self) -> None:
        """Undo what is not committed; close a connection that cannot even do that."""
        try:
            self.connection.rollback()
        except psycopg.Error:
            self.close()

    def close(self) -> None:
        """Close the connection, and so release the election."""
        self.connection.close()

    def _place(self, prefix: str) -> CommitPosition:
        execute = self.connection.execute
        streams = execute("SELECT name, id FROM stream").fetchall()
        next_numbers: dict[int, int] = {}
        for _, stream_id in streams:
            row = execute(
                "SELECT first_number + members FROM pack WHERE stream_id = %s"
                " ORDER BY first_number DESC LIMIT 1",
                (stream_id,),
            ).fetchone()
            next_numbers[stream_id] = row[0] if row else 0
        row = execute(
            "SELECT first_id + events FROM event_pack ORDER BY first_id DESC LIMIT 1"
        ).fetchone()
        return CommitPosition(
            prefix, dict(streams), next_numbers, row[0] if row else 1,
            TemplateNumbers(self.connection),
        )  # fmt: skip

    def advance_place(self, plan: Plan) -> None:
        """Move the position past `plan`, which is committed."""
        self.place.stream_ids = plan.stream_ids
        self.place.next_numbers = plan.next_numbers
        self.place.next_event_id = plan.next_event_id
        self.place.templates.remember(plan.templates)
