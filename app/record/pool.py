"""Connections to servers: each belongs to one request, or is idle, or is gone.

httpcore's own pool (1.0.9) also counts those in use, and never takes back one whose request was cancelled
before it used it; and all fetches of a call are cancelled at one deadline. This pool knows idle ones only.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack

import httpcore

MOST_IDLE = 100
IDLE_SECONDS = 30.0


class Pool(httpcore.AsyncConnectionPool):
    """A pool without a queue: how many connections there are at once is limited by who asks.

    But for the request itself nothing here waits, so that nothing can be cancelled half done.
    """

    def __init__(self, context: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend) -> None:
        super().__init__(ssl_context=context, keepalive_expiry=IDLE_SECONDS, network_backend=backend)
        self._idle: list[httpcore.AsyncConnectionInterface] = []
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> list[httpcore.AsyncConnectionInterface]:
        """Those that are idle, the longest idle first."""
        return list(self._idle)

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """The head of the answer; its connection is given back when the body is closed."""
        connection = self._taken(request.url.origin)
        with ExitStack() as use:
            use.callback(self._give_back, connection)
            answer = await connection.handle_async_request(request)
            give_back = use.pop_all().close
        return httpcore.Response(
            answer.status,
            headers=answer.headers,
            content=_Body(answer, give_back),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close every idle connection; nobody may be asking any more."""
        while self._idle:
            self._close(self._idle.pop())
        await asyncio.gather(*self._closing)

    def _taken(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        """The connection to a server that was used last, or a new one."""
        for connection in self.connections[::-1]:
            if connection.can_handle_request(origin):
                self._idle.remove(connection)
                if not connection.has_expired():
                    return connection
                self._close(connection)
        return self.create_connection(origin)

    def _give_back(self, connection: httpcore.AsyncConnectionInterface) -> None:
        if connection.is_idle():
            self._idle.append(connection)
        elif not connection.is_closed():
            self._close(connection)
        while self._idle and (len(self._idle) > MOST_IDLE or self._idle[0].has_expired()):
            self._close(self._idle.pop(0))

    def _close(self, connection: httpcore.AsyncConnectionInterface) -> None:
        closing = asyncio.get_running_loop().create_task(connection.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


class _Body:
    """The body of an answer. Closing it gives the connection back, whatever happens meanwhile."""

    def __init__(self, answer: httpcore.Response, give_back: Callable[[], None]) -> None:
        self._answer = answer
        self._give_back = give_back

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._answer.aiter_stream():
            yield part

    async def aclose(self) -> None:
        try:
            await self._answer.aclose()
        finally:
            self._give_back()
