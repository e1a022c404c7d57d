"""What is read of a request, and until when: uvicorn sets no limit, and Starlette's answers in plain text."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import HeadTooLarge, Overloaded, TooLarge

MOST_HEAD = 32 * 1024
MOST_HELD = 128 * 1024 * 1024
"""Bytes of all bodies that are being read or answered at one moment."""
LET_IN = 8
"""Connections that are accepted, one a turn of the loop, before a call that waits goes on."""
RECEIVED = "plumbline.received"
"""Where the server notes in the scope when the last of a body had arrived, on the clock of `monotonic`."""


class Turns:
    """Lets one call go on in each turn of the event loop, in the order in which they came.

    Between two turns connections are accepted and read, and what is too much is shed. Without this, calls
    that wait together run together, and uvloop accepts a single connection in all that time. As long as
    connections come, up to LET_IN of them go before the next call: who waits to be accepted cannot even be
    told that there is no room. Who has waited for longer than `patience` (seconds) takes no turn from others:
    there is nothing left to do for it but to say so.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, patience: float = inf) -> None:
        self._clock = clock
        self._patience = patience
        self._taken = False
        self._coming = False
        self._let_in = 0
        self._waiting: deque[tuple[asyncio.Future[None], float]] = deque()

    def lag(self) -> float:
        """For how many seconds the call that is next has been waiting."""
        return self._clock() - self._waiting[0][1] if self._waiting else 0.0

    async def wait(self) -> None:
        """Return when it is the caller's turn: at once, if nobody else's is."""
        loop = asyncio.get_running_loop()
        if self._taken:
            turn = loop.create_future()
            self._waiting.append((turn, self._clock()))
            await turn
        else:
            self._taken = True
            loop.call_soon(self._next)

    def accepted(self) -> None:
        """A connection was accepted: there may be more."""
        self._coming = True

    def _next(self) -> None:
        if self._coming and self._let_in < LET_IN:
            self._coming = False
            self._let_in += 1
            asyncio.get_running_loop().call_soon(self._next)
            return
        self._let_in = 0
        begun = self._clock() - self._patience
        while self._waiting:
            turn, since = self._waiting.popleft()
            if turn.done():  # whoever waited may be gone
                continue
            turn.set_result(None)
            if since >= begun:
                turn.get_loop().call_soon(self._next)
                return
        self._taken = False


@dataclass(slots=True)
class Bodies:
    """Bytes of all bodies at this moment, whichever way they came."""

    bytes: int = 0


class Limits:
    """ASGI wrapper around the head and the body of a request.

    HeadTooLarge; TooLarge by the announced length, else as soon as more than `body` bytes came; Overloaded
    when all bodies together grow over MOST_HELD, or when all of this one had been waiting for longer than
    `wait` seconds: whoever sent it has given up by then.
    """

    def __init__(
        self,
        app: ASGIApp,
        body: int,
        wait: float,
        turns: Turns | None = None,
        clock: Callable[[], float] = monotonic,
        held: Bodies | None = None,
    ) -> None:
        self.app = app
        self.body = body
        self.wait = wait
        self.clock = clock
        self.held = held or Bodies()
        self.turns = turns or Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self._check_head(scope["headers"])
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            length = len(message.get("body", b""))
            received += length
            self.held.bytes += length
            if received > self.body:
                raise TooLarge(self.body)
            if self.held.bytes > max(MOST_HELD, self.body):
                raise Overloaded("memory")
            if RECEIVED in scope and not message.get("more_body"):
                await self.turns.wait()
                if self.clock() - scope[RECEIVED] > self.wait:
                    raise Overloaded("late")
            return message

        try:
            await self.app(scope, counted, send)
        finally:
            self.held.bytes -= received

    def _check_head(self, headers: list[tuple[bytes, bytes]]) -> None:
        size = 0
        for name, value in headers:
            size += len(name) + len(value)
            if name == b"content-length" and value.isdigit() and (len(value) > 18 or int(value) > self.body):
                raise TooLarge(self.body)
        if size > MOST_HEAD:
            raise HeadTooLarge(MOST_HEAD)
