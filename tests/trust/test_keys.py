"""Key sets: which keys are usable, each for the algorithms of its own type only."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.trust.keys import FaultyKey, keys_of
from tests.tokens import ALGORITHMS, jwks, public

SANDBOX = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
    "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
    "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
    "alg": "ES384",
}


def usable(*entries: Any) -> list[tuple[str, str]]:
    """The kid and algorithm of every key that can be used."""
    return sorted(keys_of({"keys": list(entries)}))


def test_a_key_is_good_for_the_algorithms_of_its_type() -> None:
    assert usable(public("ES256", "1")) == [("1", "ES256")]
    assert usable(public("ES384", "1")) == [("1", "ES384")]
    assert usable(public("ES512", "1")) == [("1", "ES512")]
    assert usable(public("EdDSA", "1")) == [("1", "EdDSA")]
    assert [name for _, name in usable(public("RS384", "1"))] == [
        "PS256",
        "PS384",
        "PS512",
        "RS256",
        "RS384",
        "RS512",
    ]


def test_a_key_with_an_algorithm_is_good_for_that_one_only() -> None:
    assert usable(public("RS384", "1", alg="PS384")) == [("1", "PS384")]


def test_the_public_key_of_the_cds_hooks_sandbox_is_usable() -> None:
    assert usable(SANDBOX) == [(SANDBOX["kid"], "ES384")]


def test_the_first_of_two_keys_with_one_kid_counts() -> None:
    first, second = public("ES384", "1"), public("ES384 2", "1")
    found = keys_of({"keys": [first, second]})["1", "ES384"]
    assert found.key.public_numbers() == keys_of({"keys": [first]})["1", "ES384"].key.public_numbers()


def test_lists_may_be_tuples_as_in_the_site_file() -> None:
    assert keys_of({"keys": tuple(jwks("ES384")["keys"])})


SHORT = ALGORITHMS["RS384"].to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True)
USELESS: dict[str, Any] = {
    "no object": "key",
    "without kid": public("ES384") | {"kid": ""},
    "kid a number": public("ES384") | {"kid": 1},
    "symmetric": {"kty": "oct", "kid": "1", "k": "c2VjcmV0", "alg": "HS384"},
    "private": public("ES384") | {"d": "AA"},
    "for encryption": public("ES384", use="enc"),
    "for signing only": public("ES384", key_ops=["sign"]),
    "key_ops no list": public("ES384", key_ops="verify"),
    "EC for an RSA algorithm": public("ES384", alg="RS384"),
    "EC for HS384": public("ES384", alg="HS384"),
    "a curve of bitcoin": {**public("ES256"), "crv": "secp256k1"},
    "a curve that does not fit its point": {**public("ES256"), "crv": "P-384"},
    "a point off the curve": {**public("ES384"), "x": public("ES384 2")["x"]},
    "type a list": public("ES384") | {"kty": ["EC"]},
    "no numbers": {"kty": "EC", "crv": "P-384", "kid": "1"},
    "RSA of 1024 bits": {**SHORT, "kid": "1"},
}


@pytest.mark.parametrize("name", USELESS)
def test_a_useless_key_is_left_out_and_the_others_stay(name: str) -> None:
    assert usable(USELESS[name], public("ES384", "good")) == [("good", "ES384")]


@pytest.mark.parametrize("jwks", [None, [], "x", {}, {"keys": {}}, {"keys": None}], ids=repr)
def test_what_is_no_key_set_is_said(jwks: Any) -> None:
    with pytest.raises(FaultyKey, match="no key set"):
        keys_of(jwks)
