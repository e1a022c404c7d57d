"""Reading from an EHR's FHIR server: the only module that knows httpx."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

if TYPE_CHECKING:
    from app.record.outbound import Networks

_JSON = ("application/fhir+json", "application/json")
NOT_ALLOWED = "at an address that is not allowed"
_NO_ADDRESS = "the address of the FHIR server cannot be used"
_REASONS = {
    401: "not authorised (401)",
    403: "refused (403)",
    404: "not found (404)",
    410: "gone (410)",
    429: "too many requests (429)",
}
MOST_AT_ONCE = 500
"""Fetches under way. A call has a dozen of them for as long as the deadline at most: one slow server must not
leave the calls of others without any."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body that was answered with 200 and is UTF-8; whether it is FHIR is for the reader to say."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """Why nothing came: a short phrase without any value of the request."""

    why: str


class FhirClient:
    """One connection pool for all calls. Redirects are not followed; nothing is remembered of a token.

    `insecure` allows plain http and any address (development only); else addresses are public or in
    `networks`. `transport` stands in for the network in tests.
    """

    def __init__(
        self,
        *,
        insecure: bool = False,
        networks: Networks = (),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._schemes = ("http", "https") if insecure else ("https",)
        self._insecure = insecure
        self._networks = networks
        self._transport = transport
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    def open(self) -> None:
        """Make the pool now, not at the first request. OSError: SSL_CERT_FILE cannot be read."""
        _ = self._client

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport or self._outbound(),
            trust_env=False,  # proxies and .netrc would add to what is sent where
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # one user's session is not another's
            follow_redirects=False,
            timeout=httpx.Timeout(5.0),
            headers={"Accept": ", ".join(_JSON), "Accept-Encoding": "identity", "User-Agent": "plumbline"},
        )

    def _outbound(self) -> httpx.AsyncBaseTransport:
        # Imported here: only who fetches needs httpcore.
        from app.record.outbound import ANYWHERE, CheckedBackend, Outbound

        context = httpx.create_ssl_context()  # SSL_CERT_FILE is honoured
        return Outbound(context, CheckedBackend(ANYWHERE if self._insecure else self._networks))

    async def close(self) -> None:
        """Close every connection."""
        if "_client" in self.__dict__:
            await self._client.aclose()

    async def get(
        self, base: str, path: str, token: str | None, seconds: float, limit: int
    ) -> Fetched | Unread:
        """GET a path under `base`, or an absolute URL on the same host, within seconds and bytes."""
        if seconds <= 0:
            return Unread("timed out")
        try:
            url = urljoin(f"{base}/", path)
            if why := self._refused(urlsplit(base), urlsplit(url)):
                return Unread(why)
            async with asyncio.timeout(seconds), self._places:
                return await self._read(url, {"Authorization": f"Bearer {token}"} if token else {}, limit)
        except (TimeoutError, httpx.TimeoutException):
            return Unread("timed out")
        except httpx.HTTPError as error:
            return Unread(NOT_ALLOWED if str(error) == NOT_ALLOWED else "unreachable")
        except (httpx.InvalidURL, ValueError):
            return Unread(_NO_ADDRESS)

    def _refused(self, own: SplitResult, asked: SplitResult) -> str:
        """Why nothing is asked of this URL at all: tokens go to the FHIR server's own host only."""
        if own.scheme not in ("http", "https") or not own.hostname or own.query or own.username:
            return _NO_ADDRESS
        if own.scheme not in self._schemes:
            return "the FHIR server is not https"
        return "" if _origin(own) == _origin(asked) and not asked.username else "on another server"

    async def _read(self, url: str, headers: dict[str, str], limit: int) -> Fetched | Unread:
        async with self._client.stream("GET", url, headers=headers) as response:
            if why := _unusable(response):
                return Unread(why)
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > limit:
                    return Unread("too large")
        return Fetched(bytes(body)) if _is_text(body) else Unread("not FHIR")


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.hostname, port


def _unusable(response: httpx.Response) -> str:
    """Why an answer is not read, judged by its head."""
    status = response.status_code
    if status in _REASONS:
        return _REASONS[status]
    if status >= 500:
        return f"server error ({status})"
    if 300 <= status < 400:
        return f"redirected ({status})"
    if status != 200:
        return f"refused ({status})"
    if response.headers.get("content-encoding", "identity") != "identity":
        return "compressed"  # a compressed body could grow without bound
    kind = response.headers.get("content-type", "json")
    return "" if "json" in kind.lower() else "not FHIR"


def _is_text(body: bytearray) -> bool:
    """Whether the body is UTF-8, so that nobody after us needs to ask."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
