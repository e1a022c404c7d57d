"""Callers over ASGI: whom the service lets in, and some fifty tokens that it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from app.clients import Client
from app.routes.verify import Callers
from app.trust.issuers import Trust
from app.trust.key_sets import KeySets
from app.trust.token import MOST_TOKEN
from tests.routes.standins import Edge, body
from tests.tokens import (
    BASE,
    ISSUER,
    JKU,
    NOW,
    ORDER_SIGN,
    claims,
    good,
    head,
    hmac_with_public_key,
    jwks,
    public,
    segment,
    signed,
)

FETCHED: list[str] = []


async def at_the_key_server(address: str) -> bytes | None:
    """The key server of `remote`; every address that anybody asks for is noted."""
    FETCHED.append(address)
    return msgspec.json.encode(jwks("ES384 2")) if address == "https://remote.example/keys" else None


INLINE = Trust(iss=ISSUER, jku=(JKU,), jwks=jwks("ES384", "RS384", "RS256"), audiences=("agreed",))
REMOTE = Trust(
    iss="https://remote.example", jku=("https://remote.example/keys", "https://remote.example/down")
)
WIDER = Trust(
    iss="https://wider.example", jwks=jwks("ES256", "PS256", "EdDSA"), algorithms=("ES256", "PS256")
)
NORTH = Trust(iss="https://shared.example", jwks=jwks("ES384"), tenants=("north",))
SOUTH = Trust(iss="https://shared.example", jwks=jwks("ES384"), tenants=("south",))
CLIENTS = {"inline": INLINE, "remote": REMOTE, "wider": WIDER, "north": NORTH, "south": SOUTH}


def edge(**options: Any) -> Edge:
    """The web edge with the clients of this file; the clock stands at NOW."""
    clients = [Client(name, trust=trust) for name, trust in CLIENTS.items()]
    return Edge(verify=Callers(clients, BASE, KeySets(at_the_key_server), clock=lambda: NOW, **options))


async def sent(token: str, where: Edge | None = None) -> httpx.Response:
    """A call of order-sign with this token."""
    return await (where or edge()).call(body(), headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("client", "token"),
    [
        ("inline", good()),
        ("inline", good("RS384")),
        ("inline", good(aud=["https://other.example", ORDER_SIGN])),
        ("inline", good(aud=f"{ORDER_SIGN}/")),
        ("inline", good(aud="agreed")),
        ("inline", good(sub="app", nbf=NOW - 300, tenant="any", extra={"deep": [1]})),
        ("inline", good(exp=NOW - 59, iat=NOW - 359)),
        ("inline", good(iat=NOW + 59, exp=NOW + 359)),
        ("inline", good(exp=NOW + 3600.0)),
        ("inline", signed(head(jku=JKU), claims())),
        ("remote", signed(head("ES384 2"), claims(iss=REMOTE.iss), "ES384 2")),
        ("remote", signed(head("ES384 2", jku=REMOTE.jku[0]), claims(iss=REMOTE.iss), "ES384 2")),
        ("wider", good("ES256", iss=WIDER.iss)),
        ("wider", good("PS256", iss=WIDER.iss)),
        ("north", good(iss=NORTH.iss, tenant="north")),
        ("south", good(iss=SOUTH.iss, tenant="south")),
    ],
)
async def test_a_good_token_is_its_clients(client: str, token: str) -> None:
    where = edge()
    assert (await sent(token, where)).status_code == 200
    assert where.lines()[0]["client"] == client


def changed(at: int, text: str) -> str:
    """A good token with one of its three parts replaced after it was signed."""
    parts = good().split(".")
    return ".".join([*parts[:at], text, *parts[at + 1 :]])


def signature_of_r_and_s(value: int) -> str:
    """A token whose ECDSA signature is one number twice (0 was once taken as good by several libraries)."""
    return changed(2, segment(value.to_bytes(48, "big") * 2))


HOSTILE: dict[str, tuple[str, str]] = {
    # no token at all
    "an empty token": ("", "no-token"),
    "a word": ("token", "malformed"),
    "two parts only": (".".join(good().split(".")[:2]), "malformed"),
    "four parts": (good() + ".e30", "malformed"),
    "five parts, as an encrypted token has": ("a.b.c.d.e", "malformed"),
    "longer than any token": (good(pad="x" * MOST_TOKEN), "malformed"),
    "a header that is no JSON": (changed(0, segment(b"alg=ES384")), "malformed"),
    "a header that is a list": (changed(0, segment(b"[]")), "malformed"),
    "claims that are no JSON": (signed(head(), b"iss=me"), "malformed"),
    "claims in broken UTF-8": (signed(head(), b'{"iss": "\xff"}'), "malformed"),
    "claims nested without end": (signed(head(), b"[" * 5000), "malformed"),
    "characters outside of base64url": (good().replace(".", ".+", 1), "malformed"),
    "padding": (good() + "==", "malformed"),
    "two tokens in one": (f"{good()},{good()}", "malformed"),
    # algorithms
    "alg none without signature": (f"{segment(head(alg='none'))}.{segment(claims())}.", "malformed"),
    "alg none with a signature": (signed(head(alg="none"), claims()), "algorithm"),
    "alg NONE in capitals": (signed(head(alg="nOnE"), claims()), "algorithm"),
    "no alg": (signed(head(alg=None), claims()), "algorithm"),
    "alg as a number": (signed(head() | {"alg": 384}, claims()), "malformed"),
    "HS384 with the public RSA key as its secret": (
        hmac_with_public_key(head(alg="HS384", kid="RS384"), claims(), "RS384"),
        "algorithm",
    ),
    "HS384 with the public EC key as its secret": (
        hmac_with_public_key(head(alg="HS384"), claims(), "ES384"),
        "algorithm",
    ),
    "ES256, which the client did not list": (good("ES256"), "algorithm"),
    "RS256, whose key the client handed over": (good("RS256"), "algorithm"),
    "EdDSA, which the other client did not list": (good("EdDSA", iss=WIDER.iss), "algorithm"),
    "RS384 naming the EC key": (signed(head("RS384", kid="ES384"), claims(), "RS384"), "unknown-key"),
    "ES384 naming the RSA key": (signed(head(kid="RS384"), claims()), "unknown-key"),
    "PS256 said to be RS384": (signed(head("RS384"), claims(), "RS384", "PS256"), "signature"),
    # keys
    "no kid": (signed(head(kid=None), claims()), "no-kid"),
    "an empty kid": (signed(head(kid=""), claims()), "no-kid"),
    "a kid as a number": (signed(head() | {"kid": 7}, claims()), "malformed"),
    "an unknown kid": (signed(head(kid="other"), claims()), "unknown-key"),
    "a kid that is a path": (signed(head(kid="../../etc/passwd"), claims()), "unknown-key"),
    "a kid that is a query": (signed(head(kid="x' OR '1'='1"), claims()), "unknown-key"),
    "the kid of another client's key": (good("ES256", iss=ISSUER), "algorithm"),
    "a key of its own in the header": (
        signed(head("ES384", jwk=public("ES384 3")), claims(), "ES384 3"),
        "signature",
    ),
    "a certificate of its own in the header": (
        signed(head(x5c=["MIIB"], x5u="https://evil.example/x5u"), claims(), "ES384 3"),
        "signature",
    ),
    "a jku that is not listed": (
        signed(head("ES384 3", jku="https://evil.example/keys"), claims(), "ES384 3"),
        "jku",
    ),
    "a jku below a listed one": (signed(head(jku=f"{JKU}/../evil"), claims()), "jku"),
    "a jku that only begins like a listed one": (signed(head(jku=f"{JKU}@evil.example"), claims()), "jku"),
    "a listed jku with a query": (signed(head(jku=f"{JKU}?x"), claims()), "jku"),
    "a jku of the service's own network": (signed(head(jku="http://169.254.169.254/"), claims()), "jku"),
    "the jku of another client": (signed(head(jku=REMOTE.jku[0]), claims()), "jku"),
    "a jku whose server is away": (
        signed(head("ES384 2", jku=REMOTE.jku[1]), claims(iss=REMOTE.iss), "ES384 2"),
        "keys-unreachable",
    ),
    # signatures
    "signed by a stranger under a known kid": (signed(head(), claims(), "ES384 3"), "signature"),
    "claims changed after signing": (changed(1, segment(claims(exp=NOW + 900))), "signature"),
    "header changed after signing": (changed(0, segment(head(cty="x"))), "signature"),
    "the signature of another token": (changed(2, good(jti="2").split(".")[2]), "signature"),
    "a signature of zeros": (signature_of_r_and_s(0), "signature"),
    "a signature of ones": (signature_of_r_and_s(1), "signature"),
    "a short signature": (changed(2, "AAAA"), "signature"),
    "a long signature": (changed(2, segment(b"\1" * 3000)), "signature"),
    # extensions and types
    "a critical header": (signed(head(crit=["exp"], exp=1), claims()), "critical-header"),
    "a critical header that is null": (
        signed(b'{"alg":"ES384","kid":"ES384","typ":"JWT","crit":null}', claims()),
        "critical-header",
    ),
    "a payload that is not encoded": (signed(head(b64=False), claims()), "critical-header"),
    "an access token": (signed(head(typ="at+jwt"), claims()), "type"),
    "no type": (signed(head(typ=None), claims()), "type"),
    # claims
    "no issuer": (good(iss=None), "no-iss"),
    "an unknown issuer": (good(iss="https://evil.example"), "issuer"),
    "an issuer with a slash more": (good(iss=f"{ISSUER}/"), "issuer"),
    "an issuer in capitals": (good(iss=ISSUER.upper()), "issuer"),
    "an issuer as a list": (good(iss=[ISSUER]), "malformed"),
    "another client's issuer": (good("ES384 3", iss=REMOTE.iss), "unknown-key"),
    "an issuer twice": (
        signed(
            head(),
            f'{{"iss":"{ISSUER}","iss":"https://evil.example","aud":"agreed","exp":1,"iat":1,"jti":"1"}}'.encode(),
        ),
        "issuer",
    ),
    "no audience": (good(aud=None), "no-aud"),
    "an empty audience": (good(aud=[]), "no-aud"),
    "the audience of discovery": (good(aud=f"{BASE}/cds-services"), "audience"),
    "the audience of another service": (good(aud=f"{BASE}/cds-services/example-patient-view"), "audience"),
    "the audience of feedback": (good(aud=f"{ORDER_SIGN}/feedback"), "audience"),
    "an audience that only begins like ours": (good(aud=f"{ORDER_SIGN}.evil.example"), "audience"),
    "an audience over http": (good(aud=ORDER_SIGN.replace("https", "http")), "audience"),
    "an audience of another host": (good(aud=ORDER_SIGN.replace("cds.", "cds2.")), "audience"),
    "an audience as an object": (good(aud={"0": ORDER_SIGN}), "malformed"),
    "no end": (good(exp=None), "no-exp"),
    "an end as text": (good(exp=str(NOW + 300)), "malformed"),
    "an end as true": (good(exp=True), "malformed"),
    "an end beyond all numbers": (
        signed(head(), b'{"iss":"https://ehr.example/fhir","aud":"agreed","exp":1e999,"iat":1,"jti":"1"}'),
        "malformed",
    ),
    "an end a minute ago": (good(exp=NOW - 60, iat=NOW - 360), "expired"),
    "an end in 1970": (good(exp=1, iat=0.5), "expired"),
    "no issue time": (good(iat=None), "no-iat"),
    "issued after its end": (good(iat=NOW + 50, exp=NOW + 40), "lifetime"),
    "issued in the future": (good(iat=NOW + 61, exp=NOW + 300), "not-yet-valid"),
    "not valid before the future": (good(nbf=NOW + 61), "not-yet-valid"),
    "a life of more than an hour": (good(exp=NOW + 3601), "lifetime"),
    "a life without end": (good(exp=1e300), "lifetime"),
    "no id": (good(jti=None), "no-jti"),
    "an empty id": (good(jti=""), "no-jti"),
    "an id as a number": (good(jti=1), "malformed"),
    "an id too long to remember": (good(jti="x" * 257), "malformed"),
    "no tenant where tenants are told apart": (good(iss=NORTH.iss), "tenant"),
    "an unknown tenant": (good(iss=NORTH.iss, tenant="west"), "tenant"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_refused_without_a_word_of_why(name: str) -> None:
    token, reason = HOSTILE[name]
    FETCHED.clear()
    where = edge()
    answer = await sent(token, where)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["issue"][0]["details"]["text"] == "The caller could not be verified."
    line = where.lines()[0]
    assert (line["failure"], line["reason"], line.get("client")) == ("Unauthorised", reason, None)
    assert set(FETCHED) <= set(REMOTE.jku)
    written = where.log.getvalue().decode() + answer.text
    assert not [part for part in token.split(".") if len(part) > 12 and part in written]
    assert "evil" not in written


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": good()},
        {"authorization": f"Basic {good()}"},
        {"authorization": f"DPoP {good()}"},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer  {good()}"},
        {"x-authorization": f"Bearer {good()}"},
        [("authorization", f"Bearer {good()}"), ("authorization", f"Bearer {good(jti='2')}")],
    ],
    ids=["none", "no scheme", "Basic", "DPoP", "scheme only", "two spaces", "another header", "twice"],
)
async def test_a_token_anywhere_else_is_none(headers: Any) -> None:
    pairs = [
        ("content-type", "application/json"),
        *(headers.items() if isinstance(headers, dict) else headers),
    ]
    path = "/cds-services/example-order-sign"
    answer = await edge().ask("POST", path, content=msgspec.json.encode(body()), headers=pairs)
    assert answer.status_code == 401


async def test_the_scheme_is_read_in_any_case() -> None:
    answer = await edge().call(body(), headers={"authorization": f"bearer {good()}"})
    assert answer.status_code == 200


async def test_a_token_opens_the_door_once() -> None:
    where = edge()
    app = httpx.ASGITransport(where.app())
    async with httpx.AsyncClient(transport=app, base_url=BASE) as client:
        for status in (200, 401):
            answer = await client.post(
                "http://x/cds-services/example-order-sign",
                json=body(),
                headers={"authorization": f"Bearer {good()}"},
            )
            assert answer.status_code == status
    assert where.lines()[1]["reason"] == "replayed"


async def test_the_same_id_of_another_issuer_is_another_token() -> None:
    where = edge()
    assert (await sent(good(), where)).status_code == 200
    assert (await sent(good("ES256", iss=WIDER.iss), where)).status_code == 200


async def test_a_token_that_was_used_elsewhere_is_refused() -> None:
    asked: list[tuple[str, float]] = []

    async def remember_once(key: str, until: float) -> bool:
        asked.append((key, until))
        return len(asked) == 1

    assert (await sent(good(), edge(remember_once=remember_once))).status_code == 200
    other = edge(remember_once=remember_once)
    assert (await sent(good(), other)).status_code == 401
    assert other.lines()[0]["reason"] == "replayed"
    assert asked[0] == asked[1]
    assert asked[0][1] == NOW + 300 + 60
    assert len(asked[0][0]) == 32


async def test_advice_does_not_end_with_the_shared_memory_but_this_process_still_remembers() -> None:
    async def remember_once(_: str, __: float) -> bool:
        raise OSError("the database is gone")

    where = edge(remember_once=remember_once)
    assert (await sent(good(), where)).status_code == 200
    line = where.lines()[0]
    assert (line["replays"], line["exception"]) == ("this process only", "OSError")
    assert (await sent(good(), where)).status_code == 401


async def test_a_shared_memory_that_hangs_costs_a_quarter_of_the_deadline_and_no_advice() -> None:
    taken: list[float] = []

    async def remember_once(_: str, __: float) -> bool:
        started = time.monotonic()
        try:
            await asyncio.Event().wait()
        finally:
            taken.append(time.monotonic() - started)
        return False

    client = Client("inline", deadline_seconds=1.0, trust=INLINE)
    sets = KeySets(at_the_key_server)
    where = Edge(verify=Callers([client], BASE, sets, remember_once=remember_once, clock=lambda: NOW))
    async with asyncio.timeout(10):
        assert (await sent(good(), where)).status_code == 200
    assert 0.24 < taken[0] < 0.9
    line = where.lines()[0]
    assert (line["replays"], line["exception"]) == ("this process only", "TimeoutError")
    assert (await sent(good(), where)).status_code == 401
    assert len(taken) == 1


async def test_discovery_wants_a_token_of_its_own() -> None:
    where = edge()
    assert (await where.ask("GET", "/cds-services")).status_code == 401
    for audience, status in ((ORDER_SIGN, 401), (f"{BASE}/cds-services", 200)):
        headers = {"authorization": f"Bearer {good(aud=audience, jti=audience)}"}
        assert (await where.ask("GET", "/cds-services", headers=headers)).status_code == status


async def test_a_stranger_does_not_learn_which_services_there_are() -> None:
    assert (await edge().ask("POST", "/cds-services/none", content=b"{}")).status_code == 401


async def test_health_needs_no_token() -> None:
    assert (await edge().ask("GET", "/health/live")).status_code == 200


async def test_a_browser_may_ask_first_without_a_token() -> None:
    headers = {"origin": "http://browser.example", "access-control-request-method": "POST"}
    where = edge()
    assert (
        await where.ask("OPTIONS", "/cds-services/example-order-sign", headers=headers)
    ).status_code == 200
    assert (await sent("x", where)).status_code == 401


async def test_where_anonymous_callers_are_let_in_a_bad_token_still_is_refused() -> None:
    where = edge(anonymous=Client("unknown"))
    assert (await where.call(body())).status_code == 200
    assert (await sent(good(), where)).status_code == 200
    assert (await sent(good(iss="https://evil.example"), where)).status_code == 401
    assert [line.get("client") for line in where.lines()] == ["unknown", "inline", None]


BY_CERTIFICATE = {
    "alone": Trust(subjects=("CN=alone",)),
    "both": Trust(iss="https://both.example", jwks=jwks("ES384"), subjects=("CN=both", "CN=spare")),
}


def mutual(subject: str | None, **options: Any) -> Edge:
    """The web edge for callers whose certificate has this subject."""
    clients = [Client(name, trust=trust) for name, trust in (CLIENTS | BY_CERTIFICATE).items()]
    sets = KeySets(at_the_key_server)
    return Edge(
        verify=Callers(clients, BASE, sets, clock=lambda: NOW, subject_of=lambda _: subject, **options)
    )


async def outcome(where: Edge, token: str | None = None) -> tuple[int, str | None]:
    """The status of a call, and the client or the reason."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    status = (await where.call(body(), headers=headers)).status_code
    line = where.lines()[-1]
    return status, line.get("client") or line.get("reason")


