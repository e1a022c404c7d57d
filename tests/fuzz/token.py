"""A caller's token from its bytes to the client, under atheris: refused by us, or good for PyJWT too."""

from __future__ import annotations

import asyncio
import sys
from base64 import urlsafe_b64decode
from contextlib import suppress
from random import Random

import atheris

with atheris.instrument_imports(include=["app.trust", "app.routes.verify"]):
    from app.clients import Client
    from app.errors import Unauthorised
    from app.routes.verify import Callers
    from app.trust.issuers import Trust
    from app.trust.key_sets import KeySets

import jwt

from tests.fuzz.trees import mutated
from tests.tokens import BASE, ISSUER, NOW, ORDER_SIGN, claims, good, head, jwks, public, segment, signed

TRUST = Trust(iss=ISSUER, jwks=jwks("ES384", "RS384"), tenants=())
KEYS = {name: jwt.PyJWK(public(name)).key for name in ("ES384", "RS384")}
PATH = ORDER_SIGN.removeprefix(BASE)


async def nobody(_: str) -> bytes | None:
    """A key server that must never be asked: the keys are at hand."""
    raise AssertionError


def seeds() -> list[bytes]:
    """Good tokens of both algorithms, and tokens with one thing wrong."""
    wrong = (good(aud="x"), good(exp=1), signed(head(alg="none"), claims()), signed(head(kid="x"), claims()))
    return [each.encode() for each in (good(), good("RS384"), good(tenant="t", nbf=NOW), *wrong)]


def one(data: bytes) -> None:
    """A token that we take must be good for PyJWT by the same keys, audience and issuer."""
    scope = {"type": "http", "path": PATH, "headers": [(b"authorization", b"Bearer " + data)]}
    callers = Callers([Client("ehr", trust=TRUST)], BASE, KeySets(nobody), clock=lambda: NOW)
    try:
        client = asyncio.run(callers(scope))
    except Unauthorised:
        return
    assert client.id == "ehr"
    token = data.decode()
    algorithm = jwt.get_unverified_header(token)["alg"]
    unclocked = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    jwt.decode(
        token,
        KEYS[algorithm],
        algorithms=[algorithm],
        audience=[ORDER_SIGN, f"{ORDER_SIGN}/"],
        issuer=ISSUER,
        options=unclocked,
    )


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """Header or claims by their tree, signed anew half of the time; otherwise the bytes of the token."""
    chance = Random(seed)
    parts = data.split(b".")
    if len(parts) == 3 and chance.random() < 0.75:
        at = chance.randrange(2)
        with suppress(ValueError):
            text = mutated(urlsafe_b64decode(parts[at] + b"=="), most, seed)
            if text is not None:
                parts[at] = segment(text).encode()
                if chance.random() < 0.5:
                    halves = [urlsafe_b64decode(each + b"==") for each in parts[:2]]
                    return signed(*halves, chance.choice(("ES384", "RS384"))).encode()[:most]
                return b".".join(parts)[:most]
    return atheris.Mutate(data, most)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one, custom_mutator=mutate)
    atheris.Fuzz()
