"""Starts what the integration tests need, each as a process of its own on a free loopback port."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Resource = Mapping[str, Any]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TODAY = "2026-11-20"
DEADLINE_MS = "20000"
"""A busy machine sheds no call and leaves no record unread; who tries the deadline sets one."""
START_SECONDS = 120.0
STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: its base address, the file that holds what it printed, its process."""

    url: str
    log: Path
    pid: int

    @property
    def port(self) -> int:
        """The port of the base address."""
        return int(self.url.rsplit(":", 1)[1])


def missing_tool() -> str | None:
    """Why the npm side cannot run here, or None when it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (HERE / "node_modules" / "@medplum").is_dir():
        return "the npm packages are not installed: npm ci --prefix tests/integration"
    return None


def needed(missing: str | None) -> None:
    """Skips with the reason why a tool is missing, and fails in CI, where nothing may be."""
    if missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)


def free_port(more: int = 0) -> int:
    """A loopback port that nobody listens on at this moment, nor on so many after it."""
    while True:
        with ExitStack() as held, suppress(OSError, OverflowError):
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
            for each in range(1, more + 1):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port + each))
            return port


def answers(url: str) -> bool:
    """True when GET url gives a 200."""
    try:
        with urllib.request.urlopen(url, timeout=2, context=ssl._create_unverified_context()) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Polls url until it answers; RuntimeError with the log when the process ended or time ran out."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if answers(url):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer; it printed:\n{log.read_text(errors='replace')[-4000:]}")


@contextmanager
def running(
    command: Sequence[str], url: str, ready: str, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Runs command until the block ends; `ready` is the path that answers 200 once it serves."""
    with tempfile.TemporaryDirectory(prefix="plumbline-") as folder:
        log = Path(folder) / "output.log"
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            ) as process,
        ):
            try:
                wait_until_ready(url + ready, process, log)
                yield Running(url, log, process.pid)
            finally:
                stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Asks the process to end, and ends it when it does not in time."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def fhir_server(resources: Sequence[Resource]) -> Iterator[Running]:
    """Medplum's FHIR router over these resources, empty but for them."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="plumbline-seed-") as folder:
        seed = Path(folder) / "seed.json"
        entries = [{"resource": resource} for resource in resources]
        seed.write_text(json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}))
        command = ["node", str(HERE / "fhir_server.mjs"), "--port", str(port), "--seed", str(seed)]
        with running(command, f"http://127.0.0.1:{port}", "/metadata") as server:
            yield server


@contextmanager
def service(**settings: str) -> Iterator[Running]:
    """The service as `python -m app serve` starts it, on TODAY; settings are PLUMBLINE_ names, lower case."""
    port = free_port(int(settings.get("workers", 1)))
    own = {"host": "127.0.0.1", "port": str(port), "today": TODAY, "mode": "development"}
    own |= {"deadline_ms": DEADLINE_MS, **settings}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")}
    with tempfile.TemporaryDirectory(prefix="plumbline-store-") as folder:
        own.setdefault("store_url", f"sqlite:///{folder}/journal.sqlite")
        if "cards" in settings:  # the project's own content, once checked, is kept for all
            own.setdefault("compiled", f"{folder}/content")
        environment = inherited | {f"PLUMBLINE_{name.upper()}": value for name, value in own.items()}
        command = [sys.executable, "-m", "app", "serve"]
        scheme = "https" if "tls_certificate" in settings else "http"
        with running(command, f"{scheme}://127.0.0.1:{port}", "/health/live", environment) as server:
            yield server
