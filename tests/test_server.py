"""One connection without a network: what it refuses by itself, with a clock that the test turns."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from app import logs
from app.errors import Failure, Overloaded
from app.limits import MOST_HEAD, RECEIVED
from app.server import MOST_UNREAD, Refused, bounded

HEAD = b"POST /cds-services/x HTTP/1.1\r\nhost: a\r\n"
EMPTY = HEAD + b"content-length: 0\r\n\r\n"


class Transport(asyncio.Transport):
    """A connection that nobody is at the other end of; `sent` is what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closing = self.aborted = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing is known."""
        return default

    def write(self, data: Any) -> None:
        """Keep it."""
        self.sent += bytes(data)

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closing

    def close(self) -> None:
        """Close it."""
        self.closing = True

    def abort(self) -> None:
        """Close it at once."""
        self.closing = self.aborted = True

    def pause_reading(self) -> None:
        """Nothing reads."""

    def resume_reading(self) -> None:
        """Nothing reads."""


@dataclass(slots=True)
class Timer:
    """A call that is due later."""

    seconds: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        """It is not due any more."""
        self.cancelled = True


class Loop:
    """The running loop, but time does not pass: `timers` are due when the test says so."""

    def __init__(self) -> None:
        self.timers: list[Timer] = []

    def create_task(self, work: Any) -> Any:
        """A real task."""
        return asyncio.get_running_loop().create_task(work)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Note the call."""
        self.timers.append(Timer(seconds, call))
        return self.timers[-1]


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body; answers with its length, and the time at which the server had it."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    answer = json.dumps({"length": length, "noted": RECEIVED in scope}).encode()
    headers = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


@dataclass(slots=True)
class Served:
    """A connection, what it refused, and the calls of others that are in flight."""

    app: Any = read_all
    most: int = 4
    loop: Loop = field(default_factory=Loop)
    transport: Transport = field(default_factory=Transport)
    state: ServerState = field(default_factory=ServerState)
    refused: list[Failure] = field(default_factory=list)
    connection: Any = None

    def __post_init__(self) -> None:
        make: Any = bounded(self.most, self.refused.append)
        config = Config(self.app, http=make, ws="none")
        self.connection = make(config=config, server_state=self.state, app_state={}, _loop=self.loop)
        self.connection.connection_made(self.transport)

    async def send(self, *parts: bytes) -> bytes:
        """Send bytes, and let what can run do so: what was written back."""
        for part in parts:
            if not self.transport.closing:
                self.connection.data_received(part)
        for _ in range(5):
            await asyncio.sleep(0)
        written, self.transport.sent = self.transport.sent, b""
        return written

    def time_passes(self) -> None:
        """Every timer that is not cancelled is due."""
        for timer in [each for each in self.loop.timers if not each.cancelled]:
            timer.cancelled = True
            timer.call()


async def test_a_request_is_answered_and_no_timer_but_keep_alive_is_left() -> None:
    served = Served()
    assert b'{"length": 3, "noted": true}' in await served.send(HEAD + b"content-length: 3\r\n\r\nabc")
    assert [each.seconds for each in served.loop.timers if not each.cancelled] == [5]
    assert not served.transport.closing


async def test_a_request_in_many_pieces_is_answered() -> None:
    served = Served()
    pieces = [bytes([each]) for each in HEAD + b"content-length: 3\r\n\r\nabc"]
    assert b"200" in await served.send(*pieces)


async def test_two_requests_in_one_piece_are_both_answered() -> None:
    assert (await Served().send(EMPTY * 2)).count(b"200 OK") == 2


async def test_a_connection_that_says_nothing_is_closed() -> None:
    served = Served()
    served.time_passes()
    assert served.transport.closing
    assert (served.transport.sent, served.refused) == (b"", [])


async def test_a_head_that_does_not_end_in_time_is_408() -> None:
    served = Served()
    await served.send(b"POST /x HT")
    served.time_passes()
    assert served.transport.sent.startswith(b"HTTP/1.1 408 ")
    assert [type(each).__name__ for each in served.refused] == ["TooSlow"]


