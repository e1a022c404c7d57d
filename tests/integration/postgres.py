"""A PostgreSQL of our own: Debian's programs, a temporary folder, a free loopback port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.servers import free_port

_USER = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
_START_SECONDS = 120


def programs() -> Path | None:
    """The folder of the newest PostgreSQL on this machine."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: float(each.parts[4]))
    return found[-1].parent if found else None


@dataclass(frozen=True, slots=True)
class Server:
    """A server that can be stopped and started again on the same data."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Its URL, as the service is given it."""
        return f"postgresql://plumbline@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Returns when it takes connections."""
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder}"
        self._control("start", "-w", "-t", str(_START_SECONDS), "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """Returns when it is gone, with whatever was connected."""
        self._control("stop", "-w", "-m", "immediate")

    @contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Nobody can write to a table until the block ends: whoever tries waits."""
        folder = programs()
        assert folder is not None
        command = [folder / "psql", "-X", "-q", "-A", "-t", self.url]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
            assert session.stdin is not None
            assert session.stdout is not None
            session.stdin.write(f"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n")
            session.stdin.flush()
            assert session.stdout.readline() == "locked\n"
            yield
            session.stdin.close()  # the session ends, and its lock with it

    def _control(self, *arguments: str) -> None:
        _run("pg_ctl", "-D", str(self.folder / "data"), *arguments)


@contextmanager
def postgres() -> Iterator[Server]:
    """Runs a new, empty server until the block ends."""
    with tempfile.TemporaryDirectory(prefix="plumbline-postgres-") as name:
        folder = Path(name)
        if _USER:
            shutil.chown(folder, _USER)
        _run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "plumbline",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
        )
        server = Server(folder, free_port())
        server.start()
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()


def _run(program: str, *arguments: str) -> None:
    folder = programs()
    assert folder is not None
    subprocess.run(
        [folder / program, *arguments],
        check=True,
        user=_USER,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=2 * _START_SECONDS,
    )
