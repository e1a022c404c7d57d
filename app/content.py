"""The content that is served, and the watch over its folder: a change is served without a restart.

A change is loaded and checked whole, off the event loop; with any fault in it the old content stays.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from app.knowledge.load import FaultyContent, Knowledge, load

POLL_SECONDS = 2.0
"""How often the folder is looked at; a change is read when it looks the same twice."""
Traces = frozenset[tuple[str, int, int, int]]


Serve = Callable[[Knowledge], None]
"""Makes a content the one that new calls are answered with. FaultyContent when it does not fit the site."""


class Change(Enum):
    """What became of a change of the folder."""

    SERVED = "served"
    REFUSED = "refused"


Told = Callable[[Change, str], None]
"""Hears what became of a change, and why."""


def traces(folder: Path) -> Traces:
    """Every file with its inode, size and time of change: any write, rename or swapped link alters them."""
    found = set()
    for parent, _, names in os.walk(folder, followlinks=True):
        for name in names:
            path = os.path.join(parent, name)
            try:
                state = os.stat(path)
            except OSError:
                continue  # removed between the list and the look: the next look differs anyway
            found.add((path, state.st_ino, state.st_size, state.st_ctime_ns))
    return frozenset(found)


class Content:
    """The content that is served of a folder, which had the traces `read` before it was read.

    `fault` says what is wrong with the folder while it is not what is served, "" otherwise; `unseen` why the
    last look at it failed.
    """

    def __init__(self, folder: Path, read: Traces, knowledge: Knowledge) -> None:
        self.folder = folder
        self.knowledge = knowledge
        self.fault = self.unseen = ""
        self._read = self._seen = read

    @property
    def version(self) -> str:
        """As the content that is served names itself."""
        return self.knowledge.version

    @property
    def digest(self) -> str:
        """The SHA-256 of all files that are served."""
        return self.knowledge.digest

    async def check(self) -> str:
        """For readiness: what is wrong with the folder."""
        return self.fault or self.unseen

    async def watch(self, serve: Serve, told: Told) -> None:
        """Looks again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.look(serve, told)
                self.unseen = ""
            except Exception as error:  # no thread to be had, say: the next look may go better
                self.unseen = f"the last look at the folder failed ({type(error).__name__})"

    async def look(self, serve: Serve, told: Told) -> None:
        """One look at the folder; a change is read when nobody has written to it since the last look.

        No fault of a change ends in an exception: it is told, and stays until the folder changes again.
        """
        found = await asyncio.to_thread(traces, self.folder)
        settled, self._seen = found == self._seen, found
        if not settled or found == self._read:
            return
        try:
            knowledge = await asyncio.to_thread(load, self.folder)
            if await asyncio.to_thread(traces, self.folder) != found:
                return  # written to while it was read: the next look begins anew
            change, why = self._accept(knowledge, serve), ""
        except FaultyContent as error:
            change, why = Change.REFUSED, self._refused(_said(error))
        except Exception as error:  # unreadable files, and whatever a file can hold that nobody thought of
            change, why = Change.REFUSED, self._refused(f"it cannot be taken in ({type(error).__name__})")
        self._read = found
        if change:
            told(change, why)

    def _accept(self, knowledge: Knowledge, serve: Serve) -> Change | None:
        """Serve it; None where it is what is served already."""
        self.fault = ""
        if knowledge.digest == self.knowledge.digest:
            return None
        serve(knowledge)
        self.knowledge = knowledge
        return Change.SERVED

    def _refused(self, why: str) -> str:
        self.fault = f"the folder has changed and is not served: {why}; content {self.version} stays"
        return why


def _said(error: FaultyContent) -> str:
    count = len(error.faults)
    return f"{count} {'fault' if count == 1 else 'faults'}, the first in {error.faults[0]}"
