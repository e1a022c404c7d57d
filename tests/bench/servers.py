"""The two servers, one uvicorn worker each, and what the kernel says of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration import servers

UVICORN = ("--workers", "1", "--loop", "uvloop", "--http", "httptools", "--no-access-log")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its process and its port."""

    name: str
    pid: int
    port: int

    def cpu_ns(self) -> int:
        """CPU time of all its threads since they started, in nanoseconds."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)

    def memory_mb(self) -> float:
        """Resident memory in MB."""
        return self._kilobytes("status", "VmRSS:") / 1024

    def share_mb(self) -> float:
        """Resident memory in MB, of which what is shared counts in parts (PSS)."""
        return self._kilobytes("smaps_rollup", "Pss:") / 1024

    def _kilobytes(self, file: str, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/{file}").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1])


def workers(parent: Server) -> list[Server]:
    """The workers of a service that has several, each with the port where nobody else answers."""
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    return [Server("worker", int(pid), parent.port + number) for number, pid in enumerate(children, 1)]


def can_measure() -> bool:
    """False where the kernel does not tell CPU time in nanoseconds; ticks of 10 ms are too coarse."""
    return Path("/proc/self/schedstat").exists()


@contextmanager
def floor(app: str = "app") -> Iterator[Server]:
    """A bare ASGI application that decodes the body and answers fixed bytes."""
    with bare(f"tests.bench.floor:{app}") as server:
        yield server


@contextmanager
def bare(app: str, python: str = sys.executable, ready: str = "/health/live") -> Iterator[Server]:
    """An ASGI application in a uvicorn of its own; `python` runs it, `ready` is a path that it answers."""
    port = servers.free_port()
    address = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning")
    command = [python, "-m", "uvicorn", *UVICORN, *address, app]
    with servers.running(command, f"http://127.0.0.1:{port}", ready) as running:
        yield Server(app, running.pid, port)


@contextmanager
def service(**settings: str) -> Iterator[Server]:
    """The real service as `python -m app serve` starts it, in development mode on a fixed day.

    Its deadline is the default one, unlike that of the integration tests.
    """
    with servers.service(**{"deadline_ms": "400", **settings}) as running:
        yield Server("service", running.pid, running.port)
