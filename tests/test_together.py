"""The head of an answer waits for its body; nothing else waits, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from tests.test_server import HEAD, Served, Transport


class Counting(Transport):
    """A connection that remembers each write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: Any) -> None:
        """Keep it."""
        self.writes.append(bytes(data))
        super().write(data)


def answering(*parts: bytes, length: int) -> Any:
    """An application whose body comes in these parts, without reading what was sent."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", str(length).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, part in enumerate(parts, 1):
            await send({"type": "http.response.body", "body": part, "more_body": number < len(parts)})
        if not parts:
            raise ValueError

    return app


async def written(app: Any, request: bytes = HEAD + b"content-length: 0\r\n\r\n") -> list[bytes]:
    """The writes of one answer."""
    transport = Counting()
    await Served(app=app, transport=transport).send(request)
    return transport.writes


async def test_head_and_body_leave_in_one_write() -> None:
    (whole,) = await written(answering(b"abc", length=3))
    assert whole.startswith(b"HTTP/1.1 200 OK\r\n")
    assert whole.endswith(b"\r\n\r\nabc")


async def test_the_rest_of_a_body_follows_as_it_comes() -> None:
    first, second = await written(answering(b"ab", b"c", length=3))
    assert (first[-6:], second) == (b"\r\n\r\nab", b"c")


@pytest.mark.parametrize("method", [b"HEAD", b"POST"])
async def test_a_head_without_a_body_leaves_as_well(method: bytes) -> None:
    request = HEAD.replace(b"POST", method) + b"content-length: 0\r\n\r\n"
    assert b"".join(await written(answering(b"", length=0), request)).endswith(b"\r\n\r\n")


async def test_a_head_whose_body_fails_leaves_before_the_connection_is_closed() -> None:
    transport = Counting()
    await Served(app=answering(length=3), transport=transport).send(HEAD + b"content-length: 0\r\n\r\n")
    assert (len(transport.writes), transport.closing) == (1, True)


async def test_a_client_that_waits_for_100_continue_gets_it_at_once() -> None:
    transport = Counting()
    served = Served(transport=transport)
    await served.send(HEAD + b"expect: 100-continue\r\ncontent-length: 3\r\n\r\n")
    assert transport.writes == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    await served.send(b"abc")
    assert transport.writes[1].startswith(b"HTTP/1.1 200 OK")


async def test_answers_to_requests_in_one_piece_stay_in_order_and_whole() -> None:
    transport = Counting()
    request = HEAD + b"content-length: 3\r\n\r\n"
    await Served(transport=transport).send(request + b"abc" + request + b"def")
    assert [each.count(b'{"length": 3') for each in transport.writes] == [1, 1]
