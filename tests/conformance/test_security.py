"""Security of the wire; every hostile token is tried in tests/routes/test_verify.py."""

from __future__ import annotations

import pytest

from tests.conformance.statements import holds
from tests.routes.standins import body
from tests.routes.test_verify import (
    BASE,
    FETCHED,
    HOSTILE,
    NORTH,
    REMOTE,
    edge,
    mutual,
    outcome,
    sent,
)
from tests.test_cors import BROWSER, ROUTES, ask, service
from tests.tokens import NOW, ORDER_SIGN, claims, good, head, signed

EVIL = "https://evil.example/keys"
ALGORITHMS = [name for name, (_, reason) in HOSTILE.items() if reason == "algorithm"]
FORGED_KEYS = [name for name, (_, reason) in HOSTILE.items() if reason in ("jku", "issuer", "unknown-key")]


@holds("SEC-2", "SEC-3", "D-18", "FB-1")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cds-services"),
        ("POST", "/cds-services/example-order-sign"),
        ("POST", "/cds-services/example-order-sign/feedback"),
    ],
)
async def test_every_endpoint_wants_a_token_for_its_own_address(method: str, path: str) -> None:
    where = edge()
    for audience in (f"{BASE}/elsewhere", f"{BASE}{path}"):
        token = good(aud=audience, jti=audience)
        sent_with = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        answer = await where.ask(method, path, headers=sent_with, json=body() if method == "POST" else None)
        assert (answer.status_code == 401) == (audience != f"{BASE}{path}")


@holds("SEC-4")
async def test_a_token_may_name_the_listed_place_of_its_keys() -> None:
    token = signed(head("ES384 2", jku=REMOTE.jku[0]), claims(iss=REMOTE.iss), "ES384 2")
    assert (await sent(token)).status_code == 200
    for missing in ("alg", "kid", "typ"):
        assert (await sent(signed(head(**{missing: None}), claims()))).status_code == 401


@holds("SEC-5")
@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti"])
async def test_every_required_claim_is_required_and_others_are_tolerated(claim: str) -> None:
    assert (await sent(good(**{claim: None}))).status_code == 401
    assert (await sent(good(sub="app", nbf=NOW, tenant="any", more={"a": []}))).status_code == 200


@holds("SEC-6", "Q-7")
@pytest.mark.parametrize(
    ("audience", "status"),
    [
        (ORDER_SIGN, 200),
        (f"{ORDER_SIGN}/", 200),
        ([ORDER_SIGN, "https://other.example"], 200),
        ("agreed", 200),
        (ORDER_SIGN.upper(), 401),
        ("sand_man", 401),
        (BASE, 401),
    ],
)
async def test_the_audience_is_the_endpoint_or_was_agreed(audience: str | list[str], status: int) -> None:
    assert (await sent(good(aud=audience))).status_code == status


@holds("SEC-7")
@pytest.mark.parametrize("key", ["ES384", "RS384"])
async def test_both_recommended_algorithms_are_always_taken(key: str) -> None:
    assert (await sent(good(key))).status_code == 200


@holds("SEC-7")
@pytest.mark.parametrize("name", ALGORITHMS)
async def test_no_other_algorithm_is(name: str) -> None:
    assert (await sent(HOSTILE[name][0])).status_code == 401


@holds("SEC-8")
@pytest.mark.parametrize("name", FORGED_KEYS)
async def test_an_issuer_or_key_address_that_is_not_listed_is_refused_and_never_fetched(name: str) -> None:
    FETCHED.clear()
    assert (await sent(HOSTILE[name][0])).status_code == 401
    assert set(FETCHED) <= set(REMOTE.jku)


@holds("SEC-9")
async def test_the_first_thing_that_is_wrong_is_what_is_logged() -> None:
    wrong = {"iss": EVIL, "aud": "x", "exp": NOW - 900}
    seen = []
    for _ in range(len(wrong) + 1):
        where = edge()
        await sent(signed(head(), claims(**wrong), "ES384 3"), where)
        seen.append(where.lines()[0]["reason"])
        wrong.pop(next(iter(wrong), ""), None)
    assert seen == ["issuer", "audience", "expired", "signature"]
    assert (await outcome(edge(), good(iss=NORTH.iss, tenant="west")))[1] == "tenant"


@holds("SEC-9")
async def test_a_token_is_taken_once() -> None:
    where, token = edge(), good()
    assert [(await sent(token, where)).status_code for _ in range(2)] == [200, 401]


@holds("SEC-10")
async def test_a_refusal_has_no_details_and_the_log_no_token() -> None:
    where, token = edge(), good(iss=EVIL)
    answer = await sent(token, where)
    assert answer.json()["issue"][0].keys() == {"severity", "code", "details"}
    assert answer.json()["issue"][0]["details"]["text"] == "The caller could not be verified."
    written = where.log.getvalue().decode()
    assert not [part for part in token.split(".") if part in written]


@holds("SEC-11")
async def test_a_certificate_may_stand_for_a_token_where_the_site_says_so() -> None:
    assert await outcome(mutual("CN=alone")) == (200, "alone")
    assert await outcome(mutual("CN=stranger")) == (401, "certificate")


@holds("CORS-1")
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_endpoint_answers_browsers_and_their_preflight(method: str, path: str) -> None:
    app = service()
    wanted = {"access-control-request-method": method, "access-control-request-headers": "authorization"}
    preflight = await ask(app, "OPTIONS", path, headers=wanted)
    assert preflight.status_code == 200
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    answer = await ask(app, method, path, **({"json": {}} if method == "POST" else {}))
    for each in (preflight, answer):
        assert each.headers["access-control-allow-origin"] in ("*", BROWSER)
