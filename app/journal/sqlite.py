"""SQLite as a store: write-ahead log, every commit synced to the disk, several processes on one file."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from app.journal import migrate, store
from app.journal.store import Batch, Row, StoreUnavailable, Value

BUSY_SECONDS = 2.0
"""How long to wait for another process that writes."""
_NUMBERED = re.compile(r"\$(\d+)")
_WHY = {
    "FULL": "the disk is full",
    "READONLY": "the file or its disk can only be read",
    "CANTOPEN": "the file cannot be opened or made",
    "BUSY": "another process keeps the file locked",
    "LOCKED": "another process keeps the file locked",
    "CORRUPT": "the file is damaged",
    "NOTADB": "the file is damaged",
    "IOERR": "the disk reports errors",
}


class Sqlite:
    """A file; its folder is made when it is missing, and only its owner may read either."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)

    def open(self) -> None:
        """Connect, and bring the tables up to date."""
        self.close()
        with _told():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made by one only: closing a file that is in use would let go of SQLite's locks on it.
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._connection = connection = sqlite3.connect(self.path, BUSY_SECONDS, isolation_level=None)
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            self._file = _identity(self.path)
            self._migrate(connection)

    def write(self, batch: Batch, now: int) -> list[bool]:
        """One transaction; which keys were new."""
        with self._transaction() as connection:
            for table, rows in batch.rows.items():
                if rows:
                    connection.executemany(_own(store.INSERT[table]), rows)
            fresh = [
                connection.execute(_own(store.REMEMBER), (key, until, now)).rowcount == 1
                for key, until in batch.once
            ]
            connection.execute(_own(store.BEAT), (now,))
        return fresh

    def forget(self, before: int, now: int) -> bool:
        """Remove a chunk of what is old; whether there may be more."""
        with self._transaction() as connection:
            decided = connection.execute(_own(store.OLD_CALLS), (before,)).fetchall()
            connection.executemany(_own(store.UNUSED), sorted(set(decided)))
            aged = ((store.OLD_CARDS, before), (store.OLD_FEEDBACK, before), (store.EXPIRED, now))
            gone = [connection.execute(_own(sql), (end,)).rowcount for sql, end in aged]
        return store.CHUNK in (len(decided), *gone)

    def read(self, sql: str, values: Sequence[Value] = ()) -> Iterator[Row]:
        """The rows of a query."""
        with _told():
            yield from self._open().execute(_own(sql), values)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _migrate(self, connection: sqlite3.Connection) -> None:
        with self._transaction():
            connection.execute(migrate.APPLIED)
            applied = {number for (number,) in connection.execute("SELECT number FROM migration")}
            for each in migrate.missing(applied):
                for statement in each.statements:
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO migration VALUES (?, ?, 1000 * unixepoch())", (each.number, each.name)
                )

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreUnavailable("the file is not open")
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _told():
            connection = self._open()
            if _identity(self.path) != self._file:  # SQLite would go on writing into a file without a name
                raise StoreUnavailable("the file was moved or removed")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise


def _own(sql: str) -> str:
    """`$1` as SQLite numbers its values."""
    return _NUMBERED.sub(r"?\1", sql)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the log on. SQLite refuses two at once here without waiting, whatever its timeout."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
        time.sleep(0.01)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the disk and the file as StoreUnavailable; a faulty row stays what it is."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError):
        raise
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").partition("_")[0]
        raise StoreUnavailable(_WHY.get(name, "the file cannot be used")) from error
    except OSError as error:
        raise StoreUnavailable(f"the file cannot be used ({os.strerror(error.errno or 0)})") from error
