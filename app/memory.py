"""What was found before: hooks fire several times for one patient, and the same data comes again.

Holds values by a keyed digest of everything they depend on, never what was sent; bounded in number, in
bytes and in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from secrets import token_bytes
from time import monotonic
from typing import Generic, TypeVar

from cachetools import TTLCache
from cryptography.hazmat.primitives.poly1305 import Poly1305

Key = bytes
T = TypeVar("T")
SHORT = 8 * 1024
"""Bytes."""
BYTES_EACH = 32 * 1024
"""The room that a value may take on average; a larger one makes room by letting others go."""


class Memory(Generic[T]):
    """Values by digest; the key of the digest is drawn at start and never leaves the process.

    Nor do digests: for whoever sees neither, two parts that differ have the same Poly1305 with a probability
    below 2**-80, and it takes a sixth of the time of SHA-256. What is SHORT is through BLAKE2b before
    Poly1305 has begun.
    """

    def __init__(self, values: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._secret = token_bytes(32)
        self._values: TTLCache[Key, tuple[T, int]] = TTLCache(
            values * BYTES_EACH, seconds, clock, getsizeof=lambda kept: max(kept[1], BYTES_EACH)
        )

    def __len__(self) -> int:
        return len(self._values)

    def key(self, sent: Sequence[bytes | memoryview], around: object) -> Key:
        """The key of a value: what was sent, part by part in order, and whatever else counts.

        Who the patient is counts, and stays in the digest like the rest.
        """
        lengths = [*map(len, sent)]
        head = repr((around, lengths)).encode()
        parts = (len(head).to_bytes(8) + head, *sent)
        if sum(lengths) < SHORT:
            return blake2b(b"".join(parts), key=self._secret, digest_size=16).digest()
        digest = Poly1305(self._secret)
        for each in parts:
            digest.update(each)
        return digest.finalize()

    def recall(self, key: Key) -> T | None:
        """The value, or None when nobody remembers."""
        try:
            return self._values[key][0]
        except KeyError:
            return None

    def keep(self, key: Key, value: T, size: int) -> None:
        """Remember a value of about so many bytes; one that is larger than all the room is let go at once."""
        if size <= self._values.maxsize:
            self._values[key] = (value, size)
