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
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


def can_measure() -> bool:
    """False where the kernel does not tell CPU time in nanoseconds; ticks of 10 ms are too coarse."""
    return Path("/proc/self/schedstat").exists()


@contextmanager
def floor() -> Iterator[Server]:
    """A bare ASGI application that decodes the body and answers fixed bytes."""
    port = servers.free_port()
    address = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning")
    command = [sys.executable, "-m", "uvicorn", *UVICORN, *address, "tests.bench.floor:app"]
    with servers.running(command, f"http://127.0.0.1:{port}", "/health/live") as running:
        yield Server("floor", running.pid, port)


@contextmanager
def service() -> Iterator[Server]:
    """The real service as `python -m app serve` starts it, in development mode on a fixed day."""
    with servers.service() as running:
        yield Server("service", running.pid, running.port)
