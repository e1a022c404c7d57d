"""Where connections go: every address of a name is checked, and what was checked is what is connected to."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from threading import Event

import httpcore
import httpx
import pytest

from app.record.fhir_client import Fetched, FhirClient, Unread
from app.record.outbound import (
    LOOKUPS_AT_ONCE,
    NOT_ALLOWED,
    CheckedBackend,
    Names,
    Outbound,
    allowed,
    looked_up,
)

WAIT_SECONDS = 10
HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize("address", ["8.8.8.8", "193.0.0.1", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert allowed(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    ],
)  # fmt: skip
def test_private_local_and_metadata_addresses_are_not(address: str) -> None:
    assert not allowed(ip_address(address))


def test_a_listed_network_is_allowed_and_nothing_beside_it() -> None:
    listed = (ip_network("10.20.0.0/16"),)
    assert allowed(ip_address("10.20.3.4"), listed)
    assert allowed(ip_address("::ffff:10.20.3.4"), listed)
    assert not allowed(ip_address("10.21.3.4"), listed)
    assert not allowed(ip_address("::1"), listed)


class Stream(httpcore.AsyncNetworkStream):
    """A connection to nowhere."""


@dataclass(slots=True)
class Network(httpcore.AsyncNetworkBackend):
    """A network in which names change their addresses; `reached` is what was connected to."""

    answers: list[Sequence[str]]
    broken: tuple[str, ...] = ()
    reached: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str) -> Sequence[str]:
        """The addresses of a name, the next ones each time."""
        self.asked.append(host)
        found = self.answers.pop(0)
        if not found:
            raise socket.gaierror("no such name")
        return found

    async def connect_tcp(self, host: str, port: int, *_: object) -> httpcore.AsyncNetworkStream:  # type: ignore[override]
        """Connect."""
        self.reached.append(host)
        if host in self.broken:
            raise httpcore.ConnectError("refused")
        return Stream()

    async def connect(self, *networks: str) -> str:
        """Why there is no connection to ehr.example, or nothing."""
        listed = [ip_network(each) for each in networks]
        try:
            await CheckedBackend(listed, self.resolve, self).connect_tcp("ehr.example", 443)
        except httpcore.ConnectError as error:
            return str(error)
        return ""


async def test_what_was_checked_is_what_is_connected_to() -> None:
    network = Network([["8.8.8.8"], ["127.0.0.1"]])
    assert await network.connect() == ""
    assert (network.asked, network.reached) == (["ehr.example"], ["8.8.8.8"])
    assert await network.connect() == NOT_ALLOWED
    assert network.reached == ["8.8.8.8"]


@pytest.mark.parametrize(
    "answer", [["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "::ffff:10.0.0.1"], ["169.254.169.254"]]
)
async def test_one_bad_address_among_good_ones_is_enough(answer: list[str]) -> None:
    network = Network([answer])
    assert await network.connect() == NOT_ALLOWED
    assert network.reached == []


async def test_a_listed_network_is_connected_to() -> None:
    network = Network([["10.20.0.1"]])
    assert await network.connect("10.20.0.0/16") == ""


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    network = Network([["8.8.8.8", "9.9.9.9"], ["8.8.8.8"]], broken=("8.8.8.8",))
    assert await network.connect() == ""
    assert network.reached == ["8.8.8.8", "9.9.9.9"]
    assert await network.connect() == "refused"


async def test_a_name_without_address_is_no_address() -> None:
    assert await Network([[], []]).connect() == "no address"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]"])
async def test_no_spelling_of_this_machine_is_reached(host: str) -> None:
    asked = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(host)
        writer.close()

    server = await asyncio.start_server(note, ["127.0.0.1"], 0)
    port = server.sockets[0].getsockname()[1]
    client = FhirClient()
    try:
        answer = await client.get(f"https://{host}:{port}/fhir", "Patient/1", "secret", 5, 1000)
        assert answer in (Unread(NOT_ALLOWED), Unread("unreachable"))
        assert asked == []
    finally:
        await client.close()
        server.close()
        await server.wait_closed()


async def served(networks: Sequence[str]) -> Fetched | Unread | str:
    """What comes over a checked connection from a plain server on this machine."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    backend = CheckedBackend([ip_network(each) for each in networks])
    transport = Outbound(httpx.create_ssl_context(), backend)
    client = FhirClient(insecure=True, transport=transport)
    try:
        return await client.get(f"http://127.0.0.1:{port}/fhir", "Patient/1", None, 5, 1000)
    finally:
        await client.close()
        server.close()
        await server.wait_closed()


