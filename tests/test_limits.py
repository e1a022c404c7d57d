"""The largest body that is read."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.errors import TooLarge
from app.limits import BodyLimit


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
        await BodyLimit(read_all, limit)(scope, receive, send)
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

    await BodyLimit(app, 1)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == ["lifespan"]
