"""Keys that may be used once, remembered in one process: enough where there is one worker and no replica."""

from __future__ import annotations

from collections.abc import Callable
from time import time


class InMemory:
    """The same promise as the writer's `remember_once`, kept until the process ends."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._until: dict[str, float] = {}
        self._clock = clock
        self._swept = clock()

    async def remember_once(self, key: str, until: float) -> bool:
        """Whether nobody remembered this key yet; it is remembered until `until` (seconds since 1970)."""
        now = self._clock()
        if now - self._swept > SWEEP_SECONDS:
            self._until = {key: end for key, end in self._until.items() if end > now}
            self._swept = now
        if self._until.get(key, now) > now:
            return False
        self._until[key] = until
        return True


SWEEP_SECONDS = 60.0
"""How often keys that ended are let go."""
