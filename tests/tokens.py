"""Callers' tokens for tests: keys made once, and tokens signed over any header and any claims."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import get_default_algorithms

Json = dict[str, Any]
ALGORITHMS = get_default_algorithms()
NOW = 1_795_000_000
ISSUER = "https://ehr.example/fhir"
JKU = "https://ehr.example/keys"
BASE = "https://cds.example/base"
ORDER_SIGN = f"{BASE}/cds-services/example-order-sign"


@cache
def private(name: str) -> Any:
    """A private key by the name of its algorithm, and a number where another one of its kind is wanted."""
    algorithm = name.partition(" ")[0]
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        return ec.generate_private_key(curves[algorithm])
    return rsa.generate_private_key(65537, 2048)


def public(name: str, kid: str | None = None, **more: Any) -> Json:
    """The public half as a JWK; its kid is the name unless given."""
    algorithm = ALGORITHMS[name.partition(" ")[0]]
    jwk: Json = json.loads(algorithm.to_jwk(private(name).public_key()))
    return {name: value for name, value in (jwk | {"kid": kid or name} | more).items() if value is not None}


def jwks(*names: str) -> Json:
    """A key set."""
    return {"keys": [public(name) for name in names]}


def head(name: str = "ES384", **changes: Any) -> Json:
    """The header of a good token; None takes a member out."""
    made = {"alg": name.partition(" ")[0], "typ": "JWT", "kid": name, **changes}
    return {name: value for name, value in made.items() if value is not None}


def claims(**changes: Any) -> Json:
    """The claims of a good token for order-sign; None takes one out."""
    made = {
        "iss": ISSUER,
        "aud": ORDER_SIGN,
        "exp": NOW + 300,
        "iat": NOW,
        "jti": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def signed(header: Json | bytes, payload: Json | bytes, key: str = "ES384", algorithm: str = "") -> str:
    """A token over any header and payload, signed by a private key."""
    text = f"{segment(header)}.{segment(payload)}"
    signer = ALGORITHMS[algorithm or key.partition(" ")[0]]
    return f"{text}.{segment(signer.sign(text.encode(), private(key)))}"


def good(key: str = "ES384", **changes: Any) -> str:
    """A good token with these claims changed."""
    return signed(head(key), claims(**changes), key)


def segment(part: Json | bytes) -> str:
    """One part of a token."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def hmac_with_public_key(header: Json, payload: Json, key: str) -> str:
    """The classic: the public key, which everybody has, taken for the secret of a symmetric algorithm."""
    pem = private(key).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{segment(header)}.{segment(payload)}"
    return f"{text}.{segment(hmac.new(pem, text.encode(), hashlib.sha384).digest())}"
