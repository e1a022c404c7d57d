"""The floors: read the body, decode it with a fast general decoder, answer fixed bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import orjson

Message = MutableMapping[str, Any]

ANSWER = b'{"cards":[]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """A bare ASGI application that decodes with orjson; any path, any method."""
    if scope["type"] == "http":
        orjson.loads(await read_body(receive) or b"null")
        await answer(send)


async def with_msgspec(scope: Message, receive: Receive, send: Send) -> None:
    """The same with msgspec."""
    if scope["type"] == "http":
        msgspec.json.decode(await read_body(receive) or b"null")
        await answer(send)


async def answer(send: Send) -> None:
    """Fixed bytes."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def read_body(receive: Receive) -> bytes:
    """The whole request body."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