async def test_a_byte_now_and_then_does_not_buy_time() -> None:
    served = Served()
    await served.send(*[b"\r\n"] * 5, *[bytes([each]) for each in b"POST /x"])
    timers = [each for each in served.loop.timers if not each.cancelled]
    assert len(timers) == 1
    served.time_passes()
    assert served.transport.closing


async def test_the_second_request_of_a_connection_has_to_arrive_in_time_too() -> None:
    served = Served()
    await served.send(EMPTY)
    await served.send(b"\r\n")
    served.time_passes()
    assert served.transport.closing


async def test_a_body_that_does_not_end_in_time_is_408_and_its_call_ends() -> None:
    served = Served()
    await served.send(HEAD + b"content-length: 9\r\n\r\nabc", b"d")
    assert len(served.state.tasks) == 1
    served.time_passes()
    assert served.transport.sent.startswith(b"HTTP/1.1 408 ")
    served.connection.connection_lost(None)
    await served_out(served)


async def served_out(served: Served) -> None:
    """Wait until no call is left."""
    for _ in range(5):
        await asyncio.sleep(0)
    assert served.state.tasks == set()


async def test_a_head_without_end_is_431_before_it_fills_the_memory() -> None:
    served = Served()
    piece = b"x-a: " + b"y" * 1000 + b"\r\n"
    written = await served.send(HEAD, *[piece] * 1000)
    assert written.startswith(b"HTTP/1.1 431 ")
    assert json.loads(written.partition(b"\r\n\r\n")[2])["resourceType"] == "OperationOutcome"
    assert served.connection.head < MOST_HEAD + 2 * len(piece)


