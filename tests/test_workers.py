"""Workers and who looks after them: each scenario in a process of its own, which forks and hears signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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


NO_ROOM = """
import app.workers
forks, fork = [], os.fork

def no_room():
    forks.append(1)
    if len(forks) in THESE:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()

os.fork = no_room
app.workers.PAUSE_SECONDS = LONG
run(lives)
"""


def without_room(folder: Path, failing: str, pause: float = 0.0) -> AbstractContextManager[Running]:
    """Two workers, where these of the forks fail."""
    return running(folder, NO_ROOM.replace("THESE", failing).replace("LONG", str(pause)))


def test_one_that_could_not_be_started_is_started_after_a_pause(tmp_path: Path) -> None:
    with without_room(tmp_path, "(2, 4)", 0.05) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        os.kill(service.pids(1)[0], signal.SIGKILL)
        service.until(lambda: len(service.pids(1)) == 2)
        assert [words[2:5] for words in service.lines("worker not")] == [
            ["started", "level=error", f"worker={each}"] for each in (2, 1)
        ]
        assert len(service.pids(2)) == 1
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(SECONDS) == 0


def test_a_signal_is_heard_while_one_waits_to_be_started(tmp_path: Path) -> None:
    with without_room(tmp_path, "(2,)", 3600) as service:
        service.until(lambda: len(service.lines("began")) == len(service.lines("worker not")) == 1)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(SECONDS) == 0
        assert not alive(service.pids(1)[0])


def test_a_death_in_the_pause_makes_it_no_shorter(tmp_path: Path) -> None:
    with without_room(tmp_path, "(3,)", 3600) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        for number in (1, 2):
            os.kill(service.pids(number)[0], signal.SIGKILL)
            service.until(lambda dead=number: len(service.lines("worker died")) == dead)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(SECONDS) == 0
        assert (len(service.lines("began")), len(service.lines("worker not"))) == (2, 1)


def test_where_there_is_no_room_for_long_the_others_end_too(tmp_path: Path) -> None:
    with without_room(tmp_path, "range(2, 100)") as service:
        assert service.process.wait(SECONDS) == CANNOT_SERVE
        assert len(service.lines("worker not")) == MOST_DEATHS
        assert service.lines("given") == [["given", "up", "level=error", "why=they", "die", "too", "often"]]
        assert not any(alive(pid) for pid in service.pids(1))


def test_a_log_that_cannot_be_written_ends_nobody(tmp_path: Path) -> None:
    full = """
def say(event, **fields):
    tell("unsaid", event)
    raise BrokenPipeError

run(lives)
"""
    with running(tmp_path, full) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        os.kill(service.pids(1)[0], signal.SIGKILL)
        service.until(lambda: len(service.pids(1)) == 2)
        assert len(service.lines("unsaid")) == 1
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(SECONDS) == 0


def test_whatever_else_fails_the_workers_end_with_it(tmp_path: Path) -> None:
    broken = """
def fails(own, *code):
    raise MemoryError

Workers._may_go_on = fails
run(lives)
"""
    with running(tmp_path, broken) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        os.kill(service.pids(1)[0], signal.SIGKILL)
        assert service.process.wait(SECONDS) == CANNOT_SERVE
        assert [words[:5] for words in service.lines("given")] == [
            ["given", "up", "level=error", "why=it", "failed"]
        ]
        assert not alive(service.pids(2)[0])


def test_what_ends_the_parent_is_not_what_ends_a_worker(tmp_path: Path) -> None:
    inherited = """
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

def waits(number):
    tell("began", number, os.getpid())
    while True:
        signal.pause()

run(waits)
"""
    with running(tmp_path, inherited) as service:
        service.until(lambda: len(service.lines("began")) == 2)
        os.kill(service.pids(1)[0], signal.SIGTERM)
        service.until(lambda: len(service.pids(1)) == 2)
        assert service.lines("worker") == [["worker", "died", "level=error", "worker=1", "exit_code=-15"]]
