"""Answers that were found before: hooks fire several times for one patient, and the same data comes again.

Holds answers by a keyed digest of everything they depend on, never what was sent; bounded in number and
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from secrets import token_bytes
from time import monotonic

from cachetools import TTLCache

from app.facts.asking import Answers

Key = bytes


class Memory:
    """Answers by digest; the key of the digest is drawn at start and never leaves the process."""

    def __init__(self, calls: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._secret = token_bytes(32)
        self._answers: TTLCache[Key, Answers] = TTLCache(calls, seconds, clock)

    def __len__(self) -> int:
        return len(self._answers)

    def key(self, sent: Iterable[bytes], around: object) -> Key:
        """The key of a call: the resources that were sent, in order, and whatever else counts.

        Who the patient is counts, and stays in the digest like the rest.
        """
        digest = blake2b(digest_size=16, key=self._secret)
        for each in (*sent, repr(around).encode()):
            digest.update(len(each).to_bytes(8))
            digest.update(each)
        return digest.digest()

    def recall(self, key: Key) -> Answers | None:
        """The answers of such a call, or None when nobody remembers."""
        return self._answers.get(key)

    def keep(self, key: Key, answers: Answers) -> None:
        """Remember the answers of a call."""
        self._answers[key] = answers
