"""The writer: one thread that owns the store, and the queues that lead to it.

A hook call leaves a reference in a bounded queue and goes on; the thread looks every `LINGER` seconds and
writes all there is in one transaction. What must be durable before it is acknowledged (`put`,
`remember_once`) wakes the thread at once and waits for the disk, together with whoever else waits.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.journal.rounds import Rounds, Unit
from app.journal.store import Row, StoreUnavailable
from app.logs import describe

LINGER = 0.25
"""Seconds that a hook call may wait in memory; a process that is killed loses those."""
ROOM = 4000
"""Hook calls that may wait: past that the newest is dropped and counted."""
WAITING = 1000
"""Requests that may wait for the disk: past that the store counts as unavailable."""
PATIENCE = 3.0
"""Seconds that a request waits for the disk."""
_NOT_RUNNING = "the journal is not running"
_Item = TypeVar("_Item")


class Noted(Protocol):
    """A hook call as it waits for the writer: references, turned into rows there."""

    def rows(self) -> Iterable[tuple[str, Row]]:
        """Its rows, each with its table."""
        ...


@dataclass(frozen=True, slots=True)
class State:
    """How the store is: `why` says what is wrong ("" when nothing is), the rest counts since the start.

    `written` counts rows; `dropped` calls for want of room, `refused` what the store would not take, and
    `waiting` calls that are not written yet.
    """

    why: str
    written: int
    dropped: int
    refused: int
    waiting: int


class Writer:
    """Runs the rounds of a store. `say` gets an event and its fields, for the log."""

    def __init__(self, rounds: Rounds, say: Callable[..., object]) -> None:
        self._rounds = rounds
        self._say = say
        self._calls: deque[Noted] = deque()
        self._asks: deque[Unit] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._dropped = self._told = 0

    @property
    def state(self) -> State:
        """How the store is at this moment."""
        rounds = self._rounds
        why = rounds.why if self._runs() else _NOT_RUNNING
        return State(why, rounds.written, self._dropped, rounds.refused, self._waiting())

    async def wrong(self) -> str:
        """What is wrong with the store, "" when nothing is."""
        return self.state.why

    async def run(self) -> None:
        """Write until cancelled, and then what still waits."""
        self.start()
        try:
            await asyncio.Event().wait()
        finally:
            await self.stop()

    def start(self) -> None:
        """Begin; a store that cannot be opened is tried until it can."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Write what waits and close the store; one that does not answer is given up after a while."""
        if self._thread is not None:
            self._stopping = True
            self._wake.set()
            await asyncio.to_thread(self._thread.join, 2 * PATIENCE)
            self._thread = None

    def note(self, call: Noted) -> None:
        """Leave a hook call to be written; never waits."""
        if not self._runs() or self._waiting() >= ROOM:
            self._dropped += 1
        else:
            self._calls.append(call)

    async def put(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Returns when the rows are on disk; StoreUnavailable when they are not known to be."""
        await self._ask(tuple(rows), None)

    async def remember_once(self, key: str, until: float) -> bool:
        """Whether nobody remembered this key yet; it is remembered until `until` (seconds since 1970).

        True for exactly one caller among all that share the store, also when they ask at the same moment.
        StoreUnavailable when nobody can tell. Costs a commit: milliseconds, shared by all who wait.
        """
        return await self._ask((), (key, int(until * 1000)))

    async def _ask(self, rows: tuple[tuple[str, Row], ...], once: tuple[str, int] | None) -> bool:
        why = self.state.why
        if why or len(self._asks) >= WAITING:
            raise StoreUnavailable(why or "too many requests wait for it")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()

        def done(outcome: bool | Exception) -> None:
            with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(_settle, answer, outcome)

        self._asks.append(Unit(rows, once, done))
        self._wake.set()
        try:
            return await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            raise StoreUnavailable("it does not answer in time") from None

    def _runs(self) -> bool:
        """Whether the thread is there: when it has ended, by whatever, nothing is written any more."""
        return self._thread is not None and self._thread.is_alive()

    def _waiting(self) -> int:
        return len(self._calls) + len(self._rounds.kept)

    def _run(self) -> None:
        """The thread. It survives every exception: nothing that is written may end the writing."""
        while True:
            last = self._stopping
            self._wake.clear()
            try:
                self._round(last)
            except Exception as error:
                self._say("journal failed", **describe(error))
            if last:
                break
            self._wake.wait(LINGER)
        self._rounds.close()

    def _round(self, last: bool) -> None:
        self._rounds.round([*_drained(self._asks), *self._encoded()], last)
        if self._dropped != self._told:
            self._say("journal overflow", dropped=self._dropped)
            self._told = self._dropped

    def _encoded(self) -> Iterator[Unit]:
        for call in _drained(self._calls):
            try:
                yield Unit(tuple(call.rows()))
            except Exception as error:
                self._rounds.refused += 1
                self._say("journal row refused", **describe(error))


def _drained(waiting: deque[_Item]) -> Iterator[_Item]:
    """What waits at this moment, and nothing that comes meanwhile."""
    for _ in range(len(waiting)):
        yield waiting.popleft()


def _settle(answer: asyncio.Future[bool], outcome: bool | Exception) -> None:
    if answer.done():  # nobody waits any more
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
