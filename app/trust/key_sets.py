"""Key sets by address: fetched when a token needs them, parsed once, kept while their server is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from app.trust.keys import FaultyKey, Keys, keys_of
from app.trust.token import refuse

if TYPE_CHECKING:
    import jwt

FRESH_SECONDS = 600.0
"""A set older than this is read again, behind the request that noticed; a key taken out is gone after it."""
KEPT_SECONDS = 24 * 3600.0
"""A set older than this is not used any more, however long its server is away."""
APART_SECONDS = 10.0
"""Between two fetches of one address: tokens with invented key ids must not become requests."""

Fetch = Callable[[str], Awaitable[bytes | None]]
"""Gives what is at an address, or None."""


@dataclass(slots=True)
class _Kept:
    """What is known of one address: its keys, when they were read and when they were last asked for."""

    keys: Keys = field(default_factory=dict)
    read: float = -inf
    tried: float = -inf
    reading: asyncio.Task[None] | None = None

    @property
    def failed(self) -> bool:
        """Whether the last reading is over and brought nothing."""
        return self.reading is not None and self.reading.done() and self.tried > self.read


class KeySets:
    """The keys at the addresses that clients list; nothing else is ever asked for here."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def key(self, address: str, kid: str, algorithm: str) -> jwt.PyJWK:
        """The key of that id for that algorithm; Unauthorised when the set has none or cannot be read."""
        kept = self._kept.setdefault(address, _Kept())
        found = self._usable(kept, kid, algorithm)
        if found is None:
            if reading := self._refresh(address, kept):
                await asyncio.shield(reading)  # others wait for the same one
            found = self._usable(kept, kid, algorithm)
        elif self._clock() - kept.read > FRESH_SECONDS:
            self._refresh(address, kept)
        if found is None:
            refuse("keys-unreachable" if self._clock() - kept.read > KEPT_SECONDS else "unknown-key")
        return found

    async def wrong(self) -> str:
        """For readiness: the addresses that could not be read when they were last asked, "" when none."""
        failed = [address for address, kept in self._kept.items() if kept.failed]
        return f"no key set can be read from {', '.join(failed)}" if failed else ""

    def _usable(self, kept: _Kept, kid: str, algorithm: str) -> jwt.PyJWK | None:
        return kept.keys.get((kid, algorithm)) if self._clock() - kept.read <= KEPT_SECONDS else None

    def _refresh(self, address: str, kept: _Kept) -> asyncio.Task[None] | None:
        """The fetch that is under way or was just begun; None when the last one was a moment ago."""
        if kept.reading is not None and not kept.reading.done():
            return kept.reading
        if self._clock() - kept.tried < APART_SECONDS:
            return None
        kept.tried = self._clock()
        kept.reading = asyncio.create_task(self._read(address, kept))
        return kept.reading

    async def _read(self, address: str, kept: _Kept) -> None:
        body = await self._fetch(address)
        try:
            keys = keys_of(msgspec.json.decode(body or b""))
        except (FaultyKey, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return  # what was read before stays
        kept.keys, kept.read = keys, self._clock()
