"""A key pair for a client of our own, such as the doctor: ES384, as JSON Web Keys."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm


def new_key(file: Path, kid: str) -> str:
    """Writes the private key, for its owner's eyes only; gives the lines for `trust` in the site file.

    FileExistsError rather than writing over a key.
    """
    key = ec.generate_private_key(ec.SECP384R1())
    private = {**json.loads(ECAlgorithm.to_jwk(key)), "kid": kid}
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as written:
        json.dump(private, written)
    public = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    lines = [f'- kid: "{kid}"', *(f"  {name}: {public[name]}" for name in ("kty", "crv", "x", "y"))]
    return "\n".join(lines)
