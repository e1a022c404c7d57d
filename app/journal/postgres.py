"""PostgreSQL as a store: one connection, driven from the writer's thread with a loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import asyncpg

from app.journal import migrate, store
from app.journal.store import Batch, Row, StoreUnavailable, Value

CONNECT_SECONDS = 3.0
COMMAND_SECONDS = 5.0
MIGRATION_SECONDS = 3600.0
"""A step over a large table takes its time; given up after COMMAND_SECONDS, it would begin anew for ever."""
LOCK_SECONDS = 1.0
"""How long retention waits for writers: meanwhile others wait behind it."""
_MIGRATION_LOCK = 0x706C756D62  # "plumb": only one instance brings the tables up to date at a time
_LISTS_LOCK = _MIGRATION_LOCK + 1  # a list that is there is not removed before the call that refers to it is
_FAULTY_ROW = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
_WHY = {
    asyncpg.InvalidAuthorizationSpecificationError: "the database refuses our user or password",
    asyncpg.InvalidCatalogNameError: "there is no database of that name",
    asyncpg.DiskFullError: "the disk of the database is full",
    asyncpg.ReadOnlySQLTransactionError: "the database can only be read",
    asyncpg.TooManyConnectionsError: "the database has too many connections",
    asyncpg.InsufficientPrivilegeError: "our user may not make or use the tables",
    asyncpg.PostgresConnectionError: "the connection was lost",
    asyncpg.OperatorInterventionError: "the database is starting or stopping",
}
_READ_SIZE = 500
Result = TypeVar("Result")


class Postgres:
    """A database by its URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._runner = asyncio.Runner()
        self._connection: asyncpg.Connection[Any] | None = None

    def open(self) -> None:
        """Connect, and bring the tables up to date."""
        self._abandon()
        self._told(self._connect())

    def write(self, batch: Batch, now: int) -> list[bool]:
        """One transaction; which keys were new."""

        async def writing(connection: asyncpg.Connection[Any]) -> list[bool]:
            if batch.rows["decision_list"]:
                await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _LISTS_LOCK)
            for table, rows in batch.rows.items():
                if rows:
                    await connection.executemany(store.INSERT[table], rows)
            fresh = [
                _count(await connection.execute(store.REMEMBER, key, until, now)) == 1
                for key, until in batch.once
            ]
            await connection.execute(store.BEAT, now)
            return fresh

        return self._in_transaction(writing)

    def forget(self, before: int, now: int) -> bool:
        """Remove a chunk of what is old; whether there may be more."""

        async def removing(connection: asyncpg.Connection[Any]) -> bool:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LISTS_LOCK, timeout=LOCK_SECONDS)
            decided = [row["decided"] for row in await connection.fetch(store.OLD_CALLS, before)]
            await connection.executemany(store.UNUSED, [(each,) for each in sorted(set(decided))])
            aged = ((store.OLD_CARDS, before), (store.OLD_FEEDBACK, before), (store.EXPIRED, now))
            gone = [_count(await connection.execute(sql, end)) for sql, end in aged]
            return store.CHUNK in (len(decided), *gone)

        return self._in_transaction(removing)

    def read(self, sql: str, values: Sequence[Value] = ()) -> Iterator[Row]:
        """The rows of a query, fetched in portions."""
        connection = self._open()
        transaction = connection.transaction(isolation="repeatable_read", readonly=True)
        self._told(transaction.start())
        try:
            cursor = self._told(connection.cursor(sql, *values))
            while rows := self._told(cursor.fetch(_READ_SIZE)):
                yield from (tuple(row) for row in rows)
        finally:
            self._told(transaction.rollback())

    def close(self) -> None:
        """Let go of the connection and the loop."""
        self._abandon()
        self._runner.close()

    async def _connect(self) -> None:
        self._connection = connection = await asyncpg.connect(
            self._url,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            statement_cache_size=0,  # a pooler in between may hand each transaction another session
        )
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _MIGRATION_LOCK)
            await connection.execute(migrate.APPLIED)
            applied = {row["number"] for row in await connection.fetch("SELECT number FROM migration")}
            for each in migrate.missing(applied):
                for statement in each.statements:
                    await connection.execute(statement, timeout=MIGRATION_SECONDS)
                await connection.execute(
                    "INSERT INTO migration VALUES ($1, $2, (1000 * extract(epoch FROM now()))::bigint)",
                    each.number,
                    each.name,
                )

    def _in_transaction(self, work: Callable[[asyncpg.Connection[Any]], Awaitable[Result]]) -> Result:
        connection = self._open()

        async def within() -> Result:
            async with connection.transaction():
                return await work(connection)

        return self._told(within())

    def _open(self) -> asyncpg.Connection[Any]:
        if self._connection is None or self._connection.is_closed():
            raise StoreUnavailable("the database is not connected")
        return self._connection

    def _abandon(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                self._connection.terminate()
        self._connection = None

    def _told(self, work: Awaitable[Result]) -> Result:
        """Run work on our loop; whatever is not a faulty row is StoreUnavailable, in our own words."""

        async def working() -> Result:
            return await work

        try:
            return self._runner.run(working())
        except _FAULTY_ROW:
            raise
        except asyncpg.PostgresError as error:
            raise StoreUnavailable(_why(error)) from error
        except TimeoutError as error:
            raise StoreUnavailable("the database does not answer in time") from error
        except (OSError, asyncpg.InterfaceError) as error:
            raise StoreUnavailable("the database cannot be reached") from error


def _why(error: asyncpg.PostgresError) -> str:
    known = (said for kind, said in _WHY.items() if isinstance(error, kind))
    return next(known, f"the database reports error {error.sqlstate or 'without a code'}")


def _count(status: str) -> int:
    """The rows that a command touched: `INSERT 0 1`, `DELETE 20`."""
    return int(status.rpartition(" ")[2])
