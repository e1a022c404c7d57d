"""What becomes of connections: a request that ends at any moment, however it ends, leaves none behind."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import httpcore
import pytest

from app.record.fhir_client import MOST_AT_ONCE, Fetched, FhirClient, Unread
from app.record.outbound import ANYWHERE, CheckedBackend, Outbound
from app.record.pool import MOST_IDLE

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n"
BASE = "http://ehr.example/fhir"
LIMIT = 1000


@dataclass(slots=True, eq=False)
class Stream(httpcore.AsyncNetworkStream):
    """A connection to a server that answers in three parts, the same to every request."""

    network: Network
    parts: list[bytes] = field(default_factory=list)
    hung_up: bool = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        """The next part of the answer."""
        await asyncio.sleep(0)
        return self.parts.pop(0)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        """Take a request."""
        await asyncio.sleep(0)
        self.parts = [HEAD, b"{", b"}"]

    async def start_tls(self, *_: object, **__: object) -> Stream:
        """Shake hands."""
        await asyncio.sleep(0)
        return self

    async def aclose(self) -> None:
        """Close, at once as a real connection does."""
        self.network.open.discard(self)
        await asyncio.sleep(0)

    def get_extra_info(self, info: str) -> object:
        """An idle connection can be read when the server has hung up."""
        return self.hung_up if info == "is_readable" else None


@dataclass(slots=True)
class Network(httpcore.AsyncNetworkBackend):
    """A network that knows which connections are open."""

    open: set[Stream] = field(default_factory=set)
    made: int = 0
    most: int = 0

    async def connect_tcp(self, *_: object, **__: object) -> Stream:
        """Connect."""
        await asyncio.sleep(0)
        self.made += 1
        stream = Stream(self)
        self.open.add(stream)
        self.most = max(self.most, len(self.open))
        return stream


async def resolve(host: str) -> Sequence[str]:
    """Any name has the same address."""
    return ["8.8.8.8"]


@asynccontextmanager
async def asking(network: Network) -> AsyncIterator[tuple[FhirClient, Outbound]]:
    """A client on this network; when it is closed nothing is open."""
    backend = CheckedBackend(ANYWHERE, resolve, network)
    outbound = Outbound(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), backend)
    client = FhirClient(insecure=True, transport=outbound)
    try:
        yield client, outbound
    finally:
        await client.close()
    assert network.open == set()


async def ask(client: FhirClient, base: str = BASE, limit: int = LIMIT) -> Fetched | Unread:
    """One fetch, for which there is time."""
    return await client.get(base, "Condition", None, 60, limit)


async def turns(number: int) -> None:
    """Let others go on."""
    for _ in range(number):
        await asyncio.sleep(0)


def left(network: Network, outbound: Outbound) -> tuple[int, int]:
    """How many connections are neither idle in the pool nor closed: open ones, and ones in the pool."""
    held = outbound._pool.connections
    return len(network.open) - len(held), sum(not each.is_idle() for each in held)


async def cancelled(client: FhirClient, base: str, after: int, again: int | None) -> bool:
    """A fetch that is cancelled after so many turns and, perhaps, again; whether it was over before."""
    fetch = asyncio.create_task(ask(client, base))
    await turns(after)
    over = fetch.done()
    fetch.cancel()
    if again is not None:
        await turns(again)
        fetch.cancel()
    await asyncio.wait([fetch])
    await turns(3)  # what is closed is closed beside it
    return over


@pytest.mark.parametrize("again", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("base", [BASE, "https://ehr.example/fhir"])
async def test_a_request_that_is_cancelled_at_any_moment_leaves_no_connection(
    base: str, warm: bool, again: int | None
) -> None:
    for after in count():
        network = Network()
        async with asking(network) as (client, outbound):
            if warm:
                await ask(client, base)
            over = await cancelled(client, base, after, again)
            assert left(network, outbound) == (0, 0), f"after {after} turns"
            assert await ask(client, base) == Fetched(b"{}")
        if over:
            break
    assert after > 5


async def test_a_connection_is_used_again_for_the_same_server_only() -> None:
    network = Network()
    async with asking(network) as (client, _):
        for _ in range(3):
            assert await ask(client) == Fetched(b"{}")
        assert network.made == 1
        await ask(client, "http://other.example/fhir")
        assert network.made == 2


async def test_requests_at_the_same_time_have_a_connection_each_and_few_of_them_stay() -> None:
    network = Network()
    async with asking(network) as (client, outbound):
        answers = await asyncio.gather(*(ask(client) for _ in range(MOST_IDLE + 20)))
        await turns(3)
        assert answers == [Fetched(b"{}")] * (MOST_IDLE + 20)
        assert (network.made, len(network.open)) == (MOST_IDLE + 20, MOST_IDLE)
        assert left(network, outbound) == (0, 0)


async def test_whoever_asks_beyond_what_is_possible_at_once_waits_for_a_place() -> None:
    network = Network()
    async with asking(network) as (client, _):
        answers = await asyncio.gather(*(ask(client) for _ in range(MOST_AT_ONCE + 50)))
        assert answers == [Fetched(b"{}")] * (MOST_AT_ONCE + 50)
        assert network.most == MOST_AT_ONCE


async def test_a_connection_on_which_the_server_hung_up_is_closed_and_not_used_again() -> None:
    network = Network()
    async with asking(network) as (client, _):
        await ask(client)
        for stream in network.open:
            stream.hung_up = True
        assert await ask(client) == Fetched(b"{}")
        assert (network.made, len(network.open)) == (2, 1)


async def test_an_answer_that_is_given_up_takes_its_connection_along() -> None:
    network = Network()
    async with asking(network) as (client, outbound):
        assert await ask(client, limit=1) == Unread("too large")
        assert (network.open, outbound._pool.connections) == (set(), [])


async def test_connections_that_nobody_asks_for_again_are_closed_when_another_is_given_back() -> None:
    network = Network()
    async with asking(network) as (client, outbound):
        await ask(client)
        for stream in network.open:
            stream.hung_up = True  # as after the time that an idle one is kept
        await ask(client, "http://other.example/fhir")
        await turns(3)
        assert (len(network.open), len(outbound._pool.connections)) == (1, 1)
