"""One round of writing after another: what to try, what to keep, and how the store is. No thread, no loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic, time

from app.journal.store import Batch, Row, Store, StoreUnavailable, Value
from app.logs import describe

BEAT_SECONDS = 5.0
"""An idle store is written to this often, so that its loss is noticed."""
RETRY_SECONDS = 1.0
"""A lost store is tried this often."""
FORGET_SECONDS = 600.0
_DAY = 86_400_000
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Unit:
    """What is written together or not at all.

    `done` is told whether its key was new, or what went wrong; without it nobody waits, and the unit is
    kept until it can be written.
    """

    rows: tuple[tuple[str, Row], ...]
    once: tuple[str, int] | None = None
    done: Callable[[bool | Exception], None] | None = None


class Rounds:
    """Writes to a store and remembers how that went. `why` says what is wrong with it, "" when nothing is.

    `written` and `refused` count rows and faulty units; `kept` are units that wait for a lost store.
    """

    def __init__(
        self,
        store: Store,
        retention_days: int,
        say: Callable[..., object],
        *,
        tick: Callable[[], float] = monotonic,
        clock: Callable[[], float] = time,
    ) -> None:
        self.why = ""
        self.written = 0
        self.refused = 0
        self.kept: list[Unit] = []
        self._store = store
        self._retention = retention_days * _DAY
        self._say = say
        self._tick = tick
        self._clock = clock
        self._tried = self._forgot = _NEVER

    def round(self, units: Iterable[Unit], last: bool = False) -> None:
        """Write these and what was kept, when it is time to; who waits is told in any case."""
        self.kept += units
        since = self._tick() - self._tried
        if last or since >= (RETRY_SECONDS if self.why else 0 if self.kept else BEAT_SECONDS):
            self._tried = self._tick()
            self.kept = self._write(self.kept)
            self._forget()
        else:
            self.kept = _refused(self.kept, StoreUnavailable(self.why))

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def _write(self, units: list[Unit]) -> list[Unit]:
        """All in one transaction; when a row is faulty, each unit in its own. Returns what is to be kept."""
        try:
            said = self._durably(units)
        except StoreUnavailable as lost:
            return self._lose(lost, units)
        except Exception as error:
            if len(units) > 1:
                return self._singly(units)
            self.refused += 1
            self._say("journal row refused", **describe(error))
            _refused(units, error)
            return []
        self._find(units, said)
        return []

    def _singly(self, units: list[Unit]) -> list[Unit]:
        kept: list[Unit] = []
        for each in units:
            kept += _refused([each], StoreUnavailable(self.why)) if self.why else self._write([each])
        return kept

    def _durably(self, units: list[Unit]) -> Sequence[bool | StoreUnavailable]:
        """Write, with a new connection when the old one does not serve any more.

        What to say of each key. The first try may have been done, and only the word of it lost: rows are
        there once all the same, but of a key that is there nobody can say any more who brought it.
        """
        batch, now = _batch(units), int(self._clock() * 1000)
        try:
            return self._store.write(batch, now)
        except StoreUnavailable as lost:
            self._store.open()
            return [new or lost for new in self._store.write(batch, now)]

    def _find(self, units: list[Unit], said: Sequence[bool | StoreUnavailable]) -> None:
        """The units are on disk; `said` is told to those with keys."""
        if self.why:
            self._say("store available again")
        self.why = ""
        self.written += sum(len(each.rows) for each in units)
        told = [(each, outcome) for (_, each), outcome in zip(_by_key(units), said, strict=True)]
        for each, outcome in (*told, *((each, True) for each in units if not each.once)):
            if each.done:
                each.done(outcome)

    def _lose(self, lost: StoreUnavailable, units: list[Unit]) -> list[Unit]:
        if self.why != lost.why:
            self._say("store unavailable", why=lost.why)
        self.why = lost.why
        return _refused(units, lost)

    def _forget(self) -> None:
        """Retention, a chunk a round, while the store is there.

        Whether it is there is for writing to find out: forgetting can fail where every write succeeds.
        """
        if self.why or self._tick() - self._forgot < FORGET_SECONDS:
            return
        self._forgot = self._tick()
        now = int(self._clock() * 1000)
        try:
            if self._store.forget(now - self._retention if self._retention else 0, now):
                self._forgot = _NEVER
        except StoreUnavailable as error:
            self._say("retention failed", level="warning", why=error.why)


def _refused(units: Iterable[Unit], error: Exception) -> list[Unit]:
    """Who waits is told; the others are given back."""
    others = []
    for each in units:
        if each.done:
            each.done(error)
        else:
            others.append(each)
    return others


def _by_key(units: Iterable[Unit]) -> list[tuple[tuple[str, int], Unit]]:
    """Those that bring a key, in the order of the keys; of the same key, as they came."""
    return sorted(((each.once, each) for each in units if each.once), key=lambda pair: pair[0][0])


def _batch(units: Sequence[Unit]) -> Batch:
    """The rows of the units, each key once, as the store has it: most calls share their list of decisions.

    In one order everywhere: two instances never wait for each other in a ring.
    """
    batch = Batch(once=[once for once, _ in _by_key(units)])
    rows: dict[str, dict[Value, Row]] = {table: {} for table in batch.rows}
    for unit in units:
        for table, row in unit.rows:
            rows[table].setdefault(row[0], row)
    for table, by_key in rows.items():
        batch.rows[table] = [by_key[key] for key in sorted(by_key, key=str)]
    return batch
