"""What the site file may say of a client's trust, and what makes two clients the same."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.trust.issuers import Trust, clashes
from tests.tokens import ISSUER, JKU, jwks, public


def fault(**said: Any) -> str:
    """What is wrong with a trust."""
    with pytest.raises(ValidationError) as caught:
        Trust.model_validate(said)
    return str(caught.value.errors()[0]["msg"])


def test_an_issuer_with_a_key_set_or_its_address_is_enough() -> None:
    assert Trust(iss=ISSUER, jku=(JKU,)).keys is None
    assert Trust(iss=ISSUER, jwks=jwks("ES384")).keys


def test_a_certificate_is_enough() -> None:
    assert Trust(subjects=("CN=ehr",)).iss is None


def test_es384_and_rs384_are_always_accepted_and_others_when_they_are_listed() -> None:
    assert Trust(iss=ISSUER, jku=(JKU,)).accepted == {"ES384", "RS384"}
    assert Trust(iss=ISSUER, jku=(JKU,), algorithms=("ES256",)).accepted == {"ES256", "ES384", "RS384"}


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS384", "HS512", "ES256K", "rs256"])
def test_none_and_symmetric_algorithms_cannot_even_be_listed(algorithm: str) -> None:
    assert "Input should be" in fault(iss=ISSUER, jku=(JKU,), algorithms=(algorithm,))


def test_nobody_is_trusted_by_saying_nothing() -> None:
    assert "needs `iss`" in fault()


def test_an_issuer_without_keys_is_a_fault() -> None:
    assert "needs its keys" in fault(iss=ISSUER)


def test_what_belongs_to_tokens_needs_an_issuer() -> None:
    assert "without `iss`" in fault(subjects=("CN=ehr",), tenants=("north",))


@pytest.mark.parametrize(
    "address",
    [
        "http://ehr.example/keys",
        "http://localhost/keys",
        "https://user@ehr.example/keys",
        "https:///keys",
        "file:///etc/passwd",
        "ftp://ehr.example/keys",
        "keys",
    ],
)
def test_keys_come_over_https_only(address: str) -> None:
    assert "https" in fault(iss=ISSUER, jku=(address,))


def test_a_private_key_in_the_site_file_is_a_fault() -> None:
    leaked = {"keys": [public("ES384"), public("ES384 2") | {"d": "secret"}]}
    said = fault(iss=ISSUER, jwks=leaked)
    assert "private key" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "keys",
    [
        {"keys": []},
        {"keys": [{"kty": "oct", "kid": "1", "k": "c2VjcmV0"}]},
        jwks("ES256"),
        {"keys": [public("ES384", use="enc")]},
        {"keys": [public("RS384", alg="RS256")]},
    ],
    ids=["empty", "symmetric", "not accepted", "for encryption", "for another algorithm"],
)
def test_a_key_set_that_verifies_nothing_is_a_fault(keys: Any) -> None:
    assert "holds no key for ES384 or RS384" in fault(iss=ISSUER, jwks=keys)


def test_what_is_no_key_set_is_a_fault() -> None:
    assert "list `keys`" in fault(iss=ISSUER, jwks=public("ES384"))


def test_a_misspelt_word_is_a_fault() -> None:
    assert "Extra inputs" in fault(iss=ISSUER, jku=(JKU,), tenant=("north",))


def trusts(**by_name: dict[str, Any]) -> dict[str, Trust]:
    """Trusts by client, each with a place for its keys."""
    return {
        name: Trust(**said, **({"jku": (JKU,)} if "iss" in said else {})) for name, said in by_name.items()
    }


def test_one_issuer_for_two_clients_is_ambiguous() -> None:
    said = clashes(trusts(one={"iss": ISSUER}, two={"iss": ISSUER}, three={"iss": "https://three.example"}))
    assert said == ["one and two have the same `iss`: tell them apart by `tenants`"]


def test_a_client_without_tenants_would_take_those_of_the_others() -> None:
    assert clashes(trusts(one={"iss": ISSUER, "tenants": ("north",)}, two={"iss": ISSUER}))


def test_tenants_tell_two_clients_of_an_issuer_apart() -> None:
    of_two = {"iss": ISSUER, "tenants": ("south", "west")}
    assert clashes(trusts(one={"iss": ISSUER, "tenants": ("north",)}, two=of_two)) == []
    assert clashes(trusts(one={"iss": ISSUER, "tenants": ("west",)}, two=of_two))


def test_one_certificate_for_two_clients_is_ambiguous_unless_a_token_comes_with_it() -> None:
    alone = {"subjects": ("CN=ehr",)}
    assert clashes(trusts(one=alone, two=alone)) == ["one and two have the same subject in `subjects`"]
    assert clashes(trusts(one=alone, two=alone | {"iss": ISSUER})) == []