async def test_a_certificate_alone_proves_a_client_that_has_nothing_else() -> None:
    assert await outcome(mutual("CN=alone")) == (200, "alone")
    assert await outcome(mutual("CN=Alone")) == (401, "certificate")
    assert await outcome(mutual("CN=both")) == (401, "certificate")
    assert await outcome(mutual(None)) == (401, "no-token")
    assert await outcome(mutual("")) == (401, "no-token")


async def test_a_client_with_a_token_and_a_certificate_needs_both() -> None:
    token = good(iss="https://both.example")
    assert await outcome(mutual("CN=both"), token) == (200, "both")
    assert await outcome(mutual("CN=spare"), token) == (200, "both")
    assert await outcome(mutual("CN=alone"), token) == (401, "certificate")
    assert await outcome(mutual(None), token) == (401, "certificate")
    assert await outcome(mutual("CN=both"), good(iss="https://both.example", jti="")) == (401, "no-jti")


async def test_a_certificate_does_not_replace_a_token_nor_help_a_bad_one() -> None:
    assert await outcome(mutual("CN=alone"), good(iss="https://evil.example")) == (401, "issuer")
    assert await outcome(mutual("CN=alone"), good()) == (200, "inline")


async def test_where_anonymous_callers_are_let_in_a_certificate_still_tells_who_it_is() -> None:
    unknown = Client("unknown")
    assert await outcome(mutual("CN=alone", anonymous=unknown)) == (200, "alone")
    assert await outcome(mutual("CN=other", anonymous=unknown)) == (200, "unknown")


async def never() -> AsyncIterator[bytes]:
    """A body that must not be read."""
    raise AssertionError("read")
    yield b""


async def test_the_body_of_a_stranger_is_not_read_at_all() -> None:
    headers = {
        "authorization": f"Bearer {good(iss='https://evil.example')}",
        "content-type": "application/json",
    }
    path = "/cds-services/example-order-sign"
    assert (await edge().ask("POST", path, content=never(), headers=headers)).status_code == 401
    assert (await Edge().ask("POST", path, content=never(), headers=headers)).status_code == 500
