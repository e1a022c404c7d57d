"""One keep-alive HTTP connection over a plain socket: the client must not be what is measured."""

from __future__ import annotations

import re
import socket
from types import TracebackType
from typing import Self

SECONDS = 30.0
LENGTH = re.compile(rb"content-length: *(\d+)")


class Connection:
    """A closed loop: the next request waits for the last answer. OSError when the peer is gone."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET."""
        return self.exchange(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Sends a whole request; status and body of the answer, which must name its length."""
        self._socket.sendall(request)
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        head = data[:end].lower()
        named = LENGTH.search(head)
        if named is None:
            raise ValueError(f"an answer without content-length: {head!r}")
        length = int(named[1])
        while len(data) < end + 4 + length:
            data += self._receive()
        return int(head[9:12]), data[end + 4 :]

    def _receive(self) -> bytes:
        part = self._socket.recv(262_144)
        if not part:
            raise ConnectionResetError("the server closed the connection")
        return part


def post(path: str, body: bytes, further: str = "") -> bytes:
    """The bytes of a JSON POST; `further` are header lines, each with its end."""
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n{further}"
    return head.encode() + f"content-length: {len(body)}\r\n\r\n".encode() + body
