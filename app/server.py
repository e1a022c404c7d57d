"""uvicorn's HTTP protocol with bounds of its own: on time, on unread bytes, and on calls in flight.

What is refused here never becomes a task: that is what makes it cheap and immediate.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.errors import Failure, HeadTooLarge, Overloaded, TooSlow, outcome
from app.limits import MOST_HEAD, RECEIVED
from app.logs import Say
from app.together import Together
from app.trust.certificates import CERTIFICATE, subject

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

OnRefusal = Callable[[Failure], None]

READ_SECONDS = 10.0
"""For a request to arrive as a whole, from its first byte or, on a new connection, from the start."""
MOST_UNREAD = 1024 * 1024
"""Bytes that may come after a refusal: a client that cannot go on a bit does not hear of it."""
_SHEDDABLE = b"/cds-services"
_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)


def whole(failure: Failure) -> bytes:
    """The bytes of an HTTP answer to a failure, after which the connection is closed."""
    body = msgspec.json.encode(outcome(failure))
    more = "".join(f"{name}: {value}\r\n" for name, value in failure.headers.items())
    return (
        f"HTTP/1.1 {failure.status} \r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"{more}connection: close\r\n\r\n"
    ).encode() + body


def _certificate(transport: asyncio.Transport) -> dict[str, str]:
    """The subject of the client's certificate, for the state of its requests."""
    tls = transport.get_extra_info("ssl_object")
    der = tls.getpeercert(binary_form=True) if tls else None
    return {CERTIFICATE: subject(der)} if der else {}


@dataclass(slots=True)
class Arriving:
    """How many calls of all connections are still being sent: slow ones must not keep others out."""

    number: int = 0


