"""Giving way: whoever has long to do lets other requests go first now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


async def pause() -> None:
    """Others have their turn: what arrives in the first round of the loop is answered in the second."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def in_turns(steps: Generator[None, None, T]) -> T:
    """What comes of the steps; between them other requests have their turn."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: T = done.value
            return found
        await pause()
