"""Public keys out of JSON Web Key Sets, each bound to the algorithms that fit its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jwt

_FEWEST_RSA_BITS = 2048
_ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "EC P-256": ("ES256",),
    "EC P-384": ("ES384",),
    "EC P-521": ("ES512",),
    "OKP Ed25519": ("EdDSA",),
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
}


class FaultyKey(ValueError):
    """A key that nothing can be verified with; says why, without the key."""


Keys = Mapping[tuple[str, str], "jwt.PyJWK"]
"""Public keys by (kid, algorithm): a token can name no other algorithm than one that fits its key."""


def keys_of(jwks: object) -> Keys:
    """The usable keys of a key set; the first of each kid and algorithm counts. FaultyKey when it is none."""
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list | tuple):
        raise FaultyKey("is no key set: it has no list `keys`")
    found: dict[tuple[str, str], jwt.PyJWK] = {}
    for entry in listed:
        try:
            found = {**_parsed(entry), **found}
        except FaultyKey:
            continue  # a set may hold keys for other purposes
    return found


def _parsed(entry: object) -> Keys:
    """One entry of a key set, once for each algorithm that it is good for; FaultyKey says what is wrong."""
    import jwt  # costs a start more than all else of `trust`, and only tokens need it

    if not isinstance(entry, dict):
        raise FaultyKey("is no object")
    kid, kind, uses = entry.get("kid"), entry.get("kty"), entry.get("key_ops", ["verify"])
    if not isinstance(kid, str) or not kid:
        raise FaultyKey("has no kid")
    if "d" in entry:
        raise FaultyKey("is a private key")
    if entry.get("use", "sig") != "sig" or not isinstance(uses, list | tuple) or "verify" not in uses:
        raise FaultyKey("is not for verifying signatures")
    fitting = _ALGORITHMS.get(f"{kind} {entry.get('crv', '')}".strip(), ())
    usable = [name for name in fitting if entry.get("alg", name) == name]
    if not usable:
        raise FaultyKey("is of a type, or for an algorithm, that is never accepted")
    try:
        parsed = {(kid, name): jwt.PyJWK(entry, name) for name in usable}
    except (jwt.PyJWTError, ValueError, TypeError):
        raise FaultyKey("cannot be read") from None
    if kind == "RSA" and any(key.key.key_size < _FEWEST_RSA_BITS for key in parsed.values()):
        raise FaultyKey(f"is shorter than {_FEWEST_RSA_BITS} bits")
    return parsed
