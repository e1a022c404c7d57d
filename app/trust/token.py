"""A caller's token: a JWT as CDS Hooks wants it, read but not yet believed. Pure.

PyJWT has the signatures. The envelope is read here, strictly and once: PyJWT's own reading of it costs as
much as verifying an RS384 signature.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import msgspec

from app.errors import Unauthorised

if TYPE_CHECKING:
    import jwt

MOST_TOKEN = 8 * 1024
_MOST_ID = 256
_REQUIRED = ("iss", "aud", "exp", "iat", "jti")
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_ABSENT = msgspec.Raw(b"")


class _Header(msgspec.Struct):
    alg: str = ""
    kid: str = ""
    typ: str = ""
    jku: str | None = None
    crit: msgspec.Raw = _ABSENT
    b64: bool = True


class _Claims(msgspec.Struct):
    iss: str | None = None
    aud: str | list[str] | None = None
    exp: float | None = None
    iat: float | None = None
    jti: str | None = None
    nbf: float = 0
    tenant: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """What a token says of itself; nothing of it is believed before `check` and `signed`."""

    alg: str
    kid: str
    jku: str | None
    iss: str
    audiences: tuple[str, ...]
    issued: float
    not_before: float
    expires: float
    jti: str
    tenant: str | None
    text: bytes
    signature: bytes


def read(token: str) -> Token:
    """The parts of a compact token; Unauthorised when it is none, or lacks what every token must have."""
    if len(token) > MOST_TOKEN or not _COMPACT.fullmatch(token):
        refuse("malformed")
    text, _, signature = token.rpartition(".")
    head, _, claimed = text.partition(".")
    try:
        header = msgspec.json.decode(_bytes(head), type=_Header)
        claims = msgspec.json.decode(_bytes(claimed), type=_Claims)
        return _token(header, claims, text.encode(), _bytes(signature))
    except (ValueError, RecursionError):  # msgspec's, base64's and Unicode's errors among them
        refuse("malformed")


def _token(header: _Header, claims: _Claims, text: bytes, signature: bytes) -> Token:
    if bytes(header.crit) or not header.b64:
        refuse("critical-header")
    if header.typ.upper() != "JWT":
        refuse("type")
    if not header.kid:
        refuse("no-kid")
    for name in _REQUIRED:
        if not getattr(claims, name):
            refuse(f"no-{name}")
    if len(claims.jti or "") > _MOST_ID:
        refuse("malformed")
    audiences = (claims.aud,) if isinstance(claims.aud, str) else tuple(claims.aud or ())
    return Token(
        header.alg,
        header.kid,
        header.jku,
        claims.iss or "",
        audiences,
        claims.iat or 0,
        claims.nbf,
        claims.exp or 0,
        claims.jti or "",
        claims.tenant,
        text,
        signature,
    )


def _bytes(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def check_signature(token: Token, key: jwt.PyJWK) -> None:
    """Unauthorised unless the token was signed with the private half of this key."""
    if not key.Algorithm.verify(token.text, key.key, token.signature):
        refuse("signature")


def refuse(reason: str) -> NoReturn:
    """Refuse a caller for a reason that only the log hears."""
    raise Unauthorised(reason) from None
