"""Keyed hashes of whom a row is about: the same person has the same hash, and nobody can tell who it is.

The key comes from the configuration as `id:secret`, and its id stands beside every hash. Rotation is a new id
with a new secret: hashes under two ids cannot be compared, which is the purpose. The secret is never stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from secrets import token_hex

LENGTH = 32
"""Hex digits of a hash: 128 bits."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""As it is written, with its hyphens: a number of 32 digits may be an identifier."""


@dataclass(frozen=True, slots=True)
class HashKey:
    """A key by its name; `drawn` says that nobody configured it, so that it ends with the process."""

    id: str
    secret: bytes = field(repr=False)
    drawn: bool = False

    def hash(self, kind: str, client: str, value: str) -> str:
        """The hash of an identifier of a client; the same id elsewhere has another."""
        text = "\x1f".join((kind, client, value)).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=LENGTH // 2, key=self.secret).hexdigest()

    def opaque(self, client: str, value: str) -> str:
        """A UUID as it is; anything else, which may say whose it is, as its hash after a `#`."""
        return value.lower() if _UUID.fullmatch(value) else f"#{self.hash('id', client, value)}"


def hash_key(configured: str | None) -> HashKey:
    """The configured key, else one drawn for this process."""
    if not configured:
        return HashKey(f"drawn-{token_hex(4)}", token_hex(32).encode(), drawn=True)
    name, _, secret = configured.partition(":")
    # A secret may be longer than a key of BLAKE2b: all of it counts.
    return HashKey(name, blake2b(secret.encode()).digest())
