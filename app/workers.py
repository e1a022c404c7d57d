"""Several processes that serve: forked from one that has all loaded, and replaced when they die.

uvicorn's own supervisor starts each process anew and lets it import and load for itself; these share the
pages of what was loaded before, until they write to them.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from time import monotonic

from app.logs import Say, describe

CANNOT_SERVE = 3
"""The exit code where serving cannot begin, as uvicorn has it: another try would end the same way."""

MOST_DEATHS = 5
WITHIN_SECONDS = 30.0
"""So many deaths within so many seconds, and the others are ended too: whoever runs us starts us again."""
PAUSE_SECONDS = 5.0
"""Before the next try, where there was no room for another process."""
_ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_HEARD = _ENDING | {signal.SIGCHLD}


def hold_signals() -> None:
    """From now on signals wait for `run`. A thread that begins before this takes them, and nobody hears."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)


class Workers:
    """Runs `work` in so many processes, each with its number from 1; `say` gets an event and its fields.

    Nothing that a fork breaks (threads, event loops, connections) may be there when it runs. `ending` is
    called once the workers were asked to end.
    """

    def __init__(
        self,
        number: int,
        work: Callable[[int], None],
        say: Say,
        ending: Callable[[], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._number = number
        self._work = work
        self._say = say
        self._ending = ending
        self._clock = clock
        self._running: dict[int, ForkProcess] = {}
        self._missing = set(range(1, number + 1))
        self._next_try = 0.0
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self._code: int | None = None

    def run(self) -> int:
        """Until a signal ends all of them, they die too often, or this fails itself: the exit code."""
        hold_signals()
        try:
            self._serve()
        except Exception as error:  # nobody would hear signals from here on
            self._tell("given up", why="it failed", **describe(error))
            self._code = CANNOT_SERVE
            self._ask_to_end()
        for process in self._running.values():
            process.join()
        return self._code or 0

    def _serve(self) -> None:
        self._start_missing()
        while self._running or self._missing:
            if self._heard() in _ENDING:
                self._end(0)
            self._look_after()

    def _heard(self) -> int | None:
        """The next signal, or None when it is time to try again."""
        if not self._missing:
            return signal.sigwait(_HEARD)
        found = signal.sigtimedwait(_HEARD, max(0.0, self._next_try - self._clock()))
        return found.si_signo if found else None

    def _start_missing(self) -> None:
        """Start who is missing, unless the last try was a moment ago."""
        for number in sorted(self._missing):
            if self._clock() < self._next_try:
                return
            try:
                self._start(number)
            except OSError as error:
                self._tell("worker not started", worker=number, why=error.strerror)
                self._next_try = self._clock() + PAUSE_SECONDS
                if not self._may_go_on():
                    self._end(CANNOT_SERVE)
                return

    def _start(self, number: int) -> None:
        process = get_context("fork").Process(target=self._forked, args=(number,), name=f"worker-{number}")
        process.start()
        self._running[number] = process
        self._missing.discard(number)

    def _forked(self, number: int) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # what ends the parent is not ours
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        self._work(number)

    def _look_after(self) -> None:
        """Replace who died; nobody when all are to end."""
        for number, process in list(self._running.items()):
            if (code := process.exitcode) is None:
                continue
            del self._running[number]
            if self._code is not None:
                continue
            self._tell("worker died", worker=number, exit_code=code)
            if self._may_go_on(code):
                self._missing.add(number)
            else:
                self._end(CANNOT_SERVE)
        self._start_missing()

    def _may_go_on(self, code: int | None = None) -> bool:
        """Whether another worker might live longer than the one that died, or that could not be started."""
        now = self._clock()
        self._deaths.append(now)
        too_often = len(self._deaths) == MOST_DEATHS and now - self._deaths[0] < WITHIN_SECONDS
        if code == CANNOT_SERVE or too_often:
            why = "it cannot serve" if code == CANNOT_SERVE else "they die too often"
            self._tell("given up", why=why)
            return False
        return True

    def _end(self, code: int) -> None:
        """Ask all to end; they answer what they have first."""
        if self._code is None:
            self._code = code
            self._missing.clear()
            self._ending()
        self._ask_to_end()

    def _ask_to_end(self) -> None:
        for process in self._running.values():
            process.terminate()

    def _tell(self, event: str, **fields: object) -> None:
        """Write to the log, but go on where that fails: the workers may still serve."""
        with suppress(Exception):
            self._say(event, level="error", **fields)


def _end_with_parent() -> None:
    """A worker whose parent was killed ends as if it had been asked to: nobody would replace it any more."""
    if parent := parent_process():
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
