"""One JSON line a request: counts and times, never an identifier, a clinical value or a query string."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import getrandbits
from time import perf_counter, time, time_ns
from traceback import walk_tb
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LINE = "plumbline.line"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_APP = Path(__file__).parent
_CLIENT_GONE = 499
TOGETHER_SECONDS = 0.05
"""How long what is to be told of a request may wait for others."""

IN_ONE_PIECE = 4096
"""PIPE_BUF of Linux."""


class Line:
    """What one request says of itself. Callers note only words and numbers of our own making."""

    __slots__ = ("_last", "afterwards", "fields", "ms", "request_id", "started")

    def __init__(self) -> None:
        # In the order of time, as version 7 of UUIDs: a store adds the next one beside the last.
        self.request_id = f"{time_ns() // 1_000_000:012x}{getrandbits(80):020x}"
        self.fields: dict[str, object] = {}
        self.afterwards: Callable[[], None] | None = None
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


Say = Callable[..., None]
"""Takes an event and its fields, for the log; a log that cannot be written raises nothing."""
Watch = Callable[[Line, int, float], None]
"""Sees every request once it is answered: its line, its status, and the seconds that it took."""


def nobody(line: Line, status: int, seconds: float) -> None:
    """The watch that does not look."""


class Held:
    """A binary file whose lines leave at once, but for those that are written while it is `holding`.

    What cannot be written is lost and nobody's failure: whoever says something has other work to do.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines: list[bytes] = []
        self._lock = threading.Lock()
        self._holding = False

    def write(self, line: bytes) -> None:
        """Take a line."""
        with self._lock:
            self._lines.append(line)

    def flush(self) -> None:
        """Write what is there, unless more is to come."""
        if not self._holding:
            self._drain()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """The lines of this block leave together: a write is a call into the kernel, dearer than a line."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
            self._drain()

    def _drain(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
            for piece in _pieces(lines):
                with suppress(OSError, ValueError):  # no room, nobody who reads, or closed
                    self._file.write(piece)
                    self._file.flush()


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines, as many together as a pipe takes in one piece: other workers write to it as well."""
    piece = b""
    for each in lines:
        if piece and len(piece) + len(each) > IN_ONE_PIECE:
            yield piece
            piece = b""
        piece += each
    if piece:
        yield piece


def line(scope: Scope) -> Line:
    """The line of the request that is being answered."""
    if _LINE not in scope:
        scope[_LINE] = Line()
    found: Line = scope[_LINE]
    return found


def logger(file: BinaryIO | Held | None = None) -> Say:
    """Writes JSON lines to a binary file (standard output unless given), whichever thread says something."""
    out = file if isinstance(file, Held) else Held(file or sys.stdout.buffer)

    def say(event: str, **fields: object) -> None:
        entry = {**fields, "event": event, "at": fields.get("at") or _written(time())}
        out.write(msgspec.json.encode(entry) + b"\n")
        out.flush()

    return say


def _written(moment: float) -> str:
    """A moment (s since 1970) as it stands in a line."""
    return f"{datetime.fromtimestamp(moment, UTC).replace(tzinfo=None).isoformat()}Z"


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


class Ended(Struct):
    """A request that is over: its method and route, its status, how long it took, and when (s since 1970)."""

    line: Line
    method: str
    route: str | None
    status: int
    seconds: float
    at: float


class Afterwards:
    """What is told of requests that are over: their line, what `watch` counts, what they leave to be done.

    With `seconds`, of many requests together, so long after the first of them at most: told one by one, each
    finds the processor's caches cold and takes twice the time. A process that is killed takes them along.
    """

    def __init__(self, file: BinaryIO | None = None, watch: Watch = nobody, *, seconds: float = 0.0) -> None:
        self._file = Held(file or sys.stdout.buffer)
        self._seconds = seconds
        self._watch = watch
        self._ended: list[Ended] = []
        self.say = logger(self._file)

    def note(self, ended: Ended) -> None:
        """A request is over."""
        if not self._seconds:
            self._tell(ended)
            return
        if not self._ended:
            asyncio.get_running_loop().call_later(self._seconds, self.catch_up)
        self._ended.append(ended)

    def catch_up(self) -> None:
        """Tell what was not told yet."""
        ended, self._ended = self._ended, []
        with self._file.holding():
            for each in ended:
                try:
                    self._tell(each)
                except Exception as error:  # the others are told all the same
                    self.say("request not told", level="error", **describe(error))

    async def run(self) -> None:
        """Until cancelled, and then tell what is left."""
        try:
            await asyncio.Event().wait()
        finally:
            self.catch_up()

    def _tell(self, ended: Ended) -> None:
        entry = ended.line
        if entry.afterwards is not None:
            entry.afterwards()
        self._watch(entry, ended.status, ended.seconds)
        fields = {
            "at": _written(ended.at),
            "request_id": entry.request_id,
            "method": ended.method if ended.method in _METHODS else "other",
            "route": ended.route,
            "status": ended.status,
            **entry.fields,
            "ms": {**entry.ms, "total": round(ended.seconds * 1000, 2)},
        }
        self.say("request", **fields)


class RequestLog:
    """ASGI wrapper: one line a request, and its id in the response header X-Request-ID.

    The id is always drawn here: one that came from outside could be a patient's. `timed` adds the stages
    as Server-Timing.
    """

    def __init__(self, app: ASGIApp, afterwards: Afterwards, timed: bool = False) -> None:
        self.app = app
        self.afterwards = afterwards
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
            route, seconds = getattr(scope.get("route"), "path", None), perf_counter() - entry.started
            self.afterwards.note(Ended(entry, scope["method"], route, status, seconds, time()))


def _server_timing(entry: Line) -> bytes:
    return ", ".join(f"{stage};dur={milliseconds}" for stage, milliseconds in entry.ms.items()).encode()
