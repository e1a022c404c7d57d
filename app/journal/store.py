"""What a store can do, and the rows it holds. Stores are used from one thread, the writer's.

Every write is one transaction that is on disk when `write` returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote, urlsplit

Value = str | int | None
Row = tuple[Value, ...]

COLUMNS = {
    "decision_list": ("digest", "content_version", "content_digest", "decisions"),
    "hook_call": (
        "id", "at", "client", "service", "hook", "hook_instance", "patient_hash", "user_hash",
        "encounter_hash", "hash_key", "decided", "not_read", "stage_ms",
    ),
    "card": ("uuid", "at", "client", "call", "recommendation", "indicator", "suggestions"),
    "feedback": (
        "id", "at", "client", "service", "card", "outcome", "outcome_at", "suggestions", "reason",
        "counts_apart", "comment", "hash_key",
    ),
}  # fmt: skip
"""The tables that are only ever added to; a row whose key is there already is left as it is."""
INSERT = {
    table: f"INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608 - the names stand above
    f"VALUES ({', '.join(f'${number}' for number in range(1, len(names) + 1))}) ON CONFLICT DO NOTHING"
    for table, names in COLUMNS.items()
}
BEAT = "INSERT INTO heartbeat (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
REMEMBER = (
    "INSERT INTO remembered (key, until) VALUES ($1, $2) "
    "ON CONFLICT (key) DO UPDATE SET until = excluded.until WHERE remembered.until <= $3"
)
"""Changes one row, or none when the key is remembered still; $3 is now."""
CHUNK = 2000
"""Rows that retention removes at a time, so that it never holds up what is being written."""
OLD_CALLS, OLD_CARDS, OLD_FEEDBACK, EXPIRED = (
    f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {column} < $1 LIMIT {CHUNK})"  # noqa: S608
    for table, key, column in (
        ("hook_call", "id", "at"),
        ("card", "uuid", "at"),
        ("feedback", "id", "at"),
        ("remembered", "key", "until"),
    )
)
"""A chunk of what is older than `$1` of each table that grows."""
OLD_CALLS += " RETURNING decided"
UNUSED = (
    "DELETE FROM decision_list WHERE digest = $1 AND NOT EXISTS (SELECT 1 FROM hook_call WHERE decided = $1)"
)
"""Removes the list of decisions of calls that went, unless another call has it."""


class StoreUnavailable(Exception):
    """The store cannot be used now; `why` is a phrase of our own wording, for people."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(slots=True)
class Batch:
    """What one transaction writes: rows by table, and keys to remember, each with its end (ms)."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    once: list[tuple[str, int]] = field(default_factory=list)


class Store(Protocol):
    """One database. Every method but `close` raises StoreUnavailable when it cannot do its work."""

    def open(self) -> None:
        """Connect, and bring the tables up to date. Closes what was open before."""
        ...

    def write(self, batch: Batch, now: int) -> list[bool]:
        """Write a batch durably; which of its keys were new, in order. `now` is in ms."""
        ...

    def forget(self, before: int, now: int) -> bool:
        """Remove a chunk of what is older than `before`, and expired keys; whether there may be more."""
        ...

    def read(self, sql: str, values: Sequence[Value] = ()) -> Iterator[Row]:
        """The rows of a query whose values are `$1`, `$2`, …"""
        ...

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        ...


def open_store(url: str) -> Store:
    """The store of a URL: `sqlite:///relative`, `sqlite:////absolute`, `postgresql://…`. Not connected yet.

    ValueError says which URLs there are.
    """
    scheme = urlsplit(url).scheme
    if scheme in ("postgresql", "postgres"):
        from app.journal.postgres import Postgres  # costs start-up time and memory, which few need

        return Postgres(url)
    path = unquote(url.removeprefix("sqlite:///"))
    if scheme == "sqlite" and url.startswith("sqlite:///") and path:
        from app.journal.sqlite import Sqlite

        return Sqlite(path)
    raise ValueError("is sqlite:///relative/path, sqlite:////absolute/path or postgresql://…")
