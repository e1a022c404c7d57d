"""Rows and stores for tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.journal.store import Batch, Row, StoreUnavailable, Value


def feedback(id: str, card: str = "card", outcome: str = "overridden", **changes: Value) -> tuple[str, Row]:
    """A row of feedback with its table."""
    row: dict[str, Value] = {
        "id": id, "at": 1000, "client": "ehr", "service": "s", "card": card, "outcome": outcome,
        "outcome_at": 1000, "suggestions": "[]", "reason": None, "counts_apart": 0, "comment": None,
        "hash_key": "k", **changes,
    }  # fmt: skip
    return "feedback", tuple(row.values())


def call(id: str, at: int = 1000, decided: str = "d") -> tuple[str, Row]:
    """A row of a hook call with its table."""
    return "hook_call", (id, at, "ehr", "s", "h", "i", "p", None, None, "k", decided, "[]", "{}")


def decisions(digest: str = "d") -> tuple[str, Row]:
    """A list of decisions with its table."""
    return "decision_list", (digest, "1", "c", "[]")


@dataclass
class Kept:
    """A store that is a list. `lost` says why it cannot be used, `faulty` ids make a batch fail."""

    rows: list[Row] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    lost: str = ""
    faulty: frozenset[str] = frozenset()
    opened: int = 0
    closed: int = 0
    writes: int = 0
    forgotten: list[int] = field(default_factory=list)
    more: list[bool] = field(default_factory=list)

    def open(self) -> None:
        """Opens unless it is lost."""
        self.opened += 1
        if self.lost:
            raise StoreUnavailable(self.lost)

    def write(self, batch: Batch, now: int) -> list[bool]:
        """Takes rows in the order in which they come."""
        self.writes += 1
        if self.lost or not self.opened:
            raise StoreUnavailable(self.lost or "not open")
        rows = [row for table in batch.rows.values() for row in table]
        if any(row[0] in self.faulty for row in rows):
            raise ValueError("Marker8731")
        self.rows += rows
        fresh = []
        for key, _ in batch.once:
            fresh.append(key not in self.keys)
            self.keys.add(key)
        return fresh

    def forget(self, before: int, now: int) -> bool:
        """Notes until when."""
        self.forgotten.append(before)
        return self.more.pop() if self.more else False

    def read(self, sql: str, values: Sequence[Value] = ()) -> Iterator[Row]:
        """All rows."""
        yield from self.rows

    def close(self) -> None:
        """Counts."""
        self.closed += 1
