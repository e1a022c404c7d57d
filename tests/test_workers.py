"""Workers and who looks after them: each scenario in a process of its own, which forks and hears signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.workers import CANNOT_SERVE, MOST_DEATHS

BEGIN = r"""
import os, signal, sys, time
from app.workers import Workers

def tell(*words):
    os.write(1, f"{' '.join(map(str, words))}\n".encode())  # in one piece, whoever else writes

def say(event, **fields):
    tell(event, *(f"{name}={value}" for name, value in fields.items()))

def lives(number):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    tell("began", number, os.getpid())
    while True:
        signal.pause()

def run(work):
    sys.exit(Workers(2, work, say, lambda: tell("ending")).run())
"""
SECONDS = 20.0


class Running:
    """A process with two workers; what it prints, one list of words a line."""

    def __init__(self, folder: Path, rest: str) -> None:
        self.printed = folder / "printed"
        with self.printed.open("wb") as out:
            self.process = subprocess.Popen([sys.executable, "-c", BEGIN + rest], stdout=out, stderr=out)

    def lines(self, first: str) -> list[list[str]]:
        """Those that begin with a word."""
        lines = self.printed.read_text().splitlines()
        return [line.split() for line in lines if line.startswith(first)]

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        end = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < end, self.printed.read_text()
            time.sleep(0.01)

    def pids(self, number: int) -> list[int]:
        """Each process that began as the worker of this number."""
        return [int(words[2]) for words in self.lines("began") if words[1] == str(number)]


@contextmanager
def running(folder: Path, rest: str = "run(lives)") -> Iterator[Running]:
    started = Running(folder, rest)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def alive(pid: int) -> bool:
    """Whether a process runs that may not be ours to wait for."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_of_them(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        service.process.send_signal(number)
        assert service.process.wait(SECONDS) == 0
        assert len(service.lines("ending")) == 1
        assert not any(alive(pid) for each in (1, 2) for pid in service.pids(each))


def test_one_that_dies_is_replaced_under_its_number_and_the_other_goes_on(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        (first,), (other,) = service.pids(1), service.pids(2)
        os.kill(first, signal.SIGKILL)
        service.until(lambda: len(service.pids(1)) == 2)
        assert service.lines("worker") == [["worker", "died", "level=error", "worker=1", "exit_code=-9"]]
        assert service.pids(2) == [other]
        assert alive(other)


def test_a_thread_that_was_there_before_takes_no_signal(tmp_path: Path) -> None:
    beside = """
import threading, app.workers
app.workers.hold_signals()
threading.Thread(target=threading.Event().wait, daemon=True).start()
look = Workers._look_after
Workers._look_after = lambda own: (look(own), time.sleep(0.4))  # the parent does not listen for a while
run(lives)
"""
    with running(tmp_path, beside) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        os.kill(service.pids(1)[0], signal.SIGKILL)
        service.until(lambda: len(service.lines("began")) == 3)
        os.kill(service.pids(2)[0], signal.SIGKILL)
        service.until(lambda: len(service.lines("began")) == 4)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(SECONDS) == 0


def test_workers_that_die_at_once_are_given_up(tmp_path: Path) -> None:
    with running(tmp_path, "run(lambda number: sys.exit(1))") as service:
        assert service.process.wait(SECONDS) == CANNOT_SERVE
        assert len(service.lines("worker")) == MOST_DEATHS
        assert service.lines("given") == [["given", "up", "level=error", "why=they", "die", "too", "often"]]


def test_one_that_cannot_serve_ends_the_others_too(tmp_path: Path) -> None:
    work = f"run(lambda number: lives(number) if number == 1 else sys.exit({CANNOT_SERVE}))"
    with running(tmp_path, work) as service:
        assert service.process.wait(SECONDS) == CANNOT_SERVE
        assert service.lines("given") == [["given", "up", "level=error", "why=it", "cannot", "serve"]]
        assert not any(alive(pid) for pid in service.pids(1))


def test_deaths_far_apart_are_no_reason_to_give_up(tmp_path: Path) -> None:
    late = """
import app.workers
app.workers.WITHIN_SECONDS = 0.0
run(lambda number: lives(number) if number == 1 else sys.exit(1))
"""
    with running(tmp_path, late) as service:
        service.until(lambda: len(service.lines("worker")) > 2 * MOST_DEATHS)
        assert service.lines("given") == []


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        service.process.kill()
        service.until(lambda: not any(alive(pid) for each in (1, 2) for pid in service.pids(each)))
