"""Which addresses are connected to: a name's addresses are checked, and one of those that were is used.

A server of the site file whose name leads to a private network would otherwise lead from outside into it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpcore
import httpx

from app.record.fhir_client import NOT_ALLOWED
from app.record.pool import Pool

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]
Resolve = Callable[[str], Awaitable[Sequence[str]]]
LOOKUPS_AT_ONCE = 32
ANYWHERE: Networks = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_METADATA = frozenset({ip_address("168.63.129.16")})
"""Services of cloud hosts at addresses that look public."""
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


def allowed(address: Address, networks: Networks = ()) -> bool:
    """Whether an address is public, or in one of these networks."""
    reached = _reached(address)
    if any(each in network for network in networks for each in (address, reached)):
        return True
    return reached.is_global and not reached.is_multicast and reached not in _METADATA


def _reached(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address


def looked_up(host: str) -> Sequence[str]:
    """Every address of a name, in the order in which to try them. Blocks; OSError when there is none."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Names:
    """Looks names up, each once for all who ask at the same time, in threads that nothing else needs.

    A lookup goes on when nobody waits any more: a name whose servers are silent holds one thread, not all.
    Nothing is kept of it afterwards.
    """

    def __init__(self, look_up: Callable[[str], Sequence[str]] = looked_up) -> None:
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, "names")
        self._going: dict[str, asyncio.Future[Sequence[str]]] = {}

    async def addresses(self, host: str) -> Sequence[str]:
        """Every address of a name. OSError when there is none."""
        if host not in self._going:
            going = asyncio.get_running_loop().run_in_executor(self._threads, self._look_up, host)
            self._going[host] = going
            going.add_done_callback(lambda over: self._over(host, over))
        return await asyncio.shield(self._going[host])

    def _over(self, host: str, over: asyncio.Future[Sequence[str]]) -> None:
        del self._going[host]
        if not over.cancelled():
            over.exception()  # told here, or asyncio would write it to the log where nobody waited for it


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, never to a name."""

    def __init__(
        self,
        networks: Networks,
        resolve: Resolve | None = None,
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._networks = networks
        self._resolve = resolve or Names().addresses
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to an address of the host; ConnectError when one of them is not allowed."""
        try:
            addresses = await self._resolve(host)
        except OSError as error:
            raise httpcore.ConnectError("no address") from error
        if not all(allowed(ip_address(each), self._networks) for each in addresses):
            raise httpcore.ConnectError(NOT_ALLOWED)
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                stream = await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                return _Plain(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


class _Plain(httpcore.AsyncNetworkStream):
    """A connection before TLS. httpcore would leave it open when the handshake is cancelled."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, *args: Any, **named: Any) -> bytes:
        return await self._stream.read(*args, **named)

    async def write(self, *args: Any, **named: Any) -> None:
        await self._stream.write(*args, **named)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(self, *args: Any, **named: Any) -> httpcore.AsyncNetworkStream:
        try:
            return await self._stream.start_tls(*args, **named)
        except BaseException:
            await self.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Outbound(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool and a backend of ours, which httpx itself has no parameter for."""

    def __init__(self, context: ssl.SSLContext, backend: CheckedBackend) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = Pool(context, backend)
