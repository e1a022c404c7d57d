"""A server that takes connections and never answers, asked by many calls at once: others notice nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network

import pytest

from app.record.fhir_client import Fetched, FhirClient, Unread

pytestmark = pytest.mark.integration

QUERIES = 8
CALLS = 64
ROUNDS = 3
DEADLINE_SECONDS = 0.35
WAIT_SECONDS = 20
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[int]:
    """The port of a server on this machine."""
    async with await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024) as server:
        yield server.sockets[0].getsockname()[1]


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a healthy server does with a connection."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    writer.close()


class Silent:
    """What the other server does; `held` is how many connections nobody closed yet."""

    def __init__(self) -> None:
        self.held = 0
        self.met = 0
        self.nobody = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read to the end and say nothing."""
        self.met += 1
        self.held += 1
        self.nobody.clear()
        try:
            await reader.read()
        finally:
            writer.close()
            self.held -= 1
            if not self.held:
                self.nobody.set()


async def many_calls(client: FhirClient, base: str) -> set[Fetched | Unread]:
    """What came of all queries of many calls in one turn."""
    asked = (client.get(base, "Condition", None, DEADLINE_SECONDS, 1000) for _ in range(CALLS * QUERIES))
    return set(await asyncio.gather(*asked))


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_after_many_timeouts_others_are_read_and_no_connection_is_left(scheme: str) -> None:
    silent = Silent()
    async with listening(silent.serve) as deaf, listening(answer) as healthy:
        client = FhirClient(insecure=True, networks=[ip_network("127.0.0.0/8")])
        try:
            for _ in range(ROUNDS):
                assert await many_calls(client, f"{scheme}://127.0.0.1:{deaf}/fhir") == {Unread("timed out")}
                async with asyncio.timeout(WAIT_SECONDS):
                    await silent.nobody.wait()
                got = await client.get(f"http://127.0.0.1:{healthy}/fhir", "Condition", None, 5, 1000)
                assert got == Fetched(b"{}")
            assert silent.met > CALLS
        finally:
            await client.close()
