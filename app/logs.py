"""One JSON line a request: counts and times, never an identifier, a clinical value or a query string."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from random import getrandbits
from time import perf_counter
from traceback import walk_tb
from typing import Any, BinaryIO

import msgspec
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

_LINE = "plumbline.line"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_APP = Path(__file__).parent
_CLIENT_GONE = 499
HELD_SECONDS = 0.05
"""How long a line may wait for others; a process that is killed loses those."""


class Line:
    """What one request says of itself. Callers note only words and numbers of our own making."""

    __slots__ = ("_last", "fields", "ms", "request_id", "started")

    def __init__(self) -> None:
        self.request_id = f"{getrandbits(128):032x}"  # not a secret: it only tells lines apart
        self.fields: dict[str, object] = {}
        self.ms: dict[str, float] = {}
        self.started = self._last = perf_counter()

    def note(self, **fields: object) -> None:
        """Add fields to the line."""
        self.fields.update(fields)

    def lap(self, stage: str) -> None:
        """The milliseconds since the last lap belong to this stage."""
        moment = perf_counter()
        self.ms[stage] = round((moment - self._last) * 1000, 2)
        self._last = moment


class Held:
    """A binary file whose lines leave together, HELD_SECONDS after the first of them at the latest.

    Each write is a call into the kernel, which takes as long as all the rest of a log line. Without a
    running loop a line leaves at once; `drained` is for the end of a loop.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines: list[bytes] = []
        self._lock = threading.Lock()
        self._due = False

    def write(self, line: bytes) -> None:
        """Keep a line."""
        with self._lock:
            self._lines.append(line)

    def flush(self) -> None:
        """See that what is kept leaves in time."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.drain()
            return
        if not self._due:
            self._due = True
            loop.call_later(HELD_SECONDS, self.drain)

    def drain(self) -> None:
        """Write what is kept."""
        with self._lock:
            self._due = False
            lines, self._lines = self._lines, []
            if lines:
                self._file.write(b"".join(lines))
                self._file.flush()

    async def drained(self) -> None:
        """What was kept is written."""
        self.drain()


Watch = Callable[[Line, int, float], None]
"""Sees every request once it is answered: its line, its status, and the seconds that it took."""


def nobody(line: Line, status: int, seconds: float) -> None:
    """The watch that does not look."""


def line(scope: Scope) -> Line:
    """The line of the request that is being answered."""
    if _LINE not in scope:
        scope[_LINE] = Line()
    found: Line = scope[_LINE]
    return found


def logger(file: BinaryIO | None = None) -> FilteringBoundLogger:
    """Writes JSON lines to a binary file (standard output unless given)."""
    wrapped: FilteringBoundLogger = structlog.wrap_logger(
        structlog.BytesLogger(file),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(serializer=lambda event, **_: msgspec.json.encode(event)),
        ],
    )
    bound: FilteringBoundLogger = wrapped.bind()  # else each line would bind it anew
    return bound


def quiet() -> None:
    """Libraries that write URLs into their logs say warnings only: a URL can name a patient."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as its type and where it was raised: its message may hold patient data."""
    frames = [(frame.f_code.co_filename, number) for frame, number in walk_tb(error.__traceback__)]
    places = [f"{_short(file)}:{number}" for file, number in frames]
    return {"exception": type(error).__qualname__, "raised_at": places[-5:]}


def _short(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(_APP):
        return f"app/{path.relative_to(_APP).as_posix()}"
    return "/".join(path.parts[-2:])


class RequestLog:
    """ASGI wrapper: one line a request, and its id in the response header X-Request-ID.

    The id is always drawn here: one that came from outside could be a patient's. `timed` adds the stages
    as Server-Timing.
    """

    def __init__(
        self, app: ASGIApp, logger: FilteringBoundLogger, watch: Watch = nobody, timed: bool = False
    ) -> None:
        self.app = app
        self.logger = logger
        self.watch = watch
        self.timed = timed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        entry, status = line(scope), _CLIENT_GONE

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", entry.request_id.encode())]
                if self.timed and entry.ms:
                    message["headers"].append((b"server-timing", _server_timing(entry)))
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self._write(scope, entry, status)

    def _write(self, scope: Scope, entry: Line, status: int) -> None:
        seconds = perf_counter() - entry.started
        self.watch(entry, status, seconds)
        fields = {
            "request_id": entry.request_id,
            "method": scope["method"] if scope["method"] in _METHODS else "other",
            "route": getattr(scope.get("route"), "path", None),
            "status": status,
            **entry.fields,
            "ms": {**entry.ms, "total": round(seconds * 1000, 2)},
        }
        self.logger.info("request", **fields)


def _server_timing(entry: Line) -> bytes:
    return ", ".join(f"{stage};dur={milliseconds}" for stage, milliseconds in entry.ms.items()).encode()