async def test_a_real_server_is_read_where_its_network_is_listed_and_only_there() -> None:
    assert await served(["127.0.0.0/8"]) == Fetched(b"{}")
    assert await served([]) == Unread(NOT_ALLOWED)


def test_names_are_looked_up_in_full() -> None:
    assert set(looked_up("localhost")) <= {"127.0.0.1", "::1"}
    assert looked_up("127.0.0.1") == ["127.0.0.1"]


@dataclass(slots=True)
class Directory:
    """Names with their addresses. Of any other it says that there is none, but only when it may."""

    addresses: dict[str, list[str]]
    asked: list[str] = field(default_factory=list)
    may_say: Event = field(default_factory=Event)

    def look_up(self, host: str) -> Sequence[str]:
        """The addresses of a name."""
        self.asked.append(host)
        if host in self.addresses:
            return list(self.addresses[host])
        assert self.may_say.wait(WAIT_SECONDS)
        raise socket.gaierror("no answer")


@pytest.fixture
def directory() -> Iterator[Directory]:
    """One that knows ehr.example, and no other name."""
    directory = Directory({"ehr.example": ["8.8.8.8"]})
    yield directory
    directory.may_say.set()


async def test_a_name_whose_servers_are_silent_keeps_nobody_else_from_looking_names_up(
    directory: Directory,
) -> None:
    names = Names(directory.look_up)
    for _ in range(2):  # calls whose deadline is over, while the lookup goes on
        waiting = [asyncio.create_task(names.addresses("broken.example")) for _ in range(LOOKUPS_AT_ONCE)]
        await asyncio.sleep(0)
        for each in waiting:
            each.cancel()
        await asyncio.wait(waiting)
    async with asyncio.timeout(WAIT_SECONDS):
        assert await names.addresses("ehr.example") == ["8.8.8.8"]
    assert sorted(directory.asked) == ["broken.example", "ehr.example"]


async def test_all_who_ask_at_once_hear_that_there_is_no_address_and_the_next_asks_again(
    directory: Directory,
) -> None:
    names = Names(directory.look_up)
    waiting = asyncio.gather(*(names.addresses("broken.example") for _ in range(3)), return_exceptions=True)
    await asyncio.sleep(0)
    directory.may_say.set()
    assert [type(each) for each in await waiting] == [socket.gaierror] * 3
    assert directory.asked == ["broken.example"]
    directory.addresses["broken.example"] = ["9.9.9.9"]
    assert await names.addresses("broken.example") == ["9.9.9.9"]


async def test_addresses_are_not_kept_once_they_were_told(directory: Directory) -> None:
    names = Names(directory.look_up)
    assert await asyncio.gather(names.addresses("ehr.example"), names.addresses("ehr.example")) == [
        ["8.8.8.8"],
        ["8.8.8.8"],
    ]
    directory.addresses["ehr.example"] = ["127.0.0.1"]
    assert await names.addresses("ehr.example") == ["127.0.0.1"]
    assert directory.asked == ["ehr.example", "ehr.example"]


async def test_a_failure_that_nobody_waits_for_is_no_line_in_the_log(directory: Directory) -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    names = Names(directory.look_up)
    waiting = asyncio.create_task(names.addresses("broken.example"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    lookup = names._going["broken.example"]
    directory.may_say.set()
    await asyncio.wait([lookup])
    await asyncio.sleep(0)
    del names, waiting, lookup
    gc.collect()
    assert told == []
