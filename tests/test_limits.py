"""What is read of a request, and until when."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.errors import HeadTooLarge, Overloaded, TooLarge
from app.limits import LET_IN, MOST_HEAD, MOST_HELD, RECEIVED, Bodies, Limits, Turns


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads the whole body and says how long it was."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "read", "length": length})


async def sent(*parts: bytes, limit: int = 10, **headers: str) -> tuple[int, int]:
    """Send a body in parts: its length as it was read, and how many parts were taken."""
    waiting: list[Message] = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, 1)
    ]
    lengths: list[int] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        lengths.append(message["length"])

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "headers": named}
    try:
        await Limits(read_all, limit, 1, Turns())(scope, receive, send)
    except TooLarge:
        return -1, len(parts) - len(waiting)
    return lengths[0], len(parts) - len(waiting)


async def test_a_body_up_to_the_limit_is_read() -> None:
    assert await sent(b"12345", b"67890", content_length="10") == (10, 2)


async def test_a_body_announced_too_large_is_refused_before_any_of_it_is_read() -> None:
    assert await sent(b"12345", content_length="11") == (-1, 0)


async def test_a_length_of_thousands_of_digits_is_too_large() -> None:
    assert await sent(b"12345", content_length="9" * 5000) == (-1, 0)


async def test_a_body_that_grows_over_the_limit_is_refused_as_soon_as_it_does() -> None:
    assert await sent(b"12345", b"67890", b"1", b"never") == (-1, 3)


@pytest.mark.parametrize("announced", ["abc", "-1", "", "1e9"])
async def test_a_length_that_is_no_number_does_not_help(announced: str) -> None:
    assert await sent(b"12345", b"678901", content_length=announced) == (-1, 2)
    assert await sent(b"12345", content_length=announced) == (5, 1)


async def test_other_scopes_pass() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await Limits(app, 1, 1, Turns())({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == ["lifespan"]


async def answered(scope: dict[str, Any], now: float = 0.0) -> None:
    """Read a short body; `now` is the time when it is read."""

    async def receive() -> Message:
        return {"type": "http.request", "body": b"1"}

    async def send(_: Message) -> None:
        pass

    await Limits(read_all, 10, 0.2, Turns(), lambda: now)(
        {"type": "http", "headers": [], **scope}, receive, send
    )


async def test_a_head_up_to_the_limit_is_read() -> None:
    await answered({"headers": [(b"x" * 24, b"y" * (MOST_HEAD // 2 - 24))] * 2})


async def test_a_larger_head_is_refused() -> None:
    with pytest.raises(HeadTooLarge):
        await answered(
            {"headers": [(b"x" * 24, b"y" * (MOST_HEAD // 2 - 23)), (b"x", b"y" * (MOST_HEAD // 2))]}
        )


async def test_what_has_waited_too_long_for_its_turn_is_not_begun() -> None:
    await answered({RECEIVED: 5.0}, now=5.1)
    with pytest.raises(Overloaded) as caught:
        await answered({RECEIVED: 5.0}, now=5.3)
    assert caught.value.reason == "late"
    assert caught.value.headers == {"Retry-After": "1"}


async def test_many_bodies_together_have_a_limit_and_give_back_what_they_held() -> None:
    bodies = Bodies()
    limits, another = (Limits(read_all, MOST_HELD, 1, Turns(), held=bodies) for _ in range(2))
    begun, on = asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        if begun.is_set():
            await on.wait()
            return {"type": "http.request", "body": b""}
        begun.set()
        return {"type": "http.request", "body": half, "more_body": True}

    async def more() -> Message:
        return {"type": "http.request", "body": half + b"1"}

    async def send(_: Message) -> None:
        pass

    half = b"1" * (MOST_HELD // 2)
    scope = {"type": "http", "headers": []}
    first = asyncio.create_task(limits(scope, receive, send))
    await begun.wait()
    with pytest.raises(Overloaded) as caught:
        await another(scope, more, send)
    assert caught.value.reason == "memory"
    on.set()
    await first
    await limits(scope, more, send)
    assert limits.held.bytes == 0


async def test_calls_go_on_one_by_one_and_in_order_while_the_loop_turns() -> None:
    turns, turn, gone_on = Turns(), 0, []

    async def call(name: int) -> None:
        await turns.wait()
        gone_on.append((name, turn))

    calls = [asyncio.create_task(call(name)) for name in range(5)]
    calls[2].cancel()
    for _ in range(12):
        await asyncio.sleep(0)
        turn += 1
    assert [name for name, _ in gone_on] == [0, 1, 3, 4]
    assert len({turn for _, turn in gone_on}) == 4
    await asyncio.gather(*calls, return_exceptions=True)


async def test_a_call_alone_does_not_wait() -> None:
    turns = Turns()
    for _ in range(3):
        waiting = turns.wait()
        with pytest.raises(StopIteration):
            waiting.send(None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_a_call_that_is_gone_keeps_nobody_waiting() -> None:
    turns = Turns()
    await turns.wait()
    gone, here = asyncio.create_task(turns.wait()), asyncio.create_task(turns.wait())
    await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(5):
        await here
        await turns.wait()


async def test_the_lag_is_the_time_that_the_next_call_has_waited() -> None:
    now = [0.0]
    turns = Turns(lambda: now[0])
    assert turns.lag() == 0
    await turns.wait()
    waiting = asyncio.create_task(turns.wait())
    await asyncio.sleep(0)
    turns._waiting.append((asyncio.get_running_loop().create_future(), 2.0))
    now[0] = 3.0
    await waiting
    assert turns.lag() in (0.0, 1.0)


async def turns_until_the_next_call(turns: Turns, connections: int) -> int:
    """How many turns of the loop the next call waits while so many connections come, one a turn."""
    waiting, passed = asyncio.create_task(turns.wait()), 0
    await turns.wait()
    while not waiting.done():
        passed += 1
        if passed <= connections:
            turns.accepted()
        await asyncio.sleep(0)
    return passed


async def test_connections_that_come_are_let_in_before_the_next_call_goes_on() -> None:
    alone = await turns_until_the_next_call(Turns(), 0)
    assert await turns_until_the_next_call(Turns(), 3) == alone + 3


async def test_connections_without_end_do_not_keep_calls_waiting() -> None:
    alone = await turns_until_the_next_call(Turns(), 0)
    assert await turns_until_the_next_call(Turns(), 10_000) == alone + LET_IN


async def test_those_who_have_waited_too_long_take_no_turn_from_the_others() -> None:
    now, gone_on = [0.0], list[int]()
    turns = Turns(lambda: now[0], patience=1.0)

    async def call(name: int) -> None:
        await turns.wait()
        gone_on.append(name)

    async def come(*names: int) -> list[asyncio.Task[None]]:
        coming = [asyncio.create_task(call(name)) for name in names]
        turns.accepted()  # connections that come hold up the next call until all of these wait
        await asyncio.sleep(0)
        return coming

    await turns.wait()
    early = await come(0, 1, 2)
    now[0] = 5.0
    late = await come(3, 4)
    for _ in range(2):  # the turn of the next call, and the call
        await asyncio.sleep(0)
    assert gone_on == [0, 1, 2, 3]
    await asyncio.gather(*early, *late)
