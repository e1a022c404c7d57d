"""A service that is told to stop answers what it has begun."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import IO

import httpx
import pytest

from tests.calls import LOW_BACK_PAIN, condition, prefetched, request, study
from tests.integration.servers import ROOT, needed, service

pytestmark = pytest.mark.integration
WAIT_SECONDS = 20


@contextmanager
def slow_ehr(asked: Event, go_on: Event) -> Iterator[str]:
    """A FHIR server that says when it was asked, and answers with nothing found when it may go on."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is http.server's
            asked.set()
            go_on.wait(WAIT_SECONDS)
            body = b'{"resourceType": "Bundle", "type": "searchset"}'
            self.send_response(200)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/fhir"
        finally:
            go_on.set()
            server.shutdown()
            thread.join()


def test_a_call_in_flight_is_answered_after_the_service_was_told_to_stop(tmp_path: Path) -> None:
    asked, go_on = Event(), Event()
    store = f"sqlite:///{tmp_path}/journal.sqlite"
    with slow_ehr(asked, go_on) as ehr, service(store_url=store) as running:
        sent = prefetched(condition(LOW_BACK_PAIN), without=("encounters",))
        body = {**request("order-sign", study("72148", LOW_BACK_PAIN), prefetch=sent), "fhirServer": ehr}
        url = f"{running.url}/cds-services/low-back-pain-order-sign"
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(httpx.post, url, json=body, timeout=WAIT_SECONDS)
            assert asked.wait(WAIT_SECONDS)
            os.kill(running.pid, signal.SIGTERM)
            refused_by(running.url)
            go_on.set()
            answer = call.result(WAIT_SECONDS)
    assert answer.status_code == 200
    assert answer.json()["cards"][0]["source"]["topic"]["code"] == "avoid-early-imaging"


def refused_by(url: str) -> None:
    """Returns when nobody new is let in."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        try:
            httpx.get(f"{url}/health/live", timeout=1)
        except httpx.ConnectError:
            return
        except httpx.TransportError:  # let in, or waiting to be, when the door was closed
            continue
    raise AssertionError("new connections are still taken")


AS_ROOT = () if os.geteuid() == 0 else ("--user", "--map-root-user")
NAMESPACE = ("unshare", *AS_ROOT, "--pid", "--fork", "--kill-child", "--")


def no_namespace() -> str | None:
    """Why no process can be the first of a namespace here, or None when one can."""
    if shutil.which(NAMESPACE[0]) is None:
        return "unshare is not installed"
    done = subprocess.run([*NAMESPACE, "true"], capture_output=True, text=True, check=False)
    return done.stderr or "no process namespace" if done.returncode else None


def read_by(process: subprocess.Popen[bytes], pipe: Path) -> IO[str]:
    """The pipe to write to, once this process reads it."""
    end = time.monotonic() + WAIT_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            return os.fdopen(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK), "w")
        except OSError:  # nobody reads it yet
            time.sleep(0.01)
    raise AssertionError("nobody reads it")


def test_the_first_process_of_a_container_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    needed(no_namespace())
    os.mkfifo(mode := tmp_path / "mode")
    command = [*NAMESPACE, sys.executable, "-m", "app", "serve"]
    environment = {"PATH": os.environ["PATH"], "PLUMBLINE_MODE_FILE": str(mode)}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as outside:
        try:
            with read_by(outside, mode):
                first = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text()
                os.kill(int(first), signal.SIGTERM)
                assert outside.wait(WAIT_SECONDS) == 0
        finally:
            outside.kill()
