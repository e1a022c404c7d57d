"""The writer's thread: what is acknowledged, what never waits, and what stopping writes."""

from __future__ import annotations

import asyncio
import errno
import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.journal import writer as module
from app.journal.rounds import Rounds
from app.journal.store import Batch, Row, StoreUnavailable
from app.journal.writer import Writer
from app.logs import logger
from tests.journal.rows import Kept, feedback


class Call:
    """A hook call of one row."""

    def __init__(self, id: str) -> None:
        self.id = id

    def rows(self) -> Iterator[tuple[str, Row]]:
        """The row, unless it is called bad."""
        if self.id == "bad":
            raise ValueError("Marker8731")
        yield feedback(self.id)


class Held(Kept):
    """A store whose writes wait until it is let go."""

    def __init__(self) -> None:
        super().__init__(opened=1)
        self.writing, self.go = threading.Event(), threading.Event()

    def write(self, batch: Batch, now: int) -> list[bool]:
        """Waits."""
        self.writing.set()
        self.go.wait(10)
        return super().write(batch, now)


def write_to(store: Kept, said: list[Any] | None = None) -> Writer:
    """A writer to a store."""
    events = [] if said is None else said

    def say(event: str, **fields: Any) -> None:
        events.append((event, fields))

    return Writer(Rounds(store, 0, say), say)


async def test_put_returns_when_the_rows_are_in_the_store() -> None:
    store = Kept()
    writer = write_to(store)
    writer.start()
    await asyncio.gather(*(writer.put([feedback(str(number))]) for number in range(20)))
    assert len(store.rows) == 20
    await writer.stop()
    assert store.closed == 1


async def test_stopping_writes_the_calls_that_still_wait() -> None:
    store = Kept()
    writer = write_to(store)
    task = asyncio.create_task(writer.run())
    await asyncio.sleep(0)
    for number in range(50):
        writer.note(Call(str(number)))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (len(store.rows), writer.state.why) == (50, "the journal is not running")


async def test_a_key_is_new_for_one_of_many_who_ask_at_once() -> None:
    writer = write_to(Kept())
    writer.start()
    answers = await asyncio.gather(*(writer.remember_once("key", 9e9) for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]
    await writer.stop()


async def test_before_it_runs_nothing_is_taken_and_nothing_waits() -> None:
    writer = write_to(Kept())
    writer.note(Call("a"))
    with pytest.raises(StoreUnavailable):
        await writer.put([feedback("a")])
    assert (await writer.wrong(), writer.state.dropped) == ("the journal is not running", 1)
    await writer.stop()


async def test_a_lost_store_fails_who_waits_at_once_and_says_why() -> None:
    writer = write_to(Kept(lost="the disk is full"))
    writer.start()
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            await writer.put([feedback("a")])
    assert await writer.wrong() == "the disk is full"
    await writer.stop()


async def test_a_store_that_hangs_never_holds_up_a_call_and_overflow_is_counted_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ROOM", 3)
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    store, said = Held(), []
    writer = write_to(store, said)
    writer.start()
    await asyncio.to_thread(store.writing.wait, 10)
    for number in range(5):
        writer.note(Call(str(number)))
    with pytest.raises(StoreUnavailable, match="in time"):
        await writer.put([feedback("late")])
    assert (writer.state.waiting, writer.state.dropped) == (3, 2)
    store.go.set()
    monkeypatch.setattr(module, "PATIENCE", 5)
    await writer.stop()
    assert {row[0] for row in store.rows} == {"0", "1", "2", "late"}
    assert ("journal overflow", {"dropped": 2}) in said


async def test_too_many_who_wait_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 1)
    store = Held()
    writer = write_to(store)
    writer.start()
    await asyncio.to_thread(store.writing.wait, 10)
    first = asyncio.create_task(writer.put([feedback("a")]))
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="too many"):
        await writer.put([feedback("b")])
    store.go.set()
    await first
    await writer.stop()


async def test_a_call_that_cannot_be_turned_into_rows_costs_nobody_else_theirs() -> None:
    store, said = Kept(), []
    writer = write_to(store, said)
    writer.start()
    for each in ("a", "bad", "b"):
        writer.note(Call(each))
    await writer.stop()
    assert ({row[0] for row in store.rows}, writer.state.refused) == ({"a", "b"}, 1)
    assert "Marker8731" not in repr(said)


async def test_the_thread_outlives_what_nobody_expected() -> None:
    class Breaking(Kept):
        def forget(self, before: int, now: int) -> bool:
            raise RuntimeError("Marker8731")

    said: list[Any] = []
    writer = write_to(Breaking(), said)
    writer.start()
    await writer.put([feedback("a")])
    await writer.put([feedback("b")])
    await writer.stop()
    assert said[0][0] == "journal failed"
    assert "Marker8731" not in repr(said)


async def test_the_thread_outlives_a_log_that_takes_nothing() -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "no room")

    store, say = Kept(opened=1, lost="the disk is full"), logger(Full())
    writer = Writer(Rounds(store, 0, say, tick=iter(range(1000)).__next__), say)
    writer.start()
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        await writer.put([feedback("a")])
    writer.note(Call("bad"))
    writer.note(Call("b"))
    store.lost = ""
    await writer.stop()
    assert [row[0] for row in store.rows] == ["b"]


async def test_a_thread_that_has_ended_is_said_and_nothing_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Ending(Kept):
        def write(self, batch: Batch, now: int) -> list[bool]:
            raise SystemExit

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    writer = write_to(Ending())
    writer.start()
    assert writer._thread
    await asyncio.to_thread(writer._thread.join, 10)
    with pytest.raises(StoreUnavailable, match="not running"):
        await writer.put([feedback("a")])
    writer.note(Call("b"))
    assert (await writer.wrong(), writer.state.dropped) == ("the journal is not running", 1)
    await writer.stop()


async def test_who_went_away_meanwhile_is_not_told() -> None:
    store = Held()
    writer = write_to(store)
    writer.start()
    await asyncio.to_thread(store.writing.wait, 10)
    gone = asyncio.create_task(writer.put([feedback("a")]))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    store.go.set()
    await writer.stop()
    assert [row[0] for row in store.rows] == ["a"]
