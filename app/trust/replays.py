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
    """Remembers in this process."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._known: set[str] = set()
        self._ends: list[tuple[float, str]] = []

    def first(self, name: str, until: float, now: float) -> bool:
        """Whether a name comes for the first time; Unauthorised when no more can be remembered."""
        while self._ends and self._ends[0][0] < now:
            self._known.discard(heappop(self._ends)[1])
        if name in self._known:
            return False
        if len(self._known) >= self._most:
            refuse("too-many-tokens")
        self._known.add(name)
        heappush(self._ends, (until, name))
        return True