async def test_a_large_body_in_few_pieces_is_no_large_head() -> None:
    served = Served()
    assert b"200 OK" in await served.send(
        HEAD + b"content-length: 300000\r\n\r\n" + b"x" * 200_000, b"x" * 100_000 + HEAD, b"\r\n"
    )
    assert served.refused == []


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers without reading."""
    await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


async def test_after_a_refusal_a_body_may_go_on_a_bit_but_not_for_ever() -> None:
    served = Served(refuse)
    assert b"413" in await served.send(HEAD + b"content-length: 10000000000\r\n\r\n")
    await served.send(b"x" * (MOST_UNREAD // 2))
    assert not served.transport.closing
    await served.send(b"x" * MOST_UNREAD)
    assert served.transport.closing


async def test_after_a_refusal_a_body_that_stalls_is_closed() -> None:
    served = Served(refuse)
    await served.send(HEAD + b"content-length: 10000000000\r\n\r\n", b"x")
    await served.send(b"x")
    served.time_passes()
    assert served.transport.closing
    assert served.refused == []


async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
    """Never answers."""
    await asyncio.Event().wait()


async def in_flight(number: int, **options: Any) -> Served:
    """A connection beside which so many calls are in flight."""
    served = Served(**options)
    others = [asyncio.get_running_loop().create_task(asyncio.sleep(3600)) for _ in range(number)]
    served.state.tasks.update(others)  # type: ignore[arg-type]
    return served


async def end(served: Served) -> None:
    """End what is in flight."""
    for each in served.state.tasks:
        each.cancel()
    await asyncio.gather(*served.state.tasks, return_exceptions=True)


async def test_one_call_too_many_is_shed_before_anything_else_runs() -> None:
    served = await in_flight(4)
    served.connection.data_received(HEAD + b"content-length: 3\r\n\r\nabc")
    written = served.transport.sent
    assert written.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in written
    assert json.loads(written.partition(b"\r\n\r\n")[2])["issue"][0]["code"] == "throttled"
    assert [each.reason for each in served.refused] == ["in-flight"]
    assert len(served.state.tasks) == 4
    assert not served.transport.closing
    await end(served)


async def test_shed_calls_of_one_piece_are_all_answered() -> None:
    served = await in_flight(4)
    served.connection.data_received(EMPTY * 2000)
    assert served.transport.sent.count(b"HTTP/1.1 503 ") == 2000
    await end(served)


async def test_up_to_the_limit_nothing_is_shed_and_after_it_the_service_is_back() -> None:
    served = await in_flight(3)
    assert b"200 OK" in await served.send(EMPTY)
    await end(served)
    served = await in_flight(4)
    assert b"503" in await served.send(EMPTY)
    await end(served)
    served.state.tasks.clear()
    assert b"200 OK" in await served.send(EMPTY)


async def test_calls_that_are_still_being_sent_keep_no_other_out() -> None:
    served = Served(most=1)
    await served.send(HEAD + b"content-length: 9\r\n\r\nabc")
    other = beside(served)
    assert b"200 OK" in await other.send(EMPTY)
    slow = await in_flight(1, most=1)
    assert b"503" in await slow.send(EMPTY)
    await end(slow)
    served.connection.connection_lost(None)
    assert served.connection.all_arriving.number == 1
    await served_out(served)
    served.time_passes()
    assert served.connection.all_arriving.number == 0


async def test_calls_that_are_sent_behind_another_of_their_connection_keep_no_other_out() -> None:
    served = Served(most=1)
    assert b"200 OK" in await served.send(EMPTY + HEAD + b"content-length: 9\r\n\r\nabc")
    assert (len(served.state.tasks), served.connection.all_arriving.number) == (1, 1)
    other = beside(served)
    assert b"200 OK" in await other.send(EMPTY)
    assert b'{"length": 9, "noted": true}' in await served.send(b"defghi")
    assert served.connection.all_arriving.number == 0


async def test_a_call_that_is_whole_when_its_turn_comes_takes_a_place() -> None:
    served = Served(waiting, most=1)
    own, served.connection.app = served.connection.app, read_all
    served.connection.data_received(EMPTY)
    served.connection.app = own
    await served.send(HEAD + b"content-length: 3\r\n\r\nabc")
    assert (len(served.state.tasks), served.connection.all_arriving.number) == (1, 0)
    assert b"503" in await beside(served).send(EMPTY)
    await end(served)


def beside(served: Served) -> Served:
    """Another connection to the same server."""
    other = Served(most=served.most, state=served.state)
    other.connection.all_arriving = served.connection.all_arriving
    return other


async def test_an_early_answer_or_a_late_one_leaves_nothing_arriving() -> None:
    for app in (refuse, read_all):
        served = Served(app)
        await served.send(HEAD + b"content-length: 9\r\n\r\n", b"123456789", EMPTY)
        assert served.connection.all_arriving.number == 0


async def test_while_others_wait_too_long_calls_are_shed_however_few_there_are() -> None:
    served = Served()
    waits = [True]
    served.connection.behind = lambda: waits[0]
    assert b"503" in await served.send(EMPTY)
    waits[0] = False
    assert b"200 OK" in await served.send(EMPTY)


async def test_health_is_asked_for_in_vain_by_nobody() -> None:
    served = await in_flight(400)
    assert b"200 OK" in await served.send(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n")
    await end(served)


async def test_who_does_not_take_answers_gets_no_more_of_them() -> None:
    served = await in_flight(4)
    served.connection.pause_writing()
    served.connection.data_received(EMPTY)
    assert (served.transport.aborted, served.transport.sent) == (True, b"")
    await end(served)


async def test_refusals_are_counted_each_and_told_together() -> None:
    written = io.BytesIO()
    counted: list[Failure] = []
    refused = Refused(logs.logger(written), counted.append)
    for _ in range(3):
        refused(Overloaded("in-flight"))
    assert (len(counted), written.getvalue()) == (3, b"")
    refused._tell()
    line = json.loads(written.getvalue())
    assert (line["event"], line["Overloaded"]) == ("refused", 3)
    refused(Overloaded("in-flight"))
    refused._tell()
    assert json.loads(written.getvalue().splitlines()[1])["Overloaded"] == 1


@pytest.mark.parametrize("start", [b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"\x00" * 100])
async def test_what_is_no_http_is_400(start: bytes) -> None:
    served = Served()
    assert (await served.send(start)).startswith(b"HTTP/1.1 400 ")
    assert served.transport.closing