class Bounded(HttpToolsProtocol):
    """One connection; `on_refusal` hears of what was refused without a task, `shed` answers it."""

    def __init__(
        self,
        *,
        most_in_flight: int,
        read_seconds: float,
        on_refusal: OnRefusal,
        shed: ASGIApp,
        all_arriving: Arriving,
        behind: Callable[[], bool],
        accepted: Callable[[], None],
        **given: Any,
    ) -> None:
        super().__init__(**given)
        self.most_in_flight = most_in_flight
        self.read_seconds = read_seconds
        self.on_refusal = on_refusal
        self.shed = cast("ASGI3Application", shed)
        self.all_arriving = all_arriving
        self.behind = behind
        self.accepted = accepted
        self.counted = False
        self.arriving = False
        self.in_head = False
        self.head = 0
        self.unread = 0
        self.timer: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether no call of this connection waits for its answer."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is there, and has to send something soon."""
        super().connection_made(transport)
        self.accepted()
        own = transport.get_extra_info("socket")
        if _USER_TIMEOUT is not None and own is not None and own.family in (socket.AF_INET, socket.AF_INET6):
            # The kernel drops who does not take an answer; else it would be kept as long as the client likes.
            own.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, int(self.read_seconds * 1000))
        self.app_state = {**self.app_state, **_certificate(transport)}
        self.await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.cancel_timer()
        if self.counted:  # its task hears of it now, and is gone in a moment
            self.loop.call_later(0.1, self.arrived)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came: more than a head may have, more than is read after a refusal, or part of a request."""
        was_in_head = self.in_head
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.in_head and was_in_head:
            self.head += len(data)
            if self.head > MOST_HEAD:
                self.refuse(HeadTooLarge(MOST_HEAD))
        elif self.arriving and self.idle and not self.in_head:
            self.unread += len(data)
            if self.unread > MOST_UNREAD:
                self.transport.close()
        if self.timer is None and (self.arriving or self.idle):
            self.await_request()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self.arriving = self.in_head = True
        self.head = self.unread = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head of a request is there: it becomes a task, or is shed."""
        self.in_head = False
        in_flight = len(self.tasks) - self.all_arriving.number
        full = in_flight >= self.most_in_flight or self.behind()
        if full and self.idle and _SHEDDABLE in self.url:
            own, self.app = self.app, self.shed
            super().on_headers_complete()
            self.app = own
            return
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:  # else it asked for another protocol
            Together(self.cycle)

    def on_message_complete(self) -> None:
        """The whole of a request is there."""
        self.arriving = False
        self.cancel_timer()
        self.arrived()
        cast(dict[str, Any], self.scope)[RECEIVED] = monotonic()
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if app is not self.shed:
            super()._start_asgi_task(cycle, app)
            self.counted = cycle.more_body  # one that waited for the answer before it may be here as a whole
            self.all_arriving.number += self.counted
        elif self.flow.write_paused:  # it does not take the answers that it has
            self.transport.abort()
        else:
            with suppress(StopIteration):  # not a task of its own: it waits for nothing
                cycle.run_asgi(app).send(None)
            self.on_refusal(_OVERLOADED)

    def on_response_complete(self) -> None:
        """The answer is out, perhaps before all of the request is in."""
        self.arrived()
        super().on_response_complete()

    def arrived(self) -> None:
        """This call is not among those that are still being sent."""
        self.all_arriving.number -= self.counted
        self.counted = False

    def await_request(self) -> None:
        """From now on the request has so many seconds to arrive."""
        self.timer = self.loop.call_later(self.read_seconds, self.too_slow)

    def cancel_timer(self) -> None:
        """The request arrived, or never will."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def too_slow(self) -> None:
        """The time is over: 408 where something of a request came and none of an answer went."""
        self.timer = None
        if self.transport.is_closing():
            return
        if self.arriving and (self.idle if self.in_head else not self.cycle.response_started):
            self.refuse(TooSlow(self.read_seconds))
        else:
            self.transport.close()

    def refuse(self, failure: Failure) -> None:
        """Answer without the application, and close."""
        self.transport.write(whole(failure))
        self.transport.close()
        self.on_refusal(failure)


_OVERLOADED = Overloaded("in-flight")
_OVERLOADED_BODY = msgspec.json.encode(outcome(_OVERLOADED))
_OVERLOADED_HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(_OVERLOADED_BODY)).encode()),
    *((name.lower().encode(), value.encode()) for name, value in _OVERLOADED.headers.items()),
]


async def shed(_: Scope, __: Receive, send: Send) -> None:
    """The application of calls that are too many: 503, at once. What wraps it must not wait either."""
    await send({"type": "http.response.start", "status": 503, "headers": _OVERLOADED_HEADERS})
    await send({"type": "http.response.body", "body": _OVERLOADED_BODY})


class Refused:
    """Counts what became no task, and says so in the log, at most once a second."""

    def __init__(self, say: Say, count: OnRefusal) -> None:
        self._say = say
        self._count = count
        self._untold: Counter[str] = Counter()

    def __call__(self, failure: Failure) -> None:
        """Another one."""
        if not self._untold:
            asyncio.get_running_loop().call_later(1.0, self._tell)
        self._untold[type(failure).__name__] += 1
        self._count(failure)

    def _tell(self) -> None:
        self._say("refused", level="warning", **self._untold)
        self._untold.clear()


def bounded(
    most_in_flight: int,
    on_refusal: OnRefusal,
    read_seconds: float = READ_SECONDS,
    shed: ASGIApp = shed,
    behind: Callable[[], bool] = lambda: False,
    accepted: Callable[[], None] = lambda: None,
) -> type[asyncio.Protocol]:
    """The protocol for `uvicorn.Config(http=...)`.

    `behind` says that those who wait do so too long; `accepted` hears of every new connection.
    """
    made = partial(
        Bounded,
        most_in_flight=most_in_flight,
        read_seconds=read_seconds,
        on_refusal=on_refusal,
        shed=shed,
        all_arriving=Arriving(),
        behind=behind,
        accepted=accepted,
    )
    return cast(type[asyncio.Protocol], made)
