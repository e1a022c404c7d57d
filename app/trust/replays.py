"""Tokens that were used once, remembered until they expire: a stolen one cannot be used again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from heapq import heappop, heappush

from app.trust.token import Token, refuse

MOST_REMEMBERED = 250_000
"""Some 60 MB. Only tokens whose signature is right get in; more are refused rather than forgotten."""

RememberOnce = Callable[[str, float], Awaitable[bool]]
"""True when the key was not known; remembers it until that moment (seconds since 1970)."""


def name_of(token: Token) -> str:
    """What a token is remembered by, of a fixed length."""
    return blake2b(f"{token.iss}\n{token.jti}".encode(), digest_size=16).hexdigest()


class Replays:
    """Remembers in this process.

    A token is forgotten when it has expired by the clock of the wall and its time has passed by `tick` too,
    which nobody sets: a clock that is set wrong and right again brings no used token back.
    """

    def __init__(self, tick: Callable[[], float], most: int = MOST_REMEMBERED) -> None:
        self._tick = tick
        self._most = most
        self._known: set[str] = set()
        self._ends: list[tuple[float, float, str]] = []

    def first(self, name: str, until: float, now: float) -> bool:
        """Whether a name comes for the first time; Unauthorised when no more can be remembered."""
        tick = self._tick()
        while self._ends and self._ends[0][0] < tick and self._ends[0][1] < now:
            self._known.discard(heappop(self._ends)[2])
        if name in self._known:
            return False
        if len(self._known) >= self._most:
            refuse("too-many-tokens")
        self._known.add(name)
        heappush(self._ends, (tick + until - now, until, name))
        return True
